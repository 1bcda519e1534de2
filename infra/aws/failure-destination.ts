/**
 * Where a group that favours freshness discards failed batches: from its plain data to the mapping's setting and the rights of the
 * handler's role (AWS Lambda docs: kafka-on-failure, kafka-on-failure-destination, with-msk-permissions). A destination that is not the
 * group's own is known by its ARN only; where another account or key is involved, its owner has to admit this role.
 */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type IResolvable, Reference, type RemovalPolicy, Tokenization } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Destination } from '../../shared/group.ts';
import { allowKey, allowNotifying, allowPuttingObjects, allowWritingTopic } from './group-rights.ts';
import { createDestinationBucket } from './group-storage.ts';

interface GivingUp {
  /** For `DestinationConfig`. */
  readonly destination: string;
  readonly rights: readonly PolicyStatement[];
  /** Of the resources in `rights`: those that end in a wildcard. */
  readonly wildcards: readonly string[];
}

interface Surroundings {
  readonly clusterArn: string;
  readonly key: IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** @param id of the bucket, for a team that asks for one */
export function createFailureDestination(
  scope: Construct,
  id: string,
  destination: Destination,
  { clusterArn, key, removalPolicy }: Surroundings,
): GivingUp {
  if (destination === 's3') {
    const bucket = createDestinationBucket(scope, id, key, removalPolicy);
    return {
      destination: bucket.bucketArn,
      rights: [...allowPuttingObjects(bucket.bucketArn), destinationKey(key.keyArn, 's3')],
      wildcards: [`${bucket.bucketArn}/*`],
    };
  }
  if ('kafkaTopic' in destination) {
    const { kafkaTopic } = destination;
    const rights = [allowWritingTopic(clusterArn, kafkaTopic)];
    return { destination: `kafka://${kafkaTopic}`, rights, wildcards: [] };
  }
  const { arn, service, rights } = imported(destination);
  const { keyArn } = destination;
  return {
    destination: arn,
    rights: keyArn === undefined ? rights : [...rights, destinationKey(keyArn, service)],
    wildcards: service === 's3' ? [`${arn}/*`] : [],
  };
}

function imported(destination: Exclude<Destination, 's3' | { readonly kafkaTopic: string }>) {
  if ('bucketArn' in destination) {
    const { bucketArn: arn } = destination;
    return { arn, service: 's3', rights: allowPuttingObjects(arn) };
  }
  if ('queueArn' in destination) {
    const { queueArn: arn } = destination;
    return { arn, service: 'sqs', rights: [allowNotifying('sqs:SendMessage', arn)] };
  }
  const { snsTopicArn: arn } = destination;
  return { arn, service: 'sns', rights: [allowNotifying('sns:Publish', arn)] };
}

function destinationKey(keyArn: string, service: string): PolicyStatement {
  return allowKey('DestinationKey', keyArn, service, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** Whether a destination refers to a FIFO queue or topic of the same app, whose name is known at deployment only. */
export function isOwnFifo(destination: object): boolean {
  return Object.values(destination).some((arn) => typeof arn === 'string' && refersToFifo(arn));
}

function refersToFifo(arn: string): boolean {
  const [token] = Tokenization.reverseString(arn).tokens as readonly IResolvable[];
  if (!Reference.isReference(token)) return false;
  const { fifoQueue, fifoTopic } = token.target as { fifoQueue?: unknown; fifoTopic?: unknown };
  return fifoQueue === true || fifoTopic === true;
}
