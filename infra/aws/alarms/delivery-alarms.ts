/**
 * Does the mapping deliver, and does the table take it? Lambda's `Errors` stays 0 under partial responses, since a
 * function that reports failures returns normally; so the mapping's own counts stand beside it. They are opt-in, best
 * effort and silent while the mapping is disabled (AWS Lambda docs: monitoring-metrics-types), which is why none of
 * these is the only one to notice that nothing moves: age-alarms.ts does.
 *
 * With on-demand pollers the mapping counts nothing; what only its counts could tell has no alarm there.
 *
 * Alarms on DynamoDB's own metrics keep their state while data is missing, whatever they are told (Amazon CloudWatch docs:
 * alarms-and-missing-data), and its throttle counts are missing whenever nothing is throttled. FILL gives them a zero.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { GroupAlarm } from '../../../shared/alarm-spec.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import { type AlarmDefinition, expression, FIVE_MINUTES, sumOf } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

/** What one poller takes (AWS Lambda docs: kafka-scaling-modes), and the share of it from which on it is a ceiling. */
const POLLER_BYTES_PER_SECOND = 5_000_000;
const CEILING_SHARE = 0.8;

/** All that the functions ask of the table; the rights in group-rights.ts allow no more. */
const TABLE_OPERATIONS = ['PutItem', 'Query', 'GetItem', 'UpdateItem'];

const sparse = { threshold: 1, missing: TreatMissingData.NOT_BREACHING };
const held = { bad: 1, of: 15 };
const lasting = { bad: 5, of: 15 };

export function deliveryAlarms(of: GroupMetrics, group: GroupSpec): AlarmDefinition<GroupAlarm>[] {
  const ofMapping = hasOwnCounts(group)
    ? [
        ...(group.retry.until === 'spent' ? [destination(of)] : []),
        dropped(of),
        mappingErrors(of),
        pollerCeiling(of),
      ]
    : [];
  return [failedInvokes(of, hasOwnCounts(group)), ...ofMapping, throttles(of), ...tableAlarms(of)];
}

/** Whether the mapping publishes metrics: provisioned pollers do (AWS Lambda docs: kafka-scaling-modes). */
export function hasOwnCounts({ pollers }: GroupSpec): boolean {
  return !('mode' in pollers);
}

function failedInvokes(of: GroupMetrics, withCounts: boolean): AlarmDefinition<GroupAlarm> {
  const counts = {
    events: of.mapping('FailedInvokeEventCount'),
    batches: of.mapping('InvokeErrorCount'),
  };
  return {
    name: 'failed-invokes',
    severity: 'ticket',
    says: 'Invocations have failed or reported failed records in each of three periods of five minutes.',
    metric: sumOf('failed', { ...(withCounts && counts), errors: of.handler('Errors') }, FIVE_MINUTES),
    periods: { bad: 3, of: 3 },
    ...sparse,
  };
}

function destination(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'destination',
    severity: 'ticket',
    says: 'The mapping gave up on records and left them in the failure destination; their offsets are a gap until they are redriven.',
    metric: of.mapping('OnFailureDestinationDeliveredEventCount'),
    periods: held,
    ...sparse,
  };
}

/** Of two pages, one counts failed deliveries among the dropped and one apart, so both are asked. */
function dropped(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'dropped',
    severity: 'page',
    says: 'The mapping let go of records without keeping them anywhere: only Kafka still has them, until retention.',
    metric: sumOf('dropped', {
      dropped: of.mapping('DroppedEventCount'),
      undelivered: of.mapping('OnFailureDestinationDeliveryErrorCount'),
      failures: of.handler('DestinationDeliveryFailures'),
    }),
    periods: held,
    ...sparse,
  };
}

function mappingErrors(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'mapping-errors',
    severity: 'ticket',
    says: 'The pollers have failed to read or to commit in ten of fifteen minutes.',
    metric: sumOf('errors', {
      polling: of.mapping('PollingErrorCount'),
      commit: of.mapping('CommitErrorCount'),
    }),
    periods: { bad: 10, of: 15 },
    ...sparse,
  };
}

/** A throttled function uses up no retries and shows no error; the mapping takes pollers away instead. */
function throttles(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'throttles',
    severity: 'ticket',
    says: "Lambda has refused invocations of the group's functions in five of fifteen minutes, for want of concurrency.",
    metric: sumOf('throttled', { handler: of.handler('Throttles'), rollup: of.rollup('Throttles') }),
    periods: lasting,
    ...sparse,
  };
}

function pollerCeiling(of: GroupMetrics): AlarmDefinition<GroupAlarm> {
  return {
    name: 'poller-ceiling',
    severity: 'notice',
    says: `The pollers have read more than ${CEILING_SHARE * 100} % of the 5 MB/s that one poller takes, on average, in fifteen of twenty minutes.`,
    metric: expression('bytes a second and poller', 'bytes / PERIOD(bytes) / pollers', {
      bytes: of.mapping('EventPollerThroughputInBytes'),
      pollers: of.mapping('ProvisionedPollers', 'Maximum'),
    }),
    threshold: CEILING_SHARE * POLLER_BYTES_PER_SECOND,
    periods: { bad: 15, of: 20 },
    missing: TreatMissingData.NOT_BREACHING,
  };
}

function tableAlarms(of: GroupMetrics): AlarmDefinition<GroupAlarm>[] {
  const errors = TABLE_OPERATIONS.map((operation) => [
    operation.toLowerCase(),
    of.tableOperation('SystemErrors', operation),
  ]);
  return [
    {
      name: 'table-throttles',
      severity: 'ticket',
      says: "DynamoDB has throttled the ledger's table in five of fifteen minutes.",
      metric: sumOf('throttled', {
        reads: of.table('ReadThrottleEvents'),
        writes: of.table('WriteThrottleEvents'),
      }),
      periods: lasting,
      ...sparse,
    },
    {
      name: 'table-errors',
      severity: 'notice',
      says: 'DynamoDB has answered with errors of its own in five of fifteen minutes.',
      metric: sumOf('errors', Object.fromEntries(errors)),
      periods: lasting,
      ...sparse,
    },
  ];
}
