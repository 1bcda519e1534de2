/**
 * What the operator's instance may do, statement by statement: be reached by Session Manager, read the topics and the ledgers of the teams
 * that the stage names, read what their mappings discarded, and assume their redrive roles, which alone invoke their handlers. It may not
 * write a ledger, a topic or an object, join a group or change a function: only the team's own code counts what it sends.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { formatLedgerPath, formatTopicPath, type LedgerFact } from '../../shared/published.ts';
import { allowKey, formatArnInCluster } from './group-rights.ts';
import type { Groups } from './group-rules.ts';
import type { StageName } from './stages.ts';

interface Scope {
  readonly stage: StageName;
  readonly groups: Groups;
}

/**
 * The agent's own calls, which support no resource-level rights (AWS Systems Manager docs: getting-started-create-iam-instance-profile).
 */
export function allowSessions(): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'Sessions',
      actions: [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
    }),
  ];
}

export function allowOperator(construct: Construct, { stage, groups }: Scope): PolicyStatement[] {
  const read = (path: string) => StringParameter.valueForStringParameter(construct, path);
  const clusterOf = (topic: string) => read(formatTopicPath(stage, topic, 'cluster-arn'));
  const clusters = new Set(Object.values(groups).map(({ topic }) => clusterOf(topic)));
  return [
    new PolicyStatement({ sid: 'Connect', actions: ['kafka-cluster:Connect'], resources: [...clusters] }),
    ...Object.values(groups).flatMap(({ ledger, groupId, topic, retry }) => {
      const cluster = clusterOf(topic);
      const fact = (name: LedgerFact) => read(formatLedgerPath(stage, ledger, name));
      const keyArn = fact('key-arn');
      const bucket = retry.until === 'spent' && retry.destination === 's3' ? fact('bucket-arn') : undefined;
      return [
        new PolicyStatement({
          actions: ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
          resources: [formatArnInCluster(cluster, 'topic', topic)],
        }),
        new PolicyStatement({
          actions: ['kafka-cluster:DescribeGroup'],
          resources: [formatArnInCluster(cluster, 'group', groupId)],
        }),
        new PolicyStatement({
          actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'],
          resources: [fact('table-arn')],
        }),
        new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [fact('redrive-role-arn')] }),
        allowKey(undefined, keyArn, 'dynamodb', ['kms:Decrypt']),
        ...(bucket === undefined
          ? []
          : [
              new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket] }),
              new PolicyStatement({ actions: ['s3:GetObject'], resources: [`${bucket}/*`] }),
              allowKey(undefined, keyArn, 's3', ['kms:Decrypt']),
            ]),
      ];
    }),
  ];
}
