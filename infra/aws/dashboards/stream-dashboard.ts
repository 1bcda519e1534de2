/**
 * The topics at a glance: does anything alarm, what comes in and goes out, do the brokers keep up, and how much of the
 * retention each group has used. Groups are found by a search, since the stream knows none by name.
 */
import { Dashboard, type IAlarm, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { formatOwnName, type Ownership } from '../../../shared/published.ts';

import { MINUTE } from '../alarms/alarm-definition.ts';
import type { Statistic } from '../alarms/group-metrics.ts';
import type { BrokerMetric, StreamMetrics } from '../alarms/stream-metrics.ts';
import type { StageConfig, TopicConfig } from '../stages.ts';
import { createGraph, createHead } from './widgets.ts';

interface StreamDashboardProps {
  readonly ownership: Ownership;
  readonly config: StageConfig;
  readonly clusterName: string;
  readonly metrics: StreamMetrics;
  readonly alarms: readonly IAlarm[];
}

const HOUR_SECONDS = 3_600;

export function createStreamDashboard(scope: Construct, id: string, props: StreamDashboardProps): Dashboard {
  const { ownership, config, metrics, alarms } = props;
  const { topics, brokers } = config;
  const named = topics.map(({ name }) => `\`${name}\``).join(', ');
  const kept = topics.map(
    ({ name, partitions, retentionHours }) =>
      `\`${name}\`: ${partitions} partitions, kept for ${retentionHours} h.`,
  );
  const says = `On ${brokers.count} brokers (${brokers.instanceType}). ${kept.join(' ')}`;
  return new Dashboard(scope, id, {
    dashboardName: formatOwnName(ownership),
    widgets: [
      ...createHead(
        `${topics.length === 1 ? 'Topic' : 'Topics'} ${named}`,
        says,
        config.alarms?.without,
        alarms,
        4,
      ),
      trafficOf(metrics),
      ...topics.map((topic) => groupsOf(topic, props)),
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

function groupsOf({ name, retentionHours }: TopicConfig, { config, clusterName }: StreamDashboardProps) {
  const ofTopic = config.topics.length === 1 ? '' : ` of ${name}`;
  const lagOfGroups = (metricName: string) =>
    `SEARCH('{AWS/Kafka,"Cluster Name","Consumer Group",Topic} "Cluster Name"="${clusterName}" Topic="${name}" MetricName="${metricName}"', 'Maximum', 60)`;
  const searched = (formula: string) =>
    new MathExpression({ expression: formula, label: '', usingMetrics: {}, period: MINUTE });
  return [
    createGraph(`Retention${ofTopic} used up by each group, %`, [
      searched(`100 * ${lagOfGroups('EstimatedMaxTimeLag')} / ${retentionHours * HOUR_SECONDS}`),
    ]),
    createGraph(`Time to drain${ofTopic}, by group, s`, [searched(lagOfGroups('EstimatedMaxTimeLag'))]),
    createGraph(`Records${ofTopic} waiting, by group`, [searched(lagOfGroups('SumOffsetLag'))]),
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
