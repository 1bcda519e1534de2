/**
 * The committed record against the templates, so that no refactoring replaces a table, a topic or a mapping unseen.
 *
 * When the first test fails, the change would make CloudFormation remove or replace what it names. Take the change back,
 * keep the old logical id (`overrideLogicalId`), or, where the loss is wanted, follow "A deliberate change" in
 * docs/adr/0009-consumer-group-construct.md: move the data, then
 * `npm run deployed -- --stage <stage> --owners <owner>`, and commit the record.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import { deployedMapping, deployedPath, readDeployed, recordOf } from '../../../infra/aws/deployed.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { recordDeployed, recordText } from '../../../infra/record-deployed.ts';
import { templatesOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];

describe('the record of what is deployed', () => {
  test('all that stands of a stage is in its templates, under the same logical ids, with the same fixed properties', () => {
    for (const stage of stageNames) {
      const templates = templatesOf(stage);
      for (const [stackName, recorded] of Object.entries(readDeployed(stage)))
        assert.deepEqual(recordOf(templates.get(stackName) ?? {}), recorded, stackName);
    }
  });

  test('has the tables, topics, clusters, keys, buckets, secrets and mappings of both stages', () => {
    for (const stage of stageNames) {
      const types = Object.values(readDeployed(stage)).flatMap((resources) =>
        Object.values(resources).map(({ type }) => type),
      );
      assert.deepEqual([...new Set(types)].sort(), [
        'AWS::DynamoDB::Table',
        'AWS::EC2::Subnet',
        'AWS::KMS::Key',
        'AWS::Lambda::EventSourceMapping',
        'AWS::MSK::Cluster',
        'AWS::MSK::Configuration',
        'AWS::MSK::Topic',
        'AWS::S3::Bucket',
        'AWS::SecretsManager::Secret',
      ]);
    }
  });

  test('a table under another id, a topic under another name and a lost bucket each make another record', () => {
    const template = templatesOf('prod').get('clickledger-prod-fraud')!;
    const recorded = recordOf(template);
    const changes = [
      JSON.stringify(template).replaceAll('GroupTable', 'LedgerTable'),
      JSON.stringify(template).replaceAll('"ad_clicks"', '"clicks"'),
      JSON.stringify(template).replace('"AWS::S3::Bucket"', '"AWS::S3::AccessPoint"'),
    ];

    for (const changed of changes) assert.notDeepEqual(recordOf(JSON.parse(changed)), recorded);
  });

  test('npm run deployed writes what the templates say, so a second run changes nothing', () => {
    for (const stage of stageNames) {
      const owners = ['stream', 'billing', 'fraud'];
      const record = recordDeployed(readDeployed(stage), { stage, owners });
      assert.equal(recordText(record), readFileSync(deployedPath(stage), 'utf8'));
    }
  });

  test('a team deployed without its mapping has none in the record, and may then have another', () => {
    const recording = { stage: 'dev', owners: ['billing'], withoutMapping: 'billing' } as const;
    const record = recordDeployed(readDeployed('dev'), recording);
    const { billing } = groups as { billing: (typeof groups)[string] };

    assert.equal(deployedMapping(record, 'clickledger-dev-billing'), undefined);
    assert.equal(deployedMapping(record, 'clickledger-dev-fraud')?.groupId, 'fraud-service');
    templatesOf('dev', { ...groups, billing: { ...billing, groupId: 'billing-2' } }, record);
    assert.throws(() => templatesOf('dev', { ...groups, billing: { ...billing, groupId: 'billing-2' } }), {
      message: /groupId is 'billing-2'; allowed is 'billing-service', which is deployed/,
    });
  });

  test('records the stacks of the owners that it is told of, and no stack that it does not know', () => {
    const record = recordDeployed({}, { stage: 'dev', owners: ['stream'] });

    assert.deepEqual(Object.keys(record), ['clickledger-dev-stream']);
    assert.throws(() => recordDeployed({}, { stage: 'dev', owners: ['fruad'] }), {
      message: `--owners names 'fruad', allowed are stream, ${Object.keys(groups).join(', ')}`,
    });
  });

  test('a stack that is not in the record was never deployed, and is free', () => {
    assert.equal(deployedMapping(readDeployed('dev'), 'clickledger-dev-recommendations'), undefined);
  });
});
