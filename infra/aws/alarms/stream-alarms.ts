/**
 * The alarms of whoever owns the brokers and the topic: can it be written and read, and is there room? How far each
 * group is belongs to the group's own alarms; the stream knows no group.
 *
 * Express brokers publish neither OfflinePartitionsCount nor UnderReplicatedPartitions nor a share of disk: storage is
 * pay as you go, and replicas are MSK's affair (Amazon MSK docs: metrics-details-express). There the controller and
 * the processors are watched, and what groups see of a lost partition is their record-age.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { StreamAlarm } from '../../../shared/alarm-spec.ts';
import type { Ownership } from '../data-key.ts';
import type { StageConfig } from '../stages.ts';
import { type AlarmDefinition, expression } from './alarm-definition.ts';
import { type AlarmActions, AlarmSet } from './alarm-set.ts';
import type { StreamMetrics } from './stream-metrics.ts';

/** AWS asks for no more than 60 % on average, so that a broker can take over another's work (Amazon MSK docs: bestpractices). */
const CPU_PERCENT = 60;
/** From here on AWS asks to act (Amazon MSK docs: bestpractices). */
const DISK_PERCENT = 85;

export interface StreamAlarmsProps {
  readonly ownership: Ownership;
  readonly config: StageConfig;
  readonly metrics: StreamMetrics;
  readonly actions: AlarmActions;
}

export function streamAlarmSet(
  scope: Construct,
  id: string,
  props: StreamAlarmsProps,
): AlarmSet<StreamAlarm> {
  const { ownership, config, metrics, actions } = props;
  const definitions = [
    ...anyBrokers(metrics),
    ...(config.brokers.type === 'standard' ? standard(metrics) : []),
  ];
  return new AlarmSet(scope, id, { ownership, definitions, spec: config.alarms ?? {}, actions });
}

function anyBrokers(of: StreamMetrics): AlarmDefinition<StreamAlarm>[] {
  return [
    {
      name: 'no-controller',
      severity: 'page',
      says: 'No broker has been the active controller in ten of fifteen minutes: leaders are not replaced.',
      metric: expression('controllers missing', '1 - controllers', {
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
