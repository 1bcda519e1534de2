/**
 * The alarms of brokers and topic: can the topic be written and read, and is there room? A group's progress belongs to the group's own
 * alarms; the stream knows no group.
 *
 * Express brokers publish neither OfflinePartitionsCount nor UnderReplicatedPartitions nor a share of disk: storage is
 * paid by the gigabyte, and MSK takes care of replicas. They slow clients down at a quota that depends on the broker's size, and
 * publish how long from the level PER_BROKER on (Amazon MSK docs: metrics-details-express). Not tried on AWS: that
 * StorageUsed counts bytes, which its description does not say, and that a KRaft cluster reports ActiveControllerCount as 1.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { StreamAlarm } from '../../../shared/alarm-spec.ts';
import { formatClusterName, type Ownership } from '../../../shared/published.ts';
import { createStreamDashboard } from '../dashboards/stream-dashboard.ts';
import type { ExpressBrokers, StageConfig, StageName } from '../stages.ts';
import { type AlarmDefinition, createExpression } from './alarm-definition.ts';
import { type AlarmActions, AlarmSet } from './alarm-set.ts';
import { createAlarmTopics } from './alarm-topics.ts';
import { createStreamMetrics, type StreamMetrics } from './stream-metrics.ts';

/** AWS asks for no more than 60 % on average, so that a broker can take over another's work (Amazon MSK docs: bestpractices). */
const CPU_PERCENT = 60;
/** From here on AWS asks to act (Amazon MSK docs: bestpractices). */
const DISK_PERCENT = 85;

/** Sustained MB/s into and out of one broker (Amazon MSK docs: limits, "MSK Express broker quota"). */
const expressQuotas: Readonly<Record<string, readonly [into: number, outOf: number]>> = {
  'express.m7g.large': [15.6, 31.2],
  'express.m7g.xlarge': [31.2, 62.5],
  'express.m7g.2xlarge': [62.5, 125],
  'express.m7g.4xlarge': [124.9, 249.8],
  'express.m7g.8xlarge': [250, 500],
  'express.m7g.12xlarge': [375, 750],
  'express.m7g.16xlarge': [500, 1000],
};
const QUOTA_SHARE = 0.8;

interface StreamAlarmsProps {
  readonly ownership: Ownership;
  readonly config: StageConfig;
  readonly metrics: StreamMetrics;
  readonly actions: AlarmActions;
}

function createStreamAlarmSet(scope: Construct, id: string, props: StreamAlarmsProps): AlarmSet<StreamAlarm> {
  const { ownership, config, metrics, actions } = props;
  const definitions = [
    ...anyBrokers(metrics),
    ...(config.brokers.type === 'standard' ? standard(metrics) : express(metrics, config.brokers)),
  ];
  return new AlarmSet(scope, id, { ownership, definitions, spec: config.alarms ?? {}, actions });
}

function anyBrokers(of: StreamMetrics): AlarmDefinition<StreamAlarm>[] {
  return [
    {
      name: 'no-controller',
      severity: 'page',
      says: 'No broker has been the active controller in ten of fifteen minutes: leaders are not replaced.',
      metric: createExpression('controllers missing', '1 - controllers', {
        controllers: of.cluster('ActiveControllerCount', 'Maximum'),
      }),
      threshold: 1,
      periods: { bad: 10, of: 15 },
      missing: TreatMissingData.IGNORE,
    },
    {
      name: 'broker-cpu',
      severity: 'ticket',
      says: `The busiest broker has used more than ${CPU_PERCENT} % of its processors in fifteen of twenty minutes.`,
      metric: of.overBrokers(
        'brokers too busy',
        (broker) => of.broker('CpuIdle', broker, 'Average'),
        (id) => `IF(FILL(${id}, 100) < ${100 - CPU_PERCENT}, 1, 0)`,
      ),
      threshold: 1,
      periods: { bad: 15, of: 20 },
      missing: TreatMissingData.IGNORE,
    },
  ];
}

