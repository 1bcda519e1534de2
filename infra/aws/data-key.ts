/**
 * The customer key of an owner, `stream` or a team, and log groups under that key. One key per owner, so that a right to
 * one team's data is never a right to another's (I9). Keys stay when a stack goes: without them the retained data is lost.
 *
 * CloudWatch Logs must be named in the key's policy, narrowed to the owner's log groups by their encryption context,
 * which is why log groups carry explicit names (AWS CloudWatch Logs docs: encrypt-log-data-kms). All other services use
 * the key on behalf of a role that has the right in its own policy.
 */

import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { logGroupPrefix } from './published.ts';
import { type StageName, stages } from './stages.ts';

export interface Ownership {
  readonly stage: StageName;
  /** `stream`, or the name of a team's folder. */
  readonly owner: string;
}

export function dataKey(scope: Construct, id: string, { stage, owner }: Ownership): Key {
  const stack = Stack.of(scope);
  const key = new Key(scope, id, {
    description: `clickledger ${stage}: data of ${owner}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const logGroups = stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${logGroupPrefix(stage, owner)}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'OwnLogs',
      principals: [new ServicePrincipal('logs.amazonaws.com')],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
    }),
  );
  return key;
}

/** @param name whose logs these are, among the owner's */
export function logGroup(
  scope: Construct,
  id: string,
  name: string,
  encryptionKey: Key,
  { stage, owner }: Ownership,
): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: `${logGroupPrefix(stage, owner)}${name}`,
    encryptionKey,
    retention: stages[stage].logDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
