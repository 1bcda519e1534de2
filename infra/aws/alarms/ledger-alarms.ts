/**
 * Is what the ledger says complete and its own? The handler's counts tell what happens, the rollup's gauges how things
 * stand: it looks at every journal each minute, so a gap or a parked record alarms as steadily in a quiet partition as
 * in a busy one, and falls silent only together with the rollup, which has an alarm of its own.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmThresholds, GroupAlarm } from '../../../shared/alarm-spec.ts';
import { type AlarmDefinition, expression, FIVE_MINUTES, HOUR } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

/** The most that CloudWatch looks back, with periods of an hour (Amazon CloudWatch docs: API_PutMetricAlarm). */
const DAYS_BACK_HOURS = 7 * 24;
/** More records than the mapping delivered, by so much, are somebody else's. */
const FOREIGN_SHARE = 0.2;
/** Below it, five minutes are too short to compare two counts that are stamped differently. */
const FOREIGN_RECORDS_MIN = 1_000;

/** Half of it leaves time to act before the partition halts. */
const BOUND_PERCENT_MAX = 50;

/** @param withCounts whether the mapping counts what it delivers */
export function ledgerAlarms(
  of: GroupMetrics,
  thresholds: AlarmThresholds,
  retentionHours: number,
  withCounts: boolean,
): AlarmDefinition<GroupAlarm>[] {
  return [
    ...failureAlarms(of),
    ...openAlarms(of, thresholds, retentionHours),
    journalBounds(of),
    duplicates(of, thresholds),
    rollupBehind(of, thresholds),
    ...(withCounts ? [foreignWriter(of)] : []),
  ];
}

/** One event is enough, and one of fifteen minutes, so that the pause between two retries doesn't end it. */
function failureAlarms(of: GroupMetrics): AlarmDefinition<GroupAlarm>[] {
  const atOnce = { threshold: 1, periods: { bad: 1, of: 15 }, missing: TreatMissingData.NOT_BREACHING };
  return [
    {
      name: 'log-mismatch',
      severity: 'page',
      says: 'Positions that were counted now hold other records: the topic was recreated or its log rewritten, and the partition has halted.',
      metric: of.ledger('LogMismatch', 'Sum'),
      ...atOnce,
    },
    {
      name: 'partition-halted',
      severity: 'page',
      says: 'A partition fails for a reason that no retry cures, and waits for a person.',
      metric: of.ledger('PartitionsHalted', 'Sum'),
      ...atOnce,
    },
    {
      name: 'partition-stuck',
      severity: 'page',
      says: 'Deliveries of at least one partition have failed in each of three periods of five minutes.',
      metric: of.ledger('PartitionsFailed', 'Sum').with({ period: FIVE_MINUTES }),
      threshold: 1,
      periods: { bad: 3, of: 3 },
      missing: TreatMissingData.NOT_BREACHING,
    },
  ];
}

function openAlarms(
  of: GroupMetrics,
  { openGapMinutesMax, retentionShareMax }: AlarmThresholds,
  retentionHours: number,
): AlarmDefinition<GroupAlarm>[] {
  const hours = Math.min(DAYS_BACK_HOURS, Math.ceil(retentionHours * retentionShareMax));
  return [
    {
      name: 'parked',
      severity: 'ticket',
      says: 'The ledger holds parked records: not counted, and waiting for a fix and a redrive.',
      metric: of.ledger('OpenParked', 'Maximum'),
      threshold: 1,
      periods: { bad: 2, of: 3 },
      missing: TreatMissingData.IGNORE,
    },
    {
      name: 'open-gap',
      severity: 'ticket',
      says: `Offsets have been passed over and not resolved for ${openGapMinutesMax} minutes.`,
      metric: of.ledger('OpenGap', 'Maximum'),
      threshold: 1,
      periods: { bad: openGapMinutesMax, of: openGapMinutesMax },
      missing: TreatMissingData.IGNORE,
    },
    {
      name: 'redrive-overdue',
      severity: 'page',
      says: `For ${hours} h there has been a gap or a parked record; the topic keeps its records for ${retentionHours} h only.`,
      metric: expression(
        'open for long',
        'gap + parked',
        { gap: of.ledger('OpenGap', 'Minimum'), parked: of.ledger('OpenParked', 'Minimum') },
        HOUR,
      ),
      threshold: 1,
      periods: { bad: hours, of: hours },
      missing: TreatMissingData.IGNORE,
    },
  ];
}

function journalBounds(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'journal-bounds',
    severity: 'ticket',
    says: `A journal has used more than ${BOUND_PERCENT_MAX} % of a bound at which its partition halts: gaps, or what the fold carries.`,
    metric: of.ledger('BoundUsed', 'Maximum'),
    threshold: BOUND_PERCENT_MAX,
    periods: { bad: 3, of: 5 },
    missing: TreatMissingData.IGNORE,
  };
}

/** A rebalance storm of five minutes touches two periods of five, not three. */
function duplicates(of: GroupMetrics, { duplicateShareMax }: AlarmThresholds): AlarmDefinition<GroupAlarm> {
  return {
    name: 'duplicates',
    severity: 'notice',
    says: `More than ${duplicateShareMax * 100} % of the records delivered in fifteen minutes were resolved already; the ledger is right, the work is wasted.`,
    metric: expression(
      'duplicates in percent',
      '100 * duplicates / resolved',
      { duplicates: of.ledger('Duplicates', 'Sum'), resolved: of.ledger('Resolved', 'Sum') },
      FIVE_MINUTES,
    ),
    threshold: duplicateShareMax * 100,
    periods: { bad: 3, of: 3 },
    missing: TreatMissingData.NOT_BREACHING,
  };
}

/** A rollup that does not run says nothing, which counts as behind. */
function rollupBehind(
  of: GroupMetrics,
  { rollupBehindMinutesMax: minutes }: AlarmThresholds,
): AlarmDefinition<GroupAlarm> {
  return {
    name: 'rollup-behind',
    severity: 'ticket',
    says: `For ${minutes} minutes the rollup has not run, has failed or has not reached the newest entries: statement lines are late.`,
    metric: expression('journals behind', 'FILL(behind, 1)', {
      behind: of.ledger('RollupBehind', 'Maximum'),
    }),
    threshold: 1,
    periods: { bad: minutes, of: minutes + 5 },
    missing: TreatMissingData.BREACHING,
  };
}

/** What the functions on this ledger resolved, against what this mapping delivered. */
function foreignWriter(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'foreign-writer',
    severity: 'ticket',
    says: 'The ledger is fed with clearly more records than its mapping delivers: a second mapping, a long replay or a redrive.',
    metric: expression(
      'more than delivered',
      `IF(invoked > 0 AND resolved > ${1 + FOREIGN_SHARE} * invoked AND resolved > ${FOREIGN_RECORDS_MIN}, 1, 0)`,
      { resolved: of.ledger('Resolved', 'Sum'), invoked: of.mapping('InvokedEventCount') },
      FIVE_MINUTES,
    ),
    threshold: 1,
    periods: { bad: 5, of: 6 },
    missing: TreatMissingData.NOT_BREACHING,
  };
}
