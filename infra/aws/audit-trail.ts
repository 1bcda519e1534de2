/**
 * Who wrote to a ledger's table, and who invoked the function that counts: CloudTrail's data events of these two resources, in a bucket of
 * their own. Each event has the caller, the time and the address (AWS CloudTrail docs: logging-data-events-with-cloudtrail). They come
 * some minutes late, so they are evidence and no alarm.
 *
 * Off unless an app asks for it: a batch is two events, and CloudTrail takes $0.10 for 100,000 of them.
 */
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Ownership } from '../../shared/published.ts';

/** A year, so that a statement that is disputed late still has its writers. */
const EVENT_DAYS = 365;

interface AuditTrailProps {
  readonly ownership: Ownership;
  readonly table: Table;
  readonly handler: IFunction;
}

/** Writes to the table and invocations of the handler, under any alias; no reads and no management events. */
export function createAuditTrail(
  scope: Construct,
  id: string,
  { ownership: { stage, owner }, table, handler }: AuditTrailProps,
): CfnTrail {
  const trailName = `clickledger-${stage}-${owner}`;
  const bucket = trailBucket(scope, `${id}Bucket`, trailName);
  const trail = new CfnTrail(scope, id, {
    trailName,
    s3BucketName: bucket.bucketName,
    isLogging: true,
    isMultiRegionTrail: false,
    includeGlobalServiceEvents: false,
    enableLogFileValidation: true,
    advancedEventSelectors: [
      dataEvents('Writes to the ledger', 'AWS::DynamoDB::Table', table.tableArn),
      dataEvents('Invocations of the handler', 'AWS::Lambda::Function', handler.functionArn),
    ],
  });
  // CloudTrail tries the policy out when the trail is created.
  if (bucket.policy !== undefined) trail.node.addDependency(bucket.policy);
  return trail;
}

/**
 * With the statements that CloudTrail asks for (AWS CloudTrail docs: create-s3-bucket-policy-for-cloudtrail), and its own encryption: the
 * events hold keys of items, and no values. It always stays: CloudTrail writes to it as soon as the trail exists, and CloudFormation deletes
 * no bucket that holds something (AWS CloudFormation docs: AWS::S3::Bucket), so a rollback or a removal of the stack would fail on it.
 */
function trailBucket(scope: Construct, id: string, trailName: string): Bucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: false,
    lifecycleRules: [{ id: 'Expire', expiration: Duration.days(EVENT_DAYS) }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'It is a log itself, whose integrity CloudTrail signs; access logs of a log would need a further bucket.',
  });
  const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
  const ofTrail = {
    'aws:SourceArn': Stack.of(scope).formatArn({
      service: 'cloudtrail',
      resource: 'trail',
      resourceName: trailName,
    }),
  };
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'CloudTrailLooksAtTheBucket',
      principals,
      actions: ['s3:GetBucketAcl'],
      resources: [bucket.bucketArn],
      conditions: { StringEquals: ofTrail },
    }),
  );
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'CloudTrailWritesEvents',
      principals,
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${Aws.ACCOUNT_ID}/*`)],
      conditions: { StringEquals: { ...ofTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }),
  );
  return bucket;
}

/** `startsWith`, since an invocation through an alias has its name behind the function's ARN. */
function dataEvents(name: string, type: string, arn: string): CfnTrail.AdvancedEventSelectorProperty {
  return {
    name,
    fieldSelectors: [
      { field: 'eventCategory', equalTo: ['Data'] },
      { field: 'resources.type', equalTo: [type] },
      { field: 'resources.ARN', startsWith: [arn] },
      { field: 'readOnly', equalTo: ['false'] },
    ],
  };
}
