/** The alarms of one group, from its plain data and the parts that it was made of. */
import type { Construct } from 'constructs';
import {
  type AlarmThresholds,
  defaultSlo,
  defaultThresholds,
  type GroupAlarm,
} from '../../../shared/alarm-spec.ts';

import type { GroupSpec } from '../../../shared/group.ts';
import type { Ownership } from '../../../shared/published.ts';
import { defineAgeAlarms } from './age-alarms.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { type AlarmActions, AlarmSet } from './alarm-set.ts';
import { defineDeliveryAlarms, hasOwnCounts } from './delivery-alarms.ts';
import type { GroupMetrics } from './group-metrics.ts';
import { defineLedgerAlarms } from './ledger-alarms.ts';

export interface GroupAlarmsProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
  readonly metrics: GroupMetrics;
  readonly retentionHours: number;
  readonly actions: AlarmActions;
}

export function createGroupAlarmSet(
  scope: Construct,
  id: string,
  props: GroupAlarmsProps,
): AlarmSet<GroupAlarm> {
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

/** What each threshold may be: minutes that CloudWatch can look back on, shares that are shares. */
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
