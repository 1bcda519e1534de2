/**
 * Does the mapping deliver, and does the table accept it? Lambda's `Errors` stays 0 under partial responses, since a function that reports
 * failures returns normally; so the alarms also read the mapping's own counts. They are opt-in, best effort and silent while the mapping is
 * disabled (AWS Lambda docs: monitoring-metrics-types), so no alarm here is the only one that sees a standstill: age-alarms.ts does.
 *
 * With on-demand pollers the mapping publishes no counts, and alarms that need them do not exist.
 *
 * Alarms on DynamoDB's own metrics keep their state while data is missing, whatever their setting (Amazon CloudWatch docs:
 * alarms-and-missing-data), and its throttle counts are missing whenever nothing is throttled. FILL makes them zero.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { GroupAlarm } from '../../../shared/alarm-spec.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import { type AlarmDefinition, createSum, FIVE_MINUTES } from './alarm-definition.ts';
import type { GroupMetrics } from './group-metrics.ts';

/** Whether the mapping publishes metrics: provisioned pollers do (AWS Lambda docs: kafka-scaling-modes). */
export function hasOwnCounts({ pollers }: GroupSpec): boolean {
  return !('mode' in pollers);
}

/** @param withCounts whether the mapping counts what it delivers */
export function defineDeliveryAlarms(of: GroupMetrics, withCounts: boolean): AlarmDefinition<GroupAlarm>[] {
  const sparse = { threshold: 1, missing: TreatMissingData.NOT_BREACHING };
  /** One event is enough, and one of fifteen minutes, so that the pause between two retries doesn't end it. */
  const atOnce = { periods: { bad: 1, of: 15 }, ...sparse };
  const counts = {
    events: of.mapping('FailedInvokeEventCount'),
    batches: of.mapping('InvokeErrorCount'),
  };
  /** One page counts failed deliveries among the dropped and one separately, so the alarm reads both. */
  const dropped: AlarmDefinition<GroupAlarm> = {
    name: 'dropped',
    severity: 'page',
    says: 'The mapping let go of records without keeping them anywhere: only Kafka still has them, until retention.',
    metric: createSum('dropped', {
      dropped: of.mapping('DroppedEventCount'),
      undelivered: of.mapping('OnFailureDestinationDeliveryErrorCount'),
      failures: of.handler('DestinationDeliveryFailures'),
    }),
    ...atOnce,
  };
  return [
    {
      name: 'partition-stuck',
      severity: 'page',
      says: 'Deliveries have failed in three of four periods of five minutes: of one partition, or whole invocations.',
      metric: createSum(
        'failed',
        {
          partitions: of.ledger('PartitionsFailed', 'Sum'),
          errors: of.handler('Errors'),
          ...(withCounts && counts),
        },
        FIVE_MINUTES,
      ),
      periods: { bad: 3, of: 4 },
      ...sparse,
    },
    {
      name: 'partition-halted',
      severity: 'page',
      says: 'A partition fails for a reason that no retry cures, or its log is another one than was counted. It waits for a person.',
      metric: createSum('halted', {
        halted: of.ledger('PartitionsHalted', 'Sum'),
        mismatch: of.ledger('LogMismatch', 'Sum'),
      }),
      ...atOnce,
    },
    ...(withCounts ? [dropped] : []),
    {
      name: 'throttles',
      severity: 'ticket',
      says: "For want of capacity Lambda has refused to invoke the group's functions, or DynamoDB to read or write its table, in five of fifteen minutes.",
      metric: createSum('throttled', {
        handler: of.handler('Throttles'),
        rollup: of.rollup('Throttles'),
        reads: of.table('ReadThrottleEvents'),
        writes: of.table('WriteThrottleEvents'),
      }),
      periods: { bad: 5, of: 15 },
      ...sparse,
    },
  ];
}
