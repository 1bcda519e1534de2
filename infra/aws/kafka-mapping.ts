/**
 * The event source mapping from the topic to a group's handler. Every setting is explicit, even where it equals the default, so that a team
 * that changes from discarding to waiting gets the default back on an update.
 *
 * | retry          | attempts          | age        | bisect    | destination    |
 * |----------------|-------------------|------------|-----------|----------------|
 * | until `done`   | -1: without end   | -1: any    | no        | none: with one, Lambda would make 10 of the -1 |
 * | until `spent`  | as the team says  | as it says | as it says| its own bucket |
 *
 * (AWS Lambda docs: kafka-retry-configurations, kafka-on-failure-destination). Retry settings, partial responses, the pollers' logs and
 * metrics exist with provisioned pollers alone (AWS Lambda docs: kafka-scaling-modes, esm-logging), so a mapping with pollers on demand has
 * none of them: Lambda delivers its batches again until done, whatever a team prefers. rules/deployed.ts guards what can't be changed once
 * deployed.
 */
import { Alias, CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { GroupSpec, ProvisionedPollers } from '../../shared/group.ts';

interface KafkaMappingProps {
  readonly group: GroupSpec;
  readonly clusterArn: string;
  readonly partitions: number;
  readonly handler: Alias;
  /** For the mapping's `DestinationConfig`. */
  readonly destination: string | undefined;
}

/**
 * Only the mapping invokes the handler by this name. Lambda counts invocations by alias and of the whole function (AWS Lambda docs:
 * monitoring-metrics-view); the difference is what came in another way.
 */
export const MAPPING_ALIAS = 'mapping';

/** Of `$LATEST`, so that deployments and rollbacks are the function's own, and nothing is kept of older code. */
export function createMappingAlias(handler: LambdaFunction): Alias {
  return new Alias(handler, 'MappingAlias', { aliasName: MAPPING_ALIAS, version: handler.latestVersion });
}

const WITHOUT_END = -1;
const OF_ANY_AGE = -1;

export function createKafkaMapping(
  scope: Construct,
  id: string,
  props: KafkaMappingProps,
): CfnEventSourceMapping {
  const { group, clusterArn, handler, destination } = props;
  const { windowSeconds } = group.batch;
  const mapping = new CfnEventSourceMapping(scope, id, {
    functionName: handler.functionArn,
    eventSourceArn: clusterArn,
    topics: [group.topic],
    amazonManagedKafkaEventSourceConfig: { consumerGroupId: group.groupId },
    startingPosition: group.startingPosition,
    enabled: true,
    batchSize: group.batch.records,
    ...(windowSeconds !== undefined && { maximumBatchingWindowInSeconds: windowSeconds }),
    ...(destination !== undefined && { destinationConfig: { onFailure: { destination } } }),
    ...('mode' in group.pollers ? {} : provisionedSettings(group, group.pollers, props.partitions)),
  });
  if (destination === undefined) {
    Validations.of(mapping).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason:
        'Complete before fresh: with a destination Lambda would make 10 of the endless retries and give clicks up (AWS Lambda docs: kafka-on-failure-destination). A stuck partition waits, and an alarm pages.',
    });
  }
  return mapping;
}

/** Whether the function answers which partitions failed, or throws. */
export function hasPartialResponses({ pollers }: GroupSpec): boolean {
  return 'mode' in pollers ? false : (pollers.partialResponses ?? true);
}

function provisionedSettings(group: GroupSpec, pollers: ProvisionedPollers, partitions: number) {
  const { min, max, logs = 'INFO', group: pollerGroupName } = pollers;
  return {
    functionResponseTypes: hasPartialResponses(group) ? ['ReportBatchItemFailures'] : [],
    ...retrySettings(group),
    provisionedPollerConfig: {
      minimumPollers: min,
      maximumPollers: max === 'partitions' ? partitions : max,
      ...(pollerGroupName !== undefined && { pollerGroupName }),
    },
    metricsConfig: { metrics: ['EventCount', 'ErrorCount', 'KafkaMetrics'] },
    loggingConfig: { systemLogLevel: logs },
  };
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
