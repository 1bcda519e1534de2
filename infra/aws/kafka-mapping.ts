/**
 * The event source mapping from the topic to a group's handler. Every setting is spelt out, also where it equals the
 * default, so that a team that goes from giving up to waiting really gets the default back on an update.
 *
 * | retry          | attempts          | age        | bisect    | destination    |
 * |----------------|-------------------|------------|-----------|----------------|
 * | until `done`   | -1: without end   | -1: any    | no        | none: with one, Lambda would make 10 of the -1 |
 * | until `spent`  | as the team says  | as it says | as it says| its own bucket |
 *
 * (AWS Lambda docs: kafka-retry-configurations, kafka-on-failure-destination). Retry settings, partial responses and the
 * poller's logs exist in provisioned mode alone (AWS Lambda docs: kafka-scaling-modes, esm-logging), which is why there is
 * always a poller configuration. The group id is fixed once deployed, and a changed topic reports success and does nothing.
 */
import { CfnEventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../shared/group.ts';

export interface KafkaMappingProps {
  readonly group: GroupSpec;
  readonly clusterArn: string;
  readonly partitions: number;
  readonly handler: IFunction;
  readonly destination: Bucket | undefined;
}

const WITHOUT_END = -1;
const OF_ANY_AGE = -1;

export function kafkaMapping(scope: Construct, id: string, props: KafkaMappingProps): CfnEventSourceMapping {
  const { group, clusterArn, partitions, handler, destination } = props;
  const { min, max } = group.pollers;
  return new CfnEventSourceMapping(scope, id, {
    functionName: handler.functionArn,
    eventSourceArn: clusterArn,
    topics: [group.topic],
    amazonManagedKafkaEventSourceConfig: { consumerGroupId: group.groupId },
    startingPosition: group.startingPosition,
    enabled: true,
    batchSize: group.batch.records,
    maximumBatchingWindowInSeconds: group.batch.windowSeconds,
    functionResponseTypes: ['ReportBatchItemFailures'],
    ...retrySettings(group),
    ...(destination && { destinationConfig: { onFailure: { destination: destination.bucketArn } } }),
    provisionedPollerConfig: {
      minimumPollers: min,
      maximumPollers: max === 'partitions' ? Math.max(min, partitions) : max,
    },
    metricsConfig: { metrics: ['EventCount', 'ErrorCount', 'KafkaMetrics'] },
    loggingConfig: { systemLogLevel: 'INFO' },
  });
}

function retrySettings({ retry }: GroupSpec) {
  if (retry.until === 'done') {
    return {
      maximumRetryAttempts: WITHOUT_END,
      maximumRecordAgeInSeconds: OF_ANY_AGE,
      bisectBatchOnFunctionError: false,
    };
  }
  return {
    maximumRetryAttempts: retry.attempts,
    maximumRecordAgeInSeconds: retry.ageSeconds,
    bisectBatchOnFunctionError: retry.bisect,
  };
}