function standard(of: StreamMetrics): AlarmDefinition<StreamAlarm>[] {
  const steady = { threshold: 1, missing: TreatMissingData.IGNORE };
  const ofAllBrokers = (name: 'UnderMinIsrPartitionCount' | 'UnderReplicatedPartitions') =>
    of.overBrokers(
      'partitions',
      (broker) => of.broker(name, broker, 'Maximum'),
      (id) => `FILL(${id}, 0)`,
    );
  return [
    {
      name: 'offline-partitions',
      severity: 'page',
      says: 'Partitions have had no leader in three of five minutes: nobody can write or read them.',
      metric: of.cluster('OfflinePartitionsCount', 'Maximum'),
      periods: { bad: 3, of: 5 },
      ...steady,
    },
    {
      name: 'under-min-isr',
      severity: 'page',
      says: 'Partitions have had too few replicas in sync in five of ten minutes: producers that ask for acks=all are refused.',
      metric: ofAllBrokers('UnderMinIsrPartitionCount'),
      periods: { bad: 5, of: 10 },
      ...steady,
    },
    {
      name: 'under-replicated',
      severity: 'ticket',
      says: 'Partitions have lacked a replica in 25 of 30 minutes, longer than MSK takes to patch a broker.',
      metric: ofAllBrokers('UnderReplicatedPartitions'),
      periods: { bad: 25, of: 30 },
      ...steady,
    },
    {
      name: 'broker-disk',
      severity: 'page',
      says: `A broker's disk is more than ${DISK_PERCENT} % full; full, it stops.`,
      metric: of.cluster('KafkaDataLogsDiskUsed', 'Maximum'),
      threshold: DISK_PERCENT,
      periods: { bad: 5, of: 15 },
      missing: TreatMissingData.IGNORE,
    },
  ];
}

function express(
  of: StreamMetrics,
  { instanceType, storageGbMax }: ExpressBrokers,
): AlarmDefinition<StreamAlarm>[] {
  const quota = expressQuotas[instanceType];
  if (quota === undefined)
    throw new Error(
      `brokers.instanceType is '${instanceType}', allowed are ${Object.keys(expressQuotas).join(', ')}`,
    );
  const [into, outOf] = [quota[0] * 1e6 * QUOTA_SHARE, quota[1] * 1e6 * QUOTA_SHARE];
  const percent = QUOTA_SHARE * 100;
  return [
    {
      name: 'express-quota-in',
      severity: 'ticket',
      says: `A broker has taken in more than ${percent} % of its quota in fifteen of twenty minutes; at the quota producers are slowed down.`,
      metric: overQuota(of, 'BytesInPerSec', into),
      ...lasting,
    },
    {
      name: 'express-quota-out',
      severity: 'ticket',
      says: `A broker has sent out more than ${percent} % of its quota in fifteen of twenty minutes; at the quota groups are slowed down.`,
      metric: overQuota(of, 'BytesOutPerSec', outOf),
      ...lasting,
    },
    ...throttled(of),
    {
      name: 'express-storage',
      severity: 'ticket',
      says: `The log holds more than the ${storageGbMax} GB that stages.ts expects; it is paid by the gigabyte.`,
      metric: of.cluster('StorageUsed', 'Maximum'),
      threshold: storageGbMax * 1e9,
      periods: { bad: 15, of: 20 },
      missing: TreatMissingData.IGNORE,
    },
  ];
}

const lasting = { threshold: 1, periods: { bad: 15, of: 20 }, missing: TreatMissingData.IGNORE };

function overQuota(of: StreamMetrics, name: 'BytesInPerSec' | 'BytesOutPerSec', bytes: number) {
  return of.overBrokers(
    'brokers near their quota',
    (broker) => of.broker(name, broker, 'Average'),
    (id) => `IF(FILL(${id}, 0) >= ${bytes}, 1, 0)`,
  );
}

/** Published while a broker throttles, and only then. */
function throttled(of: StreamMetrics): AlarmDefinition<StreamAlarm>[] {
  const directions = [
    ['express-throttled-in', 'ProduceThrottleTime', 'producers'],
    ['express-throttled-out', 'FetchThrottleTime', 'consumers'],
  ] as const;
  return directions.map(([name, metric, whom]) => ({
    name,
    severity: 'page',
    says: `Brokers have slowed ${whom} down in ten of fifteen minutes, since they are beyond a quota.`,
    metric: of.overBrokers(
      'brokers that throttle',
      (broker) => of.broker(metric, broker, 'Maximum'),
      (id) => `IF(FILL(${id}, 0) > 0, 1, 0)`,
    ),
    threshold: 1,
    periods: { bad: 10, of: 15 },
    missing: TreatMissingData.NOT_BREACHING,
  }));
}

interface WatchStreamProps {
  readonly ownership: { readonly stage: StageName; readonly owner: string };
  readonly config: StageConfig;
  readonly key: IKey;
}

/** Adds the alarms of brokers and topic, and their dashboard. */
export function watchStream(scope: Construct, props: WatchStreamProps): void {
  const { ownership, config, key } = props;
  const { brokers } = config;
  const clusterName = formatClusterName(ownership.stage);
  const metrics = createStreamMetrics(clusterName, brokers.count);
  const actions = createAlarmTopics(scope, 'AlarmTopics', key, ownership);
  const { alarms } = createStreamAlarmSet(scope, 'Alarms', { ownership, config, metrics, actions });
  createStreamDashboard(scope, 'Dashboard', { ownership, config, clusterName, metrics, alarms });
}
