/** All that watches the stream: alarms of brokers and topic, and their dashboard. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { clusterName as clusterNameOf } from '../../../shared/published.ts';
import { streamDashboard } from '../dashboards/stream-dashboard.ts';
import type { StageConfig, StageName } from '../stages.ts';
import { alarmTopics } from './alarm-topics.ts';
import { streamAlarmSet } from './stream-alarms.ts';
import { streamMetrics } from './stream-metrics.ts';

export interface WatchStreamProps {
  readonly ownership: { readonly stage: StageName; readonly owner: string };
  readonly config: StageConfig;
  readonly key: IKey;
}

export function watchStream(scope: Construct, props: WatchStreamProps): void {
  const { ownership, config, key } = props;
  const { brokers } = config;
  const clusterName = clusterNameOf(ownership.stage);
  const metrics = streamMetrics(clusterName, brokers.count);
  const actions = alarmTopics(scope, 'AlarmTopics', key, ownership);
  const { alarms } = streamAlarmSet(scope, 'Alarms', { ownership, config, metrics, actions });
  streamDashboard(scope, 'Dashboard', { ownership, config, clusterName, metrics, alarms });
}
