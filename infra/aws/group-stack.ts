/**
 * One team's stack, deployed by that team alone. It meets the stream's stack only through published parameters, read when
 * it is deployed, and publishes in turn how its ledger's table is called.
 */
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../shared/group.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { Ownership } from './data-key.ts';
import { ledgerTablePath, type TopicFact, topicPath } from './published.ts';
import { stages } from './stages.ts';

export interface GroupStackProps extends StackProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
}

export class GroupStack extends Stack {
  constructor(scope: Construct, id: string, props: GroupStackProps) {
    super(scope, id, props);
    const { ownership, group } = props;
    const published = (fact: TopicFact) =>
      StringParameter.valueForStringParameter(this, topicPath(ownership.stage, group.topic, fact));
    const { table } = new ConsumerGroup(this, 'Group', {
      group,
      ownership,
      stream: {
        clusterArn: published('cluster-arn'),
        incarnation: published('incarnation'),
        partitions: stages[ownership.stage].topic.partitions,
        retentionHours: stages[ownership.stage].topic.retentionHours,
      },
    });
    new StringParameter(this, 'LedgerTable', {
      parameterName: ledgerTablePath(ownership.stage, group.ledger),
      stringValue: table.tableName,
    });
    new CfnOutput(this, 'LedgerTableName', { value: table.tableName });
  }
}
