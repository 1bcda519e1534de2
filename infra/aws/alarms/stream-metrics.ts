/**
 * What MSK publishes of a cluster at its free level (Amazon MSK docs: metrics-details). There are no bytes per partition at
 * any level; bytes per broker and per topic are the finest, and a hot partition shows as a hot broker.
 */
import type { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { createExpression } from './alarm-definition.ts';
import { createMetric, type Statistic } from './group-metrics.ts';

/** Amazon CloudWatch docs: AlarmThatSendsEmail. */
const METRICS_MAX = 10;

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;

export function createStreamMetrics(clusterName: string, brokerCount: number) {
  const brokers = Array.from({ length: brokerCount }, (_, index) => index + 1);
  return {
    brokers,
    cluster: (name: ClusterMetric, statistic: Statistic) =>
      createMetric('AWS/Kafka', name, statistic, { 'Cluster Name': clusterName }),
    broker: (name: BrokerMetric, broker: number, statistic: Statistic) =>
      createMetric('AWS/Kafka', name, statistic, {
        'Cluster Name': clusterName,
        'Broker ID': String(broker),
      }),
    /** Each broker's own metric under `b<id>`, and the formula's parts added up. */
    overBrokers: (
      label: string,
      metricOf: (broker: number) => Metric,
      part: (id: string) => string,
    ): MathExpression => {
      if (brokers.length > METRICS_MAX)
        throw new Error(
          `the cluster has ${brokers.length} brokers, an alarm takes at most ${METRICS_MAX} metrics`,
        );
      const named = brokers.map((broker) => [`b${broker}`, metricOf(broker)] as const);
      return createExpression(label, named.map(([id]) => part(id)).join(' + '), Object.fromEntries(named));
    },
  };
}

type ClusterMetric =
  | 'ActiveControllerCount'
  | 'OfflinePartitionsCount'
  | 'KafkaDataLogsDiskUsed'
  | 'StorageUsed';

export type BrokerMetric =
  | 'BytesInPerSec'
  | 'BytesOutPerSec'
  | 'MessagesInPerSec'
  | 'CpuUser'
  | 'CpuIdle'
  | 'PartitionCount'
  | 'ConnectionCount'
  | 'ProduceThrottleTime'
  | 'FetchThrottleTime'
  | 'UnderReplicatedPartitions'
  | 'UnderMinIsrPartitionCount';
