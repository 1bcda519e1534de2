/**
 * Is the group keeping up? No single metric can tell: Lambda emits no IteratorAge for Kafka; the function's own RecordAge
 * needs an invocation; MSK's lag metrics are absent while the group is unstable (Amazon MSK docs: consumer-lag), and
 * their time is an estimate of what draining takes, not an age; OffsetLag counts records. So each alarm asks several:
 *
 * | what happens                               | who sees it                                               |
 * |--------------------------------------------|-----------------------------------------------------------|
 * | slow, or retrying                          | record-age by RecordAge and by the lag metrics            |
 * | one partition is not delivered at all      | record-age by EstimatedMaxTimeLag and OffsetLag           |
 * | nothing is delivered, group stable or gone | no-progress by the lag metrics, record-age                |
 * | nothing is delivered, group unstable       | no-progress by the brokers' bytes; after ten minutes also |
 * |                                            |   lag-unseen; record-age holds that long what it knew     |
 * | the mapping never started                  | no-progress by the brokers' bytes                         |
 *
 * The record in docs/adr goes through a rebalance storm, a disabled function and an idle topic one by one.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmThresholds, GroupAlarm } from '../../../shared/alarm-spec.ts';
import { type AlarmDefinition, expression } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

const HOUR_SECONDS = 3_600;

export function ageAlarms(
  of: GroupMetrics,
  thresholds: AlarmThresholds,
  retentionHours: number,
): AlarmDefinition<GroupAlarm>[] {
  return [
    recordAge(of, thresholds),
    lagUnseen(of),
    noProgress(of),
    retention(of, thresholds, retentionHours),
  ];
}

function recordAge(of: GroupMetrics, thresholds: AlarmThresholds): AlarmDefinition<GroupAlarm> {
  const { recordAgeSecondsMax: seconds, lagRecordsMax: records } = thresholds;
  return {
    name: 'record-age',
    severity: 'page',
    says: `The oldest open record waits for more than ${seconds} s, or more than ${records} records wait.`,
    metric: expression(
      'too old or too many',
      `IF(FILL(age, 0) >= ${seconds * 1_000} OR FILL(drain, 0) >= ${seconds} OR FILL(records, 0) >= ${records}, 1, 0)`,
      {
        age: of.ledger('RecordAge', 'Maximum'),
        drain: of.lag('EstimatedMaxTimeLag'),
        records: of.handler('OffsetLag', 'Maximum'),
      },
    ),
    threshold: 1,
    periods: { bad: 5, of: 15 },
    missing: TreatMissingData.IGNORE,
  };
}

/** Not a lag of zero: no lag at all. Either sign of life of the topic will do. */
function lagUnseen(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'lag-unseen',
    severity: 'ticket',
    says: 'MSK has not said for ten minutes how far the group is, although the topic moves: the group does not get stable.',
    metric: expression(
      'moves unseen',
      `IF(FILL(drain, -1) < 0 AND ${filled(of.bytesIn)} + FILL(resolved, 0) > 0, 1, 0)`,
      {
        drain: of.lag('EstimatedMaxTimeLag'),
        ...of.bytesIn,
        resolved: of.ledger('Resolved', 'Sum'),
      },
    ),
    threshold: 1,
    periods: { bad: 10, of: 15 },
    missing: TreatMissingData.IGNORE,
  };
}

/** `FILL(a, 0) + FILL(b, 0)` of metrics by id. */
function filled(metrics: GroupMetrics['bytesIn']): string {
  return Object.keys(metrics)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
}

/**
 * Also what is heard when the function is never invoked, for whatever reason. Of a mapping that never started only the brokers' bytes are
 * there: lag metrics exist from a group's first consumption on (Amazon MSK docs: consumer-lag), `Resolved` from the first invocation.
 */
function noProgress(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'no-progress',
    severity: 'page',
    says: 'Records wait or arrive, and the group has resolved none for ten minutes.',
    metric: expression(
      'waiting for nobody',
      `IF(FILL(resolved, 0) < 1 AND FILL(waiting, 0) + FILL(behind, 0) + ${filled(of.bytesIn)} > 0, 1, 0)`,
      {
        resolved: of.ledger('Resolved', 'Sum'),
        waiting: of.lag('SumOffsetLag'),
        behind: of.handler('OffsetLag', 'Maximum'),
        ...of.bytesIn,
      },
    ),
    threshold: 1,
    periods: { bad: 10, of: 15 },
    missing: TreatMissingData.IGNORE,
  };
}

function retention(
  of: GroupMetrics,
  { retentionShareMax }: AlarmThresholds,
  retentionHours: number,
): AlarmDefinition<GroupAlarm> {
  const seconds = Math.round(retentionHours * HOUR_SECONDS * retentionShareMax);
  return {
    name: 'retention',
    severity: 'page',
    says: `The oldest open record has used up ${seconds} s of the ${retentionHours} h that the topic keeps it.`,
    metric: expression(
      'running out',
      `IF(FILL(age, 0) >= ${seconds * 1_000} OR FILL(drain, 0) >= ${seconds}, 1, 0)`,
      { age: of.ledger('RecordAge', 'Maximum'), drain: of.lag('EstimatedMaxTimeLag') },
    ),
    threshold: 1,
    periods: { bad: 15, of: 30 },
    missing: TreatMissingData.IGNORE,
  };
}
