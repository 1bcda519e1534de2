/**
 * Is the ledger complete, and does only its own function write it? The handler counts events; the rollup measures the state of every
 * journal each minute, so a gap or a parked record keeps its alarm in a quiet partition as in a busy one. These gauges are missing only
 * when the rollup does not run, which has an alarm of its own.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmThresholds, GroupAlarm } from '../../../shared/alarm-spec.ts';
import { type AlarmDefinition, createExpression, HOUR } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

/** The most that CloudWatch looks back, with periods of an hour (Amazon CloudWatch docs: API_PutMetricAlarm). */
const DAYS_BACK_HOURS = 7 * 24;

/** Half of it leaves time to act before the partition halts. */
const BOUND_PERCENT_MAX = 50;

export function defineLedgerAlarms(
  of: GroupMetrics,
  { openMinutesMax, rollupBehindMinutesMax, retentionShareMax }: AlarmThresholds,
  retentionHours: number,
): AlarmDefinition<GroupAlarm>[] {
  const keeps = { threshold: 1, missing: TreatMissingData.IGNORE };
  const hours = Math.min(DAYS_BACK_HOURS, Math.ceil(retentionHours * retentionShareMax));
  const foreignWriter: AlarmDefinition<GroupAlarm> = {
    name: 'foreign-writer',
    severity: 'ticket',
    says: 'Somebody else than its mapping has invoked the function that counts: a redrive, a second mapping, or whoever has the right.',
    metric: createExpression('invoked by others', 'all - FILL(mapping, 0)', {
      all: of.handler('Invocations'),
      mapping: of.invokedByMapping,
    }),
    threshold: 1,
    periods: { bad: 1, of: 15 },
    missing: TreatMissingData.NOT_BREACHING,
  };
  return [
    {
      name: 'redrive-due',
      severity: 'ticket',
      says: `For ${openMinutesMax} minutes there has been a gap, which the mapping passed over or gave up, or a parked record: not counted until a redrive.`,
      metric: createExpression('open', 'gap + parked', {
        gap: of.ledger('OpenGap', 'Maximum'),
        parked: of.ledger('OpenParked', 'Maximum'),
      }),
      periods: { bad: openMinutesMax, of: openMinutesMax },
      ...keeps,
    },
    {
      name: 'redrive-overdue',
      severity: 'page',
      says: `For ${hours} h there has been a gap or a parked record; the topic keeps its records for ${retentionHours} h only.`,
      metric: createExpression(
        'open for long',
        'gap + parked',
        { gap: of.ledger('OpenGap', 'Minimum'), parked: of.ledger('OpenParked', 'Minimum') },
        HOUR,
      ),
      periods: { bad: hours, of: hours },
      ...keeps,
    },
    {
      name: 'journal-bounds',
      severity: 'ticket',
      says: `A journal has used more than ${BOUND_PERCENT_MAX} % of a bound at which its partition halts: gaps, or what the fold carries.`,
      metric: of.ledger('BoundUsed', 'Maximum'),
      threshold: BOUND_PERCENT_MAX,
      periods: { bad: 3, of: 5 },
      missing: TreatMissingData.IGNORE,
    },
    {
      name: 'rollup-behind',
      severity: 'ticket',
      says: `For ${rollupBehindMinutesMax} minutes the rollup has not run, has failed or has not reached the newest entries: statement lines are late.`,
      metric: createExpression('journals behind', 'FILL(behind, 1)', {
        behind: of.ledger('RollupBehind', 'Maximum'),
      }),
      threshold: 1,
      periods: { bad: rollupBehindMinutesMax, of: rollupBehindMinutesMax + 5 },
      missing: TreatMissingData.BREACHING,
    },
    foreignWriter,
  ];
}
