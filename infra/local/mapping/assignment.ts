/** What a poller gets at its start: the rules of its mapping in the plan, and the addresses and folders of this local runtime. */

import { formatFunctionArn } from '../template/names.ts';
import type { PlannedFunction, PlannedMapping } from '../template/planned.ts';
import type { PartialRetry } from './decide.ts';
import { parseDestinationAddress } from './destination-address.ts';
import type { PollerAssignment } from './poller-process.ts';

interface AssignmentOptions {
  readonly bootstrap: readonly string[];
  readonly target: Pick<PlannedFunction, 'name' | 'timeoutSeconds'>;
  readonly sessionTimeoutMs: number;
  readonly partialRetry: PartialRetry;
  /** The parent folder of the folders of S3 buckets, SQS queues and SNS topics. */
  readonly destinations: string;
}

export function createPollerAssignment(
  mapping: PlannedMapping,
  options: AssignmentOptions,
): PollerAssignment {
  const { groupId, topic, startingPosition, sourceArn, batchSize, windowMs } = mapping;
  const { partialResponses, retryAttempts, maxAgeSeconds, bisect, filters } = mapping;
  const { bootstrap, target, sessionTimeoutMs, partialRetry, destinations } = options;
  const address =
    mapping.destination === undefined ? undefined : parseDestinationAddress(mapping.destination);
  if (typeof address === 'string') throw new Error(`the destination of ${groupId} ${address}`);
  return {
    group: {
      bootstrap,
      groupId,
      clientId: `poller-${mapping.logicalId}`,
      topic,
      startingPosition,
      sessionTimeoutMs,
    },
    rules: {
      source: { arn: sourceArn, bootstrap: bootstrap.join(',') },
      batchRecords: batchSize,
      windowMs,
      provisioned: mapping.pollers !== undefined,
      partialResponses,
      partialRetry,
      retryAttempts,
      maxAgeSeconds,
      bisect,
      functionTimeoutMs: target.timeoutSeconds * 1000,
    },
    functionArn: formatFunctionArn(target.name),
    filters,
    destination: address && { address, folder: destinations, bootstrap },
  };
}
