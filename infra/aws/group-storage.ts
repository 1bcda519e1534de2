/**
 * What of a group outlives its stack, unless an app says otherwise: the ledger's table, the bucket for discarded records, and
 * generated secrets.
 */
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** Raw records contain personal data, so they are deleted, redriven or not. */
const DISCARDED_DAYS = 30;

/**
 * The layout is shared/journal/journal.ts: `pk` and `sk`, and `expires` on entries only, so a checkpoint never expires. On demand, since a
 * partition's journal is one hot key at any provisioned capacity (Amazon DynamoDB docs: bp-partition-key-design).
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
    lifecycleRules: [{ id: 'Expire', expiration: Duration.days(DISCARDED_DAYS) }],
    removalPolicy,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need a second bucket per team that nobody encrypts by a customer key (Amazon S3 docs: enable-server-access-logging). Only one role may put objects here and none of this stack may read any; CloudTrail data events on the bucket name every reader.',
  });
  return bucket;
}

/** Of 62 letters and digits each: 381 bits. */
const SECRET_LENGTH = 64;

/**
 * One generated secret for each name that a team asks for, as a reference that CloudFormation resolves: no template contains one. They
 * are kept, because folding the same log again gives the same entries only under the same secret.
 * @returns references by name of variable
 */
export function createSecrets(
  parent: Construct,
  id: string,
  names: readonly string[],
  encryptionKey: IKey,
  removalPolicy: RemovalPolicy,
): Readonly<Record<string, string>> {
  const scope = new Construct(parent, id);
  const references = names.map((name) => {
    const secret = new Secret(scope, name, {
      description: `The variable ${name}`,
      encryptionKey,
      generateSecretString: { passwordLength: SECRET_LENGTH, excludePunctuation: true },
      removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A fold has to give the same entry for the same records on a redelivery, and does so only under the same secret. It is changed by hand with a deployment, which begins new digests; see docs/adr/0006-stacks-and-parameters.md.',
    });
    return [name, secret.secretValue.unsafeUnwrap()];
  });
  return Object.fromEntries(references);
}
