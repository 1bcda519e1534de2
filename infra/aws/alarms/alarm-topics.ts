/**
 * Where an owner's alarms go by default: an SNS topic per severity, under the owner's key and with TLS only. People subscribe to them; a
 * topic without subscribers costs nothing.
 *
 * CloudWatch publishes in its own name, so it needs the topic by the topic's policy and the key by the key's. A custom policy, such as the
 * one that requires TLS, replaces the default one that lets services of the account publish (AWS re:Post:
 * cloudwatch-receive-sns-for-alarm-trigger; Amazon SNS docs: sns-key-management).
 */
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Annotations, ArnFormat, Aws, CfnOutput, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { severities } from '../../../shared/alarm-spec.ts';
import { formatOwnName, type Ownership } from '../../../shared/published.ts';

import type { AlarmActions } from './alarm-set.ts';

export function createAlarmTopics(
  scope: Construct,
  id: string,
  key: IKey,
  ownership: Ownership,
): AlarmActions {
  const { stage, owner } = ownership;
  const topics = new Construct(scope, id);
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
  const ownAlarms = Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: `${formatOwnName(ownership)}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const { statementAdded } = key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'OwnAlarms',
      principals: [cloudWatch],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  if (!statementAdded) {
    const need = 'let cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*';
    Annotations.of(topics).addWarningV2(
      'clickledger:alarm-key',
      `the key is not of this app: its policy has to ${need}, or no alarm is delivered`,
    );
  }
  const actions = severities.map((severity) => {
    const topic = new Topic(topics, severity, {
      displayName: `clickledger ${stage} ${owner}: ${severity}`,
      masterKey: key,
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OwnAlarms',
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: { 'aws:SourceArn': ownAlarms },
        },
      }),
    );
    new CfnOutput(topics, `${severity}-topic`, { value: topic.topicArn });
    return [severity, [new SnsAction(topic)]];
  });
  return Object.fromEntries(actions);
}
