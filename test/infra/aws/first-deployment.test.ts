/**
 * A first deployment that fails can be repeated: what its rollback leaves behind must not hold a name that the next attempt asks for
 * (AWS CloudFormation docs: DeletionPolicy, RetainExceptOnCreate).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { ConsumerGroup } from '../../../infra/aws/consumer-group.ts';
import { propsOf, spent, synthesized } from './foreign-app.ts';
import { askingForAll, type CfnTemplate, templateOf, templatesOf } from './templates.ts';

/** Stays after a failed creation all the same, by type and beginning of its id, and why that blocks nothing. */
const leftBehind: readonly (readonly [type: string, id: string, because: string])[] = [
  ['AWS::DynamoDB::Table', '', 'deletion protection would make the rollback fail; CloudFormation names it'],
  ['AWS::KMS::Key', '', 'the table that stays is encrypted under it; keys have no name'],
  [
    'AWS::S3::Bucket',
    'GroupAuditTrail',
    'it holds events, so the rollback would fail; CloudFormation names it',
  ],
  ['AWS::S3::Bucket', 'OrdersAuditTrail', 'the same'],
];

/** Properties that name a resource within the account. */
const literalName = /^(\w*Name|Name)$/;

function faultsOf(template: CfnTemplate): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, DeletionPolicy, Properties = {} }]) => {
    if (DeletionPolicy !== 'Retain') return [];
    const names = Object.entries(Properties).filter(
      ([key, value]) => literalName.test(key) && typeof value === 'string',
    );
    if (names.length > 0) return [`${id} (${Type}) stays under the name ${names.map(([, name]) => name)}`];
    return leftBehind.some(([type, start]) => type === Type && id.startsWith(start))
      ? []
      : [`${id} (${Type}) stays without a reason`];
  });
}

const templates: readonly (readonly [string, CfnTemplate])[] = [
  ...(['dev', 'prod'] as const).flatMap((stage) => [
    ...templatesOf(stage, groups, undefined, {}, askingForAll(stage)),
  ]),
  [
    "an app of one's own",
    synthesized(
      (stack) =>
        void new ConsumerGroup(
          stack,
          'Orders',
          propsOf({ retry: spent, secrets: ['SALT'] }, { auditTrail: true }),
        ),
    ),
  ],
];

describe('what a failed first deployment leaves', () => {
  for (const [name, template] of templates) {
    it(`${name}: nothing that blocks the next one`, () => {
      assert.deepEqual(faultsOf(template), []);
    });
  }

  it('prod keeps its stream, its tables and its secrets from then on', () => {
    const kept = ['stream', ...Object.keys(groups)].flatMap((owner) =>
      Object.values(templateOf('prod', owner).Resources)
        .filter(
          ({ DeletionPolicy }) => DeletionPolicy === 'RetainExceptOnCreate' || DeletionPolicy === 'Retain',
        )
        .map(({ Type, UpdateReplacePolicy }) => {
          assert.equal(UpdateReplacePolicy, 'Retain', Type);
          return Type;
        }),
    );
    for (const type of [
      'AWS::MSK::Cluster',
      'AWS::MSK::Topic',
      'AWS::DynamoDB::Table',
      'AWS::SecretsManager::Secret',
      'AWS::S3::Bucket',
    ])
      assert.ok(kept.includes(type), type);
  });

  it('a cluster that is simply retained, and a bucket of unknown reason, are found', () => {
    const template = structuredClone(templateOf('prod', 'stream')) as { Resources: Record<string, object> };
    for (const resource of Object.values(template.Resources) as { Type: string; DeletionPolicy?: string }[])
      if (resource.Type === 'AWS::MSK::Cluster') resource.DeletionPolicy = 'Retain';
    template.Resources['Bucket'] = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' };

    assert.deepEqual(faultsOf(template as CfnTemplate), [
      'Cluster (AWS::MSK::Cluster) stays under the name clickledger-prod',
      'Bucket (AWS::S3::Bucket) stays without a reason',
    ]);
  });
});
