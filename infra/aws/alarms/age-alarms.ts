/**
 * Is the group keeping up? No single metric can tell: Lambda emits no IteratorAge for Kafka; the function's own RecordAge needs an
 * invocation; MSK's lag metrics are absent while the group is unstable (Amazon MSK docs: consumer-lag), and their time is an estimate of
 * what draining takes, not an age; OffsetLag counts records. So each alarm reads several. What happens and which alarm sees it after how
 * many minutes is a table in docs/adr/0023-alarms.md; a test runs its rows.
 *
 * The objective: `share` of all minutes are good, which is when the oldest open record is younger than `ageSeconds`. A burn rate is how
 * many times faster than that bad minutes come (Google, The Site Reliability Workbook, chapter 5). One-minute periods, M of N, are such a
 * window: M bad minutes among the last N. CloudWatch looks back a day at most with them (Amazon CloudWatch docs: API_PutMetricAlarm).
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmThresholds, GroupAlarm, ServiceLevel } from '../../../shared/alarm-spec.ts';
import { type AlarmDefinition, createExpression, type Window } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

const HOUR_SECONDS = 3_600;

/** At this rate an hour takes 2 % of the budget of 30 days, and six hours take 5 % (The Site Reliability Workbook, chapter 5). */
export const FAST_BURN = 14.4;
const SLOW_BURN = 6;

const FAST_MINUTES = 60;
const SLOW_MINUTES = 360;
/** Is it still so? Not the usual five: minutes of a rebalance say nothing and count as good, and an alarm must not end by that. */
const STILL_MINUTES = 15;

/** Fewer are taken by one invocation, and come and go between two looks. */
const RECORDS_MIN = 1_000;

/** @param retentionHours how long the topic keeps a record */
export function defineAgeAlarms(
  of: GroupMetrics,
  slo: ServiceLevel,
  thresholds: AlarmThresholds,
  retentionHours: number,
): AlarmDefinition<GroupAlarm>[] {
  const keeps = { threshold: 1, missing: TreatMissingData.IGNORE };
  const [old, many] = [tooOld(of, slo), tooMany(of, slo)];
  const promise = `${slo.share * 100} % of all minutes are to have no open record older than ${slo.ageSeconds} s`;
  const seconds = Math.round(retentionHours * HOUR_SECONDS * thresholds.retentionShareMax);
  return [
    {
      name: 'slo-fast-burn',
      severity: 'page',
      says: `Records wait too long: ${promise}, and bad minutes come ${FAST_BURN} times too fast.`,
      metric: createExpression('bad minutes', `IF(${old.condition}, 1, 0)`, old.metrics),
      periods: [burning(FAST_BURN, FAST_MINUTES, slo), burning(FAST_BURN, STILL_MINUTES, slo)],
      ...keeps,
    },
    {
      name: 'slo-slow-burn',
      severity: 'ticket',
      says: `Records have waited too long again and again: ${promise}, and for six hours bad minutes have come ${SLOW_BURN} times too fast.`,
      metric: createExpression('bad minutes', `IF(${old.condition} OR ${many.condition}, 1, 0)`, {
        ...old.metrics,
        ...many.metrics,
      }),
      periods: burning(SLOW_BURN, SLOW_MINUTES, slo),
      ...keeps,
    },
    {
      name: 'no-progress',
      severity: 'page',
      says: 'Records wait or arrive, and the group has resolved none for ten minutes.',
      metric: waitingForNobody(of),
      periods: { bad: 10, of: 15 },
      ...keeps,
    },
    {
      name: 'retention',
      severity: 'page',
      says: `The oldest open record has used up ${seconds} s of the ${retentionHours} h that the topic keeps it.`,
      metric: createExpression(
        'running out',
        `IF(FILL(age, 0) >= ${seconds * 1_000} OR FILL(drain, 0) >= ${seconds}, 1, 0)`,
        { age: of.ledger('RecordAge', 'Maximum'), drain: of.lag('EstimatedMaxTimeLag') },
      ),
      periods: { bad: 15, of: 30 },
      ...keeps,
    },
  ];
}

/** So many bad minutes in a window that the budget is used up `rate` times too fast. */
function burning(rate: number, minutes: number, { share }: ServiceLevel): Window {
  const bad = rate * (1 - share) * minutes;
  return { bad: Math.max(1, Math.ceil(Number(bad.toFixed(6)))), of: minutes };
}

/** The oldest record that was met, and the time that draining the worst partition takes. */
function tooOld(of: GroupMetrics, { ageSeconds }: ServiceLevel) {
  return {
    condition: `FILL(age, 0) >= ${ageSeconds * 1_000} OR FILL(drain, 0) >= ${ageSeconds}`,
    metrics: { age: of.ledger('RecordAge', 'Maximum'), drain: of.lag('EstimatedMaxTimeLag') },
  };
}

/**
 * A partition that is not delivered while MSK is silent has no age that anybody knows. What is left is how many records wait, against
 * how many are resolved in a minute: an estimate over all partitions, too rough in a rebalance to wake somebody.
 */
function tooMany(of: GroupMetrics, { ageSeconds }: ServiceLevel) {
  return {
    condition: `(FILL(resolved, 0) > 0 AND FILL(records, 0) >= ${RECORDS_MIN} AND FILL(records, 0) * 60 >= FILL(resolved, 0) * ${ageSeconds})`,
    metrics: { records: of.handler('OffsetLag', 'Maximum'), resolved: of.ledger('Resolved', 'Sum') },
  };
}

/**
 * It also fires when the function is never invoked, whatever the reason. For a mapping that never started only the brokers' bytes exist:
 * lag metrics exist from a group's first consumption on (Amazon MSK docs: consumer-lag), `Resolved` from the first invocation.
 */
function waitingForNobody(of: GroupMetrics) {
  const bytes = Object.keys(of.bytesIn)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return createExpression(
    'waiting for nobody',
    `IF(FILL(resolved, 0) < 1 AND FILL(waiting, 0) + FILL(behind, 0) + ${bytes} > 0, 1, 0)`,
    {
      resolved: of.ledger('Resolved', 'Sum'),
      waiting: of.lag('SumOffsetLag'),
      behind: of.handler('OffsetLag', 'Maximum'),
      ...of.bytesIn,
    },
  );
}
