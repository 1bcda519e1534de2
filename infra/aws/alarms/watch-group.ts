/** All that watches one group: its alarms, and the dashboard that shows them beside what they are made of. */

import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnEventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../../shared/group.ts';
import type { Ownership } from '../../../shared/published.ts';
import { createGroupDashboard } from '../dashboards/group-dashboard.ts';
import type { AlarmActions } from './alarm-set.ts';
import { createAlarmTopics } from './alarm-topics.ts';
import { createGroupAlarmSet } from './group-alarms.ts';
import { createGroupMetrics } from './group-metrics.ts';

export interface WatchGroupProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
  readonly key: IKey;
  readonly table: Table;
  readonly handler: IFunction;
  readonly rollup: IFunction;
  /** Undefined in a deployment without it: its alarms stay, and are silent. */
  readonly mapping: CfnEventSourceMapping | undefined;
  readonly clusterName: string;
  /** How many brokers the cluster has. */
  readonly brokers: number;
  readonly retentionHours: number;
  /** Whom alarms call; by default topics of the owner's own. */
  readonly actions?: AlarmActions | undefined;
}

export function watchGroup(scope: Construct, props: WatchGroupProps): void {
  const { ownership, group, retentionHours } = props;
  const metrics = createGroupMetrics({
    ledger: group.ledger,
    tableName: props.table.tableName,
    handlerName: props.handler.functionName,
    rollupName: props.rollup.functionName,
    mappingId: props.mapping?.ref ?? 'none',
    clusterName: props.clusterName,
    brokers: props.brokers,
    topic: group.topic,
    groupId: group.groupId,
  });
  const actions = props.actions ?? createAlarmTopics(scope, 'AlarmTopics', props.key, ownership);
  const { alarms } = createGroupAlarmSet(scope, 'Alarms', {
    ownership,
    group,
    metrics,
    retentionHours,
    actions,
  });
  createGroupDashboard(scope, 'Dashboard', { ownership, group, metrics, alarms });
}
