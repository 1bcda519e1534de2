/** What watches one group: its alarms, and the dashboard that shows them beside the metrics that they read. */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnEventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import {
  type AlarmThresholds,
  defaultSlo,
  defaultThresholds,
  type GroupAlarm,
} from '../../../shared/alarm-spec.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import type { Ownership } from '../../../shared/published.ts';
import { createGroupDashboard } from '../dashboards/group-dashboard.ts';
import { defineAgeAlarms } from './age-alarms.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { type AlarmActions, AlarmSet } from './alarm-set.ts';
import { createAlarmTopics } from './alarm-topics.ts';
import { defineDeliveryAlarms, hasOwnCounts } from './delivery-alarms.ts';
import { createGroupMetrics, type GroupMetrics } from './group-metrics.ts';
import { defineLedgerAlarms } from './ledger-alarms.ts';

interface WatchGroupProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
  readonly key: IKey;
  readonly table: Table;
  readonly handler: IFunction;
  readonly rollup: IFunction;
  /** Undefined in a deployment without it: its alarms remain, and are silent. */
  readonly mapping: CfnEventSourceMapping | undefined;
  readonly clusterName: string;
  /** How many brokers the cluster has. */
  readonly brokers: number;
  readonly retentionHours: number;
  /** What alarms call; by default SNS topics of the owner. */
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

interface GroupAlarmsProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
  readonly metrics: GroupMetrics;
  readonly retentionHours: number;
  readonly actions: AlarmActions;
}

function createGroupAlarmSet(scope: Construct, id: string, props: GroupAlarmsProps): AlarmSet<GroupAlarm> {
  const { ownership, group, actions } = props;
  return new AlarmSet(scope, id, {
    ownership,
    definitions: definitionsOf(props),
    spec: group.alarms ?? {},
    actions,
  });
}

function definitionsOf({ group, metrics, retentionHours }: GroupAlarmsProps): AlarmDefinition<GroupAlarm>[] {
  const thresholds = thresholdsOf(group);
  return [
    ...defineAgeAlarms(metrics, group.slo ?? defaultSlo, thresholds, retentionHours),
    ...defineLedgerAlarms(metrics, thresholds, retentionHours),
    ...defineDeliveryAlarms(metrics, hasOwnCounts(group)),
  ];
}

/** Bounds of each threshold: minutes that CloudWatch can look back, and shares below 1. */
const allowed: Readonly<Record<keyof AlarmThresholds, readonly [min: number, max: number]>> = {
  openMinutesMax: [1, 1_440],
  rollupBehindMinutesMax: [3, 1_435],
  retentionShareMax: [0.01, 0.99],
};

function thresholdsOf({ ledger, alarms }: GroupSpec): AlarmThresholds {
  const given = { ...defaultThresholds, ...alarms?.thresholds };
  const faults = Object.entries(given).flatMap(([name, value]) => {
    const [min, max] = allowed[name as keyof AlarmThresholds] ?? [];
    if (min === undefined || max === undefined)
      return [`'${name}' is no threshold, allowed are ${Object.keys(allowed).join(', ')}`];
    return value >= min && value <= max ? [] : [`${name} is ${value}, allowed are ${min} to ${max}`];
  });
  if (faults.length > 0) throw new Error(`alarms of the ledger '${ledger}': ${faults.join('; ')}`);
  return given;
}
