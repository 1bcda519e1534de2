/**
 * Whether CloudWatch can notify anybody: every alarm of every template is followed to its topic, and both policies on that way, the
 * topic's and its key's, are evaluated as SNS and KMS would.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Key } from 'aws-cdk-lib/aws-kms';
import { groups } from '../../../../functions/index.ts';
import { ConsumerGroup } from '../../../../infra/aws/consumer-group.ts';
import { isAllowed, type Statement } from '../../../support/iam.ts';
import { propsOf, synthesized } from '../foreign-app.ts';
import { type CfnTemplate, evaluated, resourcesOf, templateOf } from '../templates.ts';
import { callersOf } from './watched.ts';

const account = '111122223333';
const cloudWatch = 'Service:cloudwatch.amazonaws.com';

/** `{id}` or `{id.Attribute}`, as `evaluated` writes a resource of the template. */
function idIn(reference: string): string {
  return /^\{([^.}]+)/.exec(reference)?.[1] ?? reference;
}

function topicStatements(template: CfnTemplate, topic: string): Statement[] {
  return resourcesOf(template, 'AWS::SNS::TopicPolicy').flatMap(([, { Properties }]) => {
    const { Topics, PolicyDocument } = evaluated(template, Properties);
    return Topics.map(idIn).includes(topic) ? PolicyDocument.Statement : [];
  });
}

/** What keeps the alarms of a template from their topics, one sentence each; and how many ways were followed. */
function undelivered(template: CfnTemplate): { readonly faults: string[]; readonly ways: number } {
  const faults: string[] = [];
  let ways = 0;
  for (const { name, properties } of callersOf(template)) {
    const { AlarmActions = [], OKActions = [] } = properties;
    const context = {
      'aws:SecureTransport': 'true',
      'aws:SourceAccount': account,
      'aws:SourceArn': `arn:aws:cloudwatch:eu-west-1:${account}:alarm:${name}`,
    };
    for (const action of [...AlarmActions, ...OKActions]) {
      ways += 1;
      const topic = idIn(action);
      const publish = { principal: cloudWatch, action: 'sns:Publish', resource: action, context };
      if (!isAllowed(topicStatements(template, topic), publish))
        faults.push(`${name}: the topic ${topic} does not let CloudWatch publish`);
      const keyRef = evaluated(template, template.Resources[topic]?.Properties.KmsMasterKeyId);
      const key = template.Resources[idIn(keyRef)];
      for (const need of ['kms:Decrypt', 'kms:GenerateDataKey'])
        if (
          !isAllowed(keyStatements(template, key), {
            principal: cloudWatch,
            action: need,
            resource: keyRef,
            context,
          })
        )
          faults.push(`${name}: the key of ${topic} does not let CloudWatch use ${need}`);
    }
  }
  return { faults, ways };
}

function keyStatements(
  template: CfnTemplate,
  key: CfnTemplate['Resources'][string] | undefined,
): Statement[] {
  return key === undefined ? [] : evaluated(template, key.Properties.KeyPolicy.Statement);
}

function foreignTemplate(): CfnTemplate {
  return synthesized((stack) => {
    const key = new Key(stack, 'OwnKey');
    new ConsumerGroup(stack, 'Orders', propsOf({}, { key }));
  });
}

const templates: readonly [string, () => CfnTemplate][] = [
  ...(['dev', 'prod'] as const).flatMap((stage) =>
    ['stream', ...Object.keys(groups)].map(
      (owner) => [`${stage} ${owner}`, () => templateOf(stage, owner)] as [string, () => CfnTemplate],
    ),
  ),
  ["an app of one's own, with a key of its own", foreignTemplate],
];

describe('an alarm reaches its topic', () => {
  for (const [name, template] of templates) {
    it(name, () => {
      const { faults, ways } = undelivered(template());

      assert.deepEqual(faults, []);
      assert.ok(ways >= 2, `${ways} ways were followed`);
    });
  }

  it('each missing right is found: on the topic, for other accounts, for foreign alarms, on the key', () => {
    const spoil = (change: (statement: { Sid?: string; Condition?: unknown }) => unknown, type: string) => {
      const template = structuredClone(templateOf('dev', 'billing')) as CfnTemplate;
      const policies = resourcesOf(template, type).flatMap(
        ([, { Properties }]) =>
          [Properties.PolicyDocument ?? Properties.KeyPolicy] as { Statement: unknown[] }[],
      );
      for (const policy of policies)
        policy.Statement = policy.Statement.flatMap((each) => change(each as object) ?? []);
      return undelivered(template).faults;
    };
    const without = (statement: { Sid?: string }) => (statement.Sid === 'OwnAlarms' ? undefined : statement);
    const otherwise = (Condition: object) => (statement: { Sid?: string }) =>
      statement.Sid === 'OwnAlarms' ? { ...statement, Condition } : statement;

    for (const [faults, told] of [
      [spoil(without, 'AWS::SNS::TopicPolicy'), /does not let CloudWatch publish/],
      [spoil(without, 'AWS::KMS::Key'), /does not let CloudWatch use kms:Decrypt/],
      [
        spoil(otherwise({ StringEquals: { 'aws:SourceAccount': '999999999999' } }), 'AWS::SNS::TopicPolicy'),
        /does not let CloudWatch publish/,
      ],
      [
        spoil(
          otherwise({ ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:*:*:alarm:other-*' } }),
          'AWS::SNS::TopicPolicy',
        ),
        /does not let CloudWatch publish/,
      ],
    ] as const) {
      assert.match(faults[0] ?? 'nothing was found', told);
    }
  });
});
