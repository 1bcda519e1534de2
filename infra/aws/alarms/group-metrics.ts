/**
 * Every metric that exists of a group, by the service that publishes it. Names of our own are checked against the table
 * in shared/metrics.ts; those of AWS are the documented ones (AWS Lambda docs: monitoring-metrics-types; Amazon MSK docs:
 * metrics-details, consumer-lag; Amazon DynamoDB docs: metrics-dimensions).
 *
 * IteratorAge is not among them: Lambda lists it for other sources, not for Kafka.
 */
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, type MetricDimensions, type MetricName } from '../../../shared/metrics.ts';
import { MAPPING_ALIAS } from '../kafka-mapping.ts';
import { MINUTE } from './alarm-definition.ts';

export type Statistic = 'Sum' | 'Maximum' | 'Minimum' | 'Average' | 'SampleCount' | 'p50' | 'p99';

/**
 * An alarm reads ten metrics at most (Amazon CloudWatch docs: AlarmThatSendsEmail), and this one reads three others. A topic's partitions
 * are spread over all brokers, so seven brokers show whether it moves, unless it has fewer partitions than that.
 */
const BROKERS_SEEN_MAX = 7;

/** What CloudWatch calls the parts of a group; all known at deployment only. */
interface GroupParts {
  readonly ledger: string;
  readonly tableName: string;
  readonly handlerName: string;
  readonly rollupName: string;
  /** The UUID of the event source mapping. */
  readonly mappingId: string;
  readonly clusterName: string;
  readonly brokers: number;
  readonly topic: string;
  readonly groupId: string;
}

export type GroupMetrics = ReturnType<typeof createGroupMetrics>;

export function createGroupMetrics(parts: GroupParts) {
  const { ledger, tableName, clusterName, topic, groupId } = parts;
  const own = { service: ledger, table: tableName } satisfies MetricDimensions;
  const inCluster = { 'Cluster Name': clusterName, Topic: topic };
  return {
    ledger: (name: MetricName, statistic: Statistic) => createMetric(METRICS_NAMESPACE, name, statistic, own),
    /** Opt-in metrics of the mapping, best effort, and silent while it is disabled. */
    mapping: (name: MappingMetric, statistic: Statistic = 'Sum') =>
      createMetric('AWS/Lambda', name, statistic, { EventSourceMappingUUID: parts.mappingId }),
    handler: (name: FunctionMetric, statistic: Statistic = 'Sum') =>
      createMetric('AWS/Lambda', name, statistic, { FunctionName: parts.handlerName }),
    /** What the mapping has invoked. */
    invokedByMapping: createMetric('AWS/Lambda', 'Invocations', 'Sum', {
      FunctionName: parts.handlerName,
      Resource: `${parts.handlerName}:${MAPPING_ALIAS}`,
    }),
    rollup: (name: FunctionMetric, statistic: Statistic = 'Sum') =>
      createMetric('AWS/Lambda', name, statistic, { FunctionName: parts.rollupName }),
    /** Absent while the group is neither stable nor empty. */
    lag: (name: LagMetric) =>
      createMetric('AWS/Kafka', name, 'Maximum', { ...inCluster, 'Consumer Group': groupId }),
    /**
     * Bytes that clients send to each broker, under `in1` and on. Published whether a group ever consumed or not, at the free level (Amazon
     * MSK docs: metrics-details), which is not certain of bytes by topic.
     */
    bytesIn: Object.fromEntries(
      Array.from({ length: Math.min(parts.brokers, BROKERS_SEEN_MAX) }, (_, index) => [
        `in${index + 1}`,
        createMetric('AWS/Kafka', 'BytesInPerSec', 'Average', {
          'Cluster Name': clusterName,
          'Broker ID': String(index + 1),
        }),
      ]),
    ),
    table: (name: TableMetric) => createMetric('AWS/DynamoDB', name, 'Sum', { TableName: tableName }),
    tableOperation: (
      name: 'SystemErrors' | 'SuccessfulRequestLatency',
      operation: string,
      statistic: Statistic = 'Sum',
    ) => createMetric('AWS/DynamoDB', name, statistic, { TableName: tableName, Operation: operation }),
  };
}

export function createMetric(
  namespace: string,
  metricName: string,
  statistic: Statistic,
  dimensionsMap: Readonly<Record<string, string>>,
): Metric {
  return new Metric({
    namespace,
    metricName,
    statistic,
    dimensionsMap: { ...dimensionsMap },
    period: MINUTE,
  });
}

type MappingMetric =
  | 'PolledEventCount'
  | 'InvokedEventCount'
  | 'FailedInvokeEventCount'
  | 'DroppedEventCount'
  | 'OnFailureDestinationDeliveredEventCount'
  | 'CommittedEventCount'
  | 'PollingErrorCount'
  | 'InvokeErrorCount'
  | 'OnFailureDestinationDeliveryErrorCount'
  | 'CommitErrorCount'
  | 'MaxOffsetLag'
  | 'SumOffsetLag'
  | 'ProvisionedPollers'
  | 'EventPollerUnit'
  | 'EventPollerThroughputInBytes';

type FunctionMetric =
  | 'Invocations'
  | 'Errors'
  | 'Throttles'
  | 'Duration'
  | 'ConcurrentExecutions'
  | 'DestinationDeliveryFailures'
  | 'OffsetLag';

type LagMetric = 'EstimatedMaxTimeLag' | 'MaxOffsetLag' | 'SumOffsetLag';

type TableMetric =
  | 'ConsumedReadCapacityUnits'
  | 'ConsumedWriteCapacityUnits'
  | 'ReadThrottleEvents'
  | 'WriteThrottleEvents';
