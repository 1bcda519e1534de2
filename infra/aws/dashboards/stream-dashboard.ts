/**
 * The topic at a glance: does anything alarm, what comes in and goes out, do the brokers keep up, and how much of the
 * retention each group has used. Groups are found by a search, since the stream knows none by name.
 */
import {
  AlarmStatusWidget,
  Dashboard,
  type IAlarm,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { MINUTE } from '../alarms/alarm-definition.ts';
import type { StreamMetrics } from '../alarms/stream-metrics.ts';
import type { Ownership } from '../data-key.ts';
import type { StageConfig } from '../stages.ts';
import { FULL_WIDTH, graph } from './widgets.ts';

export interface StreamDashboardProps {
  readonly ownership: Ownership;
  readonly config: StageConfig;
  readonly clusterName: string;
  readonly metrics: StreamMetrics;
  readonly alarms: readonly IAlarm[];
}

const HOUR_SECONDS = 3_600;

export function streamDashboard(scope: Construct, id: string, props: StreamDashboardProps): Dashboard {
  const { ownership, config, metrics, alarms } = props;
  return new Dashboard(scope, id, {
    dashboardName: `clickledger-${ownership.stage}-${ownership.owner}`,
    widgets: [
      [new TextWidget({ markdown: headOf(config), width: FULL_WIDTH, height: 3 })],
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: FULL_WIDTH, height: 4 })],
      trafficOf(metrics),
      groupsOf(props),
      brokersOf(props),
    ],
  });
}

function headOf({ topic, brokers, alarms }: StageConfig): string {
  const without = Object.entries(alarms?.without ?? {}).map(([name, reason]) => `**${name}** (${reason})`);
  return [
    `### Topic \`${topic.name}\``,
    `${topic.partitions} partitions on ${brokers.count} brokers (${brokers.instanceType}), kept for ${topic.retentionHours} h.`,
    without.length === 0 ? 'It goes without no alarm.' : `It goes without: ${without.join(', ')}.`,
  ].join('\n\n');
}

function trafficOf(of: StreamMetrics) {
  return [
    graph('Topic: bytes/s', [
      of.topic('BytesInPerSec').with({ label: 'in' }),
      of.topic('BytesOutPerSec').with({ label: 'out' }),
    ]),
    graph(
      'Bytes/s in, by broker',
      of.brokers.map((broker) =>
        of.broker('BytesInPerSec', broker, 'Average').with({ label: `broker ${broker}` }),
      ),
    ),
    graph(
      'Messages/s in, by broker',
      of.brokers.map((broker) =>
        of.broker('MessagesInPerSec', broker, 'Average').with({ label: `broker ${broker}` }),
      ),
    ),
  ];
}

function groupsOf({ config, clusterName }: StreamDashboardProps) {
  const { name, retentionHours } = config.topic;
  const lagOfGroups = (metricName: string) =>
    `SEARCH('{AWS/Kafka,"Cluster Name","Consumer Group",Topic} "Cluster Name"="${clusterName}" Topic="${name}" MetricName="${metricName}"', 'Maximum', 60)`;
  const searched = (formula: string) =>
    new MathExpression({ expression: formula, label: '', usingMetrics: {}, period: MINUTE });
  return [
    graph('Retention used up by each group, %', [
      searched(`100 * ${lagOfGroups('EstimatedMaxTimeLag')} / ${retentionHours * HOUR_SECONDS}`),
    ]),
    graph('Time to drain, by group, s', [searched(lagOfGroups('EstimatedMaxTimeLag'))]),
    graph('Records waiting, by group', [searched(lagOfGroups('SumOffsetLag'))]),
  ];
}

function brokersOf({ config, metrics: of }: StreamDashboardProps) {
  const processors = graph(
    'Processors, %',
    of.brokers.map((broker) => of.broker('CpuUser', broker, 'Average').with({ label: `broker ${broker}` })),
  );
  const controller = graph('Active controller', [of.cluster('ActiveControllerCount', 'Maximum')]);
  if (config.brokers.type === 'express') {
    const connections = graph(
      'Connections',
      of.brokers.map((broker) =>
        of.broker('ConnectionCount', broker, 'Maximum').with({ label: `broker ${broker}` }),
      ),
    );
    return [processors, connections, controller];
  }
  const replicas = of.brokers.map((broker) =>
    of.broker('UnderReplicatedPartitions', broker, 'Maximum').with({ label: `broker ${broker}` }),
  );
  return [
    processors,
    graph('Under-replicated and offline partitions', [
      ...replicas,
      of.cluster('OfflinePartitionsCount', 'Maximum'),
    ]),
    graph('Disk used, %, and controller', [of.cluster('KafkaDataLogsDiskUsed', 'Maximum')], {
      right: [of.cluster('ActiveControllerCount', 'Maximum')],
    }),
  ];
}
