/**
 * The record of what is deployed. The fixtures hold both stages as they were recorded once, so no refactoring replaces a table, a topic or a
 * mapping unseen; the repository's own record is empty until somebody deploys.
 *
 * When the first test fails, CloudFormation would remove or replace what it names. Take the change back, keep the old
 * logical id (`overrideLogicalId`), or, where the loss is wanted, follow "A deliberate change" in
 * docs/adr/0009-consumer-group-construct.md and bring the fixture up to date.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { groups } from '../../../functions/index.ts';
import {
  buildRecord,
  type Deployed,
  findDeployedMapping,
  readDeployed,
} from '../../../infra/aws/deployed.ts';
import { formatRecord, recordDeployed } from '../../../infra/aws/record-deployed.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { type CfnTemplate, templatesOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];

function fixture(stage: StageName): Deployed {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/deployed/${stage}.json`), 'utf8'));
}

/** CloudFormation with these stacks, each in this state. */
function cloudFormationWith(templates: ReadonlyMap<string, CfnTemplate>, status = 'UPDATE_COMPLETE') {
  const mock = mockClient(CloudFormationClient);
  const absent = (name: string) =>
    Object.assign(new Error(`Stack with id ${name} does not exist`), { name: 'ValidationError' });
  mock.on(DescribeStacksCommand).callsFake(({ StackName }) => {
    if (!templates.has(StackName)) throw absent(StackName);
    return { Stacks: [{ StackName, StackStatus: status }] };
  });
  mock
    .on(GetTemplateCommand)
    .callsFake(({ StackName }) => ({ TemplateBody: JSON.stringify(templates.get(StackName)) }));
  return new CloudFormationClient({});
}

describe('the record of what is deployed', () => {
  test('all that was recorded of a stage is in its templates, under the same logical ids, with the same fixed properties', () => {
    for (const stage of stageNames) {
      const templates = templatesOf(stage, groups, fixture(stage));
      const recorded = Object.entries(fixture(stage));
      assert.equal(recorded.length, 3, stage);
      // The fixture holds what was shipped, the committed record what its owners have deployed since.
      for (const [stackName, record] of [...recorded, ...Object.entries(readDeployed(stage))])
        assert.deepEqual(buildRecord(templates.get(stackName) ?? {}), record, stackName);
    }
  });

  test('has the tables, topics, clusters, keys, buckets, secrets and mappings of both stages', () => {
    for (const stage of stageNames) {
      const types = Object.values(fixture(stage)).flatMap((resources) =>
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

  test('where nothing is deployed, as in a fresh clone, group id and position are free', () => {
    const { billing } = groups as { billing: (typeof groups)[string] };
    for (const stage of stageNames) {
      templatesOf(stage, {
        billing: { ...billing, groupId: 'acme-billing', startingPosition: 'TRIM_HORIZON' },
      });
    }
  });

  test('a table under another id, a topic under another name and a lost bucket each make another record', () => {
    const template = templatesOf('prod').get('clickledger-prod-fraud')!;
    const recorded = buildRecord(template);
    const changes = [
      JSON.stringify(template).replaceAll('GroupTable', 'LedgerTable'),
      JSON.stringify(template).replaceAll('"ad_clicks"', '"clicks"'),
      JSON.stringify(template).replace('"AWS::S3::Bucket"', '"AWS::S3::AccessPoint"'),
    ];

    for (const changed of changes) assert.notDeepEqual(buildRecord(JSON.parse(changed)), recorded);
  });

  test('clickledger record records what CloudFormation has of these owners, and leaves the rest', async () => {
    const standing = fixture('dev');
    const templates = templatesOf('dev', groups, {});
    const record = await recordDeployed(
      { 'clickledger-dev-fraud': standing['clickledger-dev-fraud']! },
      'dev',
      ['stream', 'billing'],
      cloudFormationWith(templates),
    );

    assert.equal(formatRecord(record), `${JSON.stringify(standing, null, 2)}\n`);
  });

  test('a stack that does not exist, or whose deployment did not succeed, is not recorded', async () => {
    const templates = templatesOf('dev', groups, {});
    await assert.rejects(recordDeployed({}, 'dev', ['billing'], cloudFormationWith(new Map())), {
      message: 'stack clickledger-dev-billing does not exist in this account and region: deploy it first',
    });
    for (const status of ['ROLLBACK_COMPLETE', 'CREATE_IN_PROGRESS', 'DELETE_COMPLETE', 'REVIEW_IN_PROGRESS'])
      await assert.rejects(recordDeployed({}, 'dev', ['billing'], cloudFormationWith(templates, status)), {
        message: `stack clickledger-dev-billing is ${status}: record it once its deployment has succeeded`,
      });
    await assert.rejects(recordDeployed({}, 'dev', ['fruad'], cloudFormationWith(templates)), {
      message: `--owners names 'fruad', allowed are stream, ${Object.keys(groups).join(', ')}`,
    });
  });

  test('a team deployed without its mapping has none in the record, and may then have another', async () => {
    const { billing } = groups as { billing: (typeof groups)[string] };
    const other = { ...groups, billing: { ...billing, groupId: 'billing-2' } };
    const deployed = templatesOf('dev', groups, fixture('dev'), { withoutMapping: 'billing' });
    const record = await recordDeployed(fixture('dev'), 'dev', ['billing'], cloudFormationWith(deployed));

    assert.equal(findDeployedMapping(record, 'clickledger-dev-billing'), undefined);
    assert.equal(findDeployedMapping(record, 'clickledger-dev-fraud')?.groupId, 'fraud-service');
    templatesOf('dev', other, record);
    assert.throws(() => templatesOf('dev', other, fixture('dev')), {
      message: /groupId is 'billing-2'; allowed is 'billing-service', which is deployed/,
    });
  });

  test('a stack that is not in the record was never deployed, and is free', () => {
    assert.equal(findDeployedMapping(fixture('dev'), 'clickledger-dev-recommendations'), undefined);
  });
});
