/**
 * The topic at a glance: does anything alarm, what comes in and goes out, do the brokers keep up, and how much of the
 * retention each group has used. Groups are found by a search, since the stream knows none by name.
 */
import { Dashboard, type IAlarm, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { formatOwnName, type Ownership } from '../../../shared/published.ts';

import { MINUTE } from '../alarms/alarm-definition.ts';
import type { Statistic } from '../alarms/group-metrics.ts';
import type { BrokerMetric, StreamMetrics } from '../alarms/stream-metrics.ts';
import type { StageConfig } from '../stages.ts';
import { createGraph, createHead } from './widgets.ts';

export interface StreamDashboardProps {
  readonly ownership: Ownership;
  readonly config: StageConfig;
  readonly clusterName: string;
  readonly metrics: StreamMetrics;
  readonly alarms: readonly IAlarm[];
}

const HOUR_SECONDS = 3_600;

export function createStreamDashboard(scope: Construct, id: string, props: StreamDashboardProps): Dashboard {
  const { ownership, config, metrics, alarms } = props;
  const { topic, brokers } = config;
  const says = `${topic.partitions} partitions on ${brokers.count} brokers (${brokers.instanceType}), kept for ${topic.retentionHours} h.`;
  return new Dashboard(scope, id, {
    dashboardName: formatOwnName(ownership),
    widgets: [
      ...createHead(`Topic \`${topic.name}\``, says, config.alarms?.without, alarms, 4),
      trafficOf(metrics),
      groupsOf(props),
      brokersOf(props),
    ],
  });
}

function trafficOf(of: StreamMetrics) {
  return [
    createGraph('Bytes/s in, by broker', eachBroker(of, 'BytesInPerSec', 'Average')),
    createGraph('Bytes/s out, by broker', eachBroker(of, 'BytesOutPerSec', 'Average')),
    createGraph('Messages/s in, by broker', eachBroker(of, 'MessagesInPerSec', 'Average')),
  ];
}

function eachBroker(of: StreamMetrics, name: BrokerMetric, statistic: Statistic): Metric[] {
  return of.brokers.map((broker) => of.broker(name, broker, statistic).with({ label: `broker ${broker}` }));
}

function groupsOf({ config, clusterName }: StreamDashboardProps) {
  const { name, retentionHours } = config.topic;
  const lagOfGroups = (metricName: string) =>
    `SEARCH('{AWS/Kafka,"Cluster Name","Consumer Group",Topic} "Cluster Name"="${clusterName}" Topic="${name}" MetricName="${metricName}"', 'Maximum', 60)`;
  const searched = (formula: string) =>
    new MathExpression({ expression: formula, label: '', usingMetrics: {}, period: MINUTE });
  return [
    createGraph('Retention used up by each group, %', [
      searched(`100 * ${lagOfGroups('EstimatedMaxTimeLag')} / ${retentionHours * HOUR_SECONDS}`),
    ]),
    createGraph('Time to drain, by group, s', [searched(lagOfGroups('EstimatedMaxTimeLag'))]),
    createGraph('Records waiting, by group', [searched(lagOfGroups('SumOffsetLag'))]),
  ];
}

function brokersOf({ config, metrics: of }: StreamDashboardProps) {
  const processors = createGraph('Processors, %', eachBroker(of, 'CpuUser', 'Average'));
  const controller = createGraph('Active controller', [of.cluster('ActiveControllerCount', 'Maximum')]);
  if (config.brokers.type === 'express') {
    const connections = createGraph('Connections', eachBroker(of, 'ConnectionCount', 'Maximum'));
    return [processors, connections, controller];
  }
  const replicas = eachBroker(of, 'UnderReplicatedPartitions', 'Maximum');
  return [
    processors,
    createGraph('Under-replicated and offline partitions', [
      ...replicas,
      of.cluster('OfflinePartitionsCount', 'Maximum'),
    ]),
    createGraph('Disk used, %, and controller', [of.cluster('KafkaDataLogsDiskUsed', 'Maximum')], {
      right: [of.cluster('ActiveControllerCount', 'Maximum')],
    }),
  ];
}
