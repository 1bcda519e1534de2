/**
 * Where a group keeps things: the ledger's table, and the bucket for what a team that would rather be fresh lets go of.
 * Both stay when the stack goes, unless an app says otherwise.
 */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** Raw records are what a person's address stands in, so they go, redriven or not. */
const GIVEN_UP_DAYS = 30;

/**
 * The layout is shared/journal/journal.ts: `pk` and `sk`, and `expires` on entries alone, so a checkpoint never does. On demand,
 * since a partition's journal is one hot key whatever is provisioned (Amazon DynamoDB docs: bp-partition-key-design).
 */
export function createLedgerTable(
  scope: Construct,
  id: string,
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Table {
  return new Table(scope, id, {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'expires',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
    removalPolicy,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey,
  });
}

export function createDestinationBucket(
  scope: Construct,
  id: string,
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Bucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.KMS,
    encryptionKey,
    bucketKeyEnabled: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: false,
    lifecycleRules: [{ id: 'Expire', expiration: Duration.days(GIVEN_UP_DAYS) }],
    removalPolicy,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need a second bucket per team that nobody encrypts by a customer key (Amazon S3 docs: enable-server-access-logging). Only one role may put objects here and none of this stack may read any; CloudTrail data events on the bucket name every reader.',
  });
  return bucket;
}
