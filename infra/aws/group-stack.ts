/**
 * One team's stack, deployed by that team alone. It meets the stream's stack only through published parameters, read when
 * it is deployed, and publishes in turn how its ledger's table is called. Stage, folders and record of this repository are
 * known here; the group itself is a construct that knows none of them.
 */
import { fileURLToPath } from 'node:url';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../shared/group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { DeployedMapping } from './deployed.ts';
import { clusterName, ledgerTablePath, type TopicFact, topicPath } from './published.ts';
import { type StageName, stages } from './stages.ts';

export interface GroupStackProps extends StackProps {
  readonly stage: StageName;
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
    const { stage, owner, group, deployed, withoutMapping } = props;
    const published = (fact: TopicFact) =>
      StringParameter.valueForStringParameter(this, topicPath(stage, group.topic, fact));
    const { topic, logDays } = stages[stage];
    const { table } = new ConsumerGroup(this, 'Group', {
      group,
      cluster: { arn: published('cluster-arn'), name: clusterName(stage) },
      topic: { ...topic, incarnation: published('incarnation') },
      code: {
        handler: `${ROOT}functions/${owner}/handler.ts`,
        rollup: `${ROOT}functions/${owner}/rollup.ts`,
        lockFile: `${ROOT}package-lock.json`,
      },
      ownership: { stage, owner },
      logRetention: logDays,
      deployed,
      withoutMapping,
    });
    new StringParameter(this, 'LedgerTable', {
      parameterName: ledgerTablePath(stage, group.ledger),
      stringValue: table.tableName,
    });
    new CfnOutput(this, 'LedgerTableName', { value: table.tableName });
  }
}
