/**
 * The customer key of an owner, the stream or a team, and log groups under that key. One key per owner, so that a right to
 * one team's data is never a right to another's (I9). Keys stay when a stack goes: without them the retained data is lost.
 *
 * CloudWatch Logs must be named in the key's policy, narrowed to the owner's log groups by their encryption context,
 * which is why log groups carry explicit names (AWS CloudWatch Logs docs: encrypt-log-data-kms). All other services use
 * the key on behalf of a role that has the right in its own policy.
 */

import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

export interface OwnLogs {
  /** Every log group of the owner begins with this, and the owner's key serves those alone. */
  readonly prefix: string;
  readonly retention: RetentionDays;
  /** With the data they outlive the stack: what an alarm's page asks for is in them. */
  readonly removalPolicy: RemovalPolicy;
}

export function createDataKey(
  scope: Construct,
  id: string,
  description: string,
  logs: OwnLogs,
  removalPolicy: RemovalPolicy,
): Key {
  const stack = Stack.of(scope);
  const key = new Key(scope, id, { description, enableKeyRotation: true, removalPolicy });
  // For people only. A policy must not depend on it: moving the alias would move the right.
  key.addAlias(logs.prefix.replace(/^\/|\/$/g, '').replaceAll(/[^\w/-]/g, '-'));
  const logGroups = stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${logs.prefix}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'OwnLogs',
      principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  );
  return key;
}

/**
 * For what holds nothing yet while it is created. A resource that is simply retained stays behind when its creation is rolled back: it
 * costs money, and its name blocks the next attempt (AWS CloudFormation docs: DeletionPolicy, RetainExceptOnCreate).
 */
export function keepOnceCreated(policy: RemovalPolicy): RemovalPolicy {
  return policy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy;
}

/** @param name whose logs these are, among the owner's */
export function createLogGroup(
  scope: Construct,
  id: string,
  name: string,
  encryptionKey: IKey,
  { prefix, retention, removalPolicy }: OwnLogs,
): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: `${prefix}${name}`,
    encryptionKey,
    retention,
    removalPolicy: keepOnceCreated(removalPolicy),
  });
}
