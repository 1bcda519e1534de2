/**
 * One team's stack, deployed by that team alone. It knows the stream's stack only through published parameters, which it reads when it is
 * deployed, and publishes the name of its ledger's table. Stage, folders and record of this repository are known here; the construct of the
 * group knows none of them.
 */
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnOutput, type RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../shared/group.ts';
import {
  formatClusterName,
  formatLedgerPath,
  formatTopicPath,
  type LedgerFact,
  type TopicFact,
} from '../../shared/published.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { DeployedMapping } from './deployed.ts';
import type { StageConfig, StageName, TopicConfig } from './stages.ts';

interface GroupStackProps extends StackProps {
  readonly stage: StageName;
  readonly config: StageConfig;
  readonly removalPolicy: RemovalPolicy;
  /** The name of the team's folder. */
  readonly owner: string;
  readonly group: GroupSpec;
  readonly deployed: DeployedMapping | undefined;
  readonly withoutMapping: boolean;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export class GroupStack extends Stack {
  constructor(scope: Construct, id: string, props: GroupStackProps) {
    super(scope, id, props);
    const { stage, config, owner, group, removalPolicy, deployed, withoutMapping } = props;
    const topic = config.topics.find(({ name }) => name === group.topic);
    this.node.addValidation({ validate: () => listTopicRefusals(group, topic, props) });
    if ('mode' in group.pollers && config.network.reachesLambda !== true)
      this.node.addValidation({
        validate: () => [
          `pollers is { mode: 'on-demand' }; allowed is { min, max }: pollers on demand call Lambda and STS from the brokers' subnets, and the stage '${stage}' has neither a NAT gateway nor endpoints for them, so nothing would ever be delivered (AWS Lambda docs: with-kafka-cluster-network). If they have been made outside of this stack, say network.reachesLambda in infra/aws/stages.ts [pollers-reach-lambda]`,
        ],
      });
    const published = (fact: TopicFact) =>
      StringParameter.valueForStringParameter(this, formatTopicPath(stage, group.topic, fact));
    const { table, redriveRole, key, bucket } = new ConsumerGroup(this, 'Group', {
      group: inPollerGroup(group, config.pollerGroup),
      cluster: {
        arn: published('cluster-arn'),
        name: formatClusterName(stage),
        brokers: config.brokers.count,
      },
      topic: {
        ...(topic ?? config.topics[0]),
        incarnation: published('incarnation'),
        log: published('log'),
      },
      code: {
        handler: `${ROOT}functions/${owner}/handler.ts`,
        rollup: `${ROOT}functions/${owner}/rollup.ts`,
        lockFile: `${ROOT}package-lock.json`,
      },
      ownership: { stage, owner },
      logRetention: config.logDays,
      removalPolicy,
      auditTrail: config.auditTrail ?? false,
      deployed,
      withoutMapping,
    });
    const publish = (id: string, fact: LedgerFact, stringValue: string) =>
      new StringParameter(this, id, {
        parameterName: formatLedgerPath(stage, group.ledger, fact),
        stringValue,
      });
    publish('LedgerTable', 'table', table.tableName);
    publish('LedgerTableArn', 'table-arn', table.tableArn);
    publish('RedriveRoleArn', 'redrive-role-arn', redriveRole.roleArn);
    publish('KeyArn', 'key-arn', key.keyArn);
    if (bucket !== undefined) publish('BucketArn', 'bucket-arn', bucket.bucketArn);
    new CfnOutput(this, 'LedgerTableName', { value: table.tableName });
  }
}

/** A group reads a topic of its stage, by the topic's own contract. */
function listTopicRefusals(
  group: GroupSpec,
  topic: TopicConfig | undefined,
  { stage, config }: GroupStackProps,
): string[] {
  if (topic === undefined) {
    const names = config.topics.map(({ name }) => `'${name}'`).join(' or ');
    return [
      `topic is '${group.topic}'; allowed is ${names}: the stream of the stage '${stage}' publishes no other, and the deployment would wait for parameters that nobody writes [topic-published]`,
    ];
  }
  if (isDeepStrictEqual(group.contract, topic.contract)) return [];
  return [
    `contract is not the one of the topic '${topic.name}' in the stage '${stage}'; allowed is the topic's own, from functions/events: records of any other are parked [topic-contract]`,
  ];
}

/** What the group says itself comes first. */
function inPollerGroup(group: GroupSpec, shared: string | undefined): GroupSpec {
  if (shared === undefined || 'mode' in group.pollers) return group;
  return { ...group, pollers: { group: shared, ...group.pollers } };
}
