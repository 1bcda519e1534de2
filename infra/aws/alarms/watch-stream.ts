/** All that watches the stream: alarms of brokers and topic, and their dashboard. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { formatClusterName } from '../../../shared/published.ts';
import { createStreamDashboard } from '../dashboards/stream-dashboard.ts';
import type { StageConfig, StageName } from '../stages.ts';
import { createAlarmTopics } from './alarm-topics.ts';
import { createStreamAlarmSet } from './stream-alarms.ts';
import { createStreamMetrics } from './stream-metrics.ts';

export interface WatchStreamProps {
  readonly ownership: { readonly stage: StageName; readonly owner: string };
  readonly config: StageConfig;
  readonly key: IKey;
}

export function watchStream(scope: Construct, props: WatchStreamProps): void {
  const { ownership, config, key } = props;
  const { brokers } = config;
  const clusterName = formatClusterName(ownership.stage);
  const metrics = createStreamMetrics(clusterName, brokers.count);
  const actions = createAlarmTopics(scope, 'AlarmTopics', key, ownership);
  const { alarms } = createStreamAlarmSet(scope, 'Alarms', { ownership, config, metrics, actions });
  createStreamDashboard(scope, 'Dashboard', { ownership, config, clusterName, metrics, alarms });
}
