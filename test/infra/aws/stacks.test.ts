/** All stacks of a stage together: who knows whom, who may be deployed without whom. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Stack } from 'aws-cdk-lib/core';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { groups } from '../../../functions/index.ts';
import { addStacks, featureFlags } from '../../../infra/aws/stacks.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { askingForAll, type CfnTemplate, templatesOf, unbundledApp } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];
const owners = ['stream', ...Object.keys(groups)];
const allOwners = [...owners, 'operator'];
const asked = new Map(
  stageNames.map((stage) => [stage, templatesOf(stage, groups, undefined, {}, askingForAll(stage))]),
);

/** Of a stage that asks for all that it can ask for. */
function fullTemplateOf(stage: StageName, owner: string): CfnTemplate {
  return asked.get(stage)!.get(`clickledger-${stage}-${owner}`)!;
}

describe('stacks', () => {
  test('every flag that this version of CDK recommends is decided in cdk.json, so that synthesis has none to warn of', () => {
    const undecided = Object.keys(recommended).filter((flag) => !Object.hasOwn(featureFlags, flag));

    assert.ok(Object.keys(recommended).length > 50);
    assert.deepEqual(undecided, [], 'add them to cdk.json, and compare the templates');
  });

  test('a stage has one stack for the stream and one for each group of the registry', () => {
    for (const stage of stageNames) {
      const expected = owners.map((owner) => `clickledger-${stage}-${owner}`);
      assert.deepEqual([...templatesOf(stage).keys()].sort(), expected.toSorted());
    }
  });

  test('stacks are deployed independently: no exports, no imports, no order', () => {
    for (const stack of stageNames.flatMap(stacksOf)) assert.deepEqual(stack.dependencies, []);
    for (const stage of stageNames) {
      for (const owner of allOwners) {
        const template = fullTemplateOf(stage, owner);
        assert.doesNotMatch(JSON.stringify(template), /Fn::ImportValue|Fn::GetStackOutput/);
        for (const { Export } of Object.values(template.Outputs ?? {})) assert.equal(Export, undefined);
      }
    }
  });

  test("no group's template so much as names another group (I9)", () => {
    for (const stage of stageNames) {
      for (const team of Object.keys(groups)) {
        const text = JSON.stringify(fullTemplateOf(stage, team));
        for (const [other, { ledger, groupId }] of Object.entries(groups))
          assert.equal(names(text, ledger) || names(text, groupId), other === team, `${team}, ${other}`);
      }
    }
  });

  test('templates hold for any account and region', () => {
    // A digest may happen to be all digits.
    const text = (stage: StageName, owner: string) =>
      JSON.stringify(fullTemplateOf(stage, owner)).replaceAll(/"CODE_VERSION":"\w+"/g, '');
    for (const stage of stageNames)
      for (const owner of allOwners)
        assert.doesNotMatch(text(stage, owner), /\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b/);
  });

  test('all that can carry tags says project, stage and owner', () => {
    for (const stage of stageNames) {
      for (const owner of allOwners) {
        for (const { Type, Properties } of Object.values(fullTemplateOf(stage, owner).Resources)) {
          if (Properties.Tags === undefined) assert.ok(untaggable.includes(Type), Type);
          else assert.deepEqual(tagsOf(Properties.Tags), { project: 'clickledger', stage, owner }, Type);
        }
      }
    }
  });

  test("stacks of prod that hold something can't be deleted by one command", () => {
    for (const stage of stageNames)
      for (const { stackName, terminationProtection = false } of stacksOf(stage))
        assert.equal(terminationProtection, stage === 'prod' && !stackName.endsWith('-operator'), stackName);
  });

  test('synthesis has nothing to warn of, whatever a stage asks for', () => {
    for (const stage of stageNames) {
      const warnings = stacksOf(stage).flatMap((stack) =>
        stack.node
          .findAll()
          .flatMap(({ node }) => node.metadata)
          .filter(({ type }) => /^aws:cdk:(warning|error)$/.test(type)),
      );
      assert.deepEqual(warnings, []);
    }
  });

  test('the app needs no account, no region and no credentials, passes the schemas of CloudFormation, and refuses a stage it does not know', async () => {
    for (const stage of stageNames) await runApp({ stage });
    await assert.rejects(
      runApp({ stage: 'production' }),
      /stage 'production' is unknown, allowed are dev, prod/,
    );
  });
});

/** As a word of its own: `fraud-eu` does not name `fraud`. */
function names(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w-])${name.replaceAll('.', '\\.')}(?![\\w-])`).test(text);
}

function stacksOf(stage: StageName): Stack[] {
  const {
    stream,
    groups: ofGroups,
    operator,
  } = addStacks(unbundledApp(tmpdir()), stage, groups, {}, askingForAll(stage));
  return [stream, ...ofGroups.values(), operator!];
}

/** Runs infra/app.ts as the CLI does, with a context and an empty environment. */
async function runApp(context: Record<string, unknown>): Promise<void> {
  const outdir = mkdtempSync(join(tmpdir(), 'clickledger-app-'));
  const env = {
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }),
  };
  const app = fileURLToPath(new URL('../../../infra/app.ts', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, [app], { env });
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const untaggable = [
  'AWS::KMS::Alias',
  'AWS::CloudWatch::Dashboard',
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::Policy',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::MSK::Configuration',
  'AWS::MSK::Topic',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::Scheduler::Schedule',
];

/** Of either shape that CloudFormation knows, without the names that the network gives itself. */
function tagsOf(tags: { Key: string; Value: string }[] | Record<string, string>): Record<string, string> {
  const all = Array.isArray(tags) ? tags.map(({ Key, Value }) => [Key, Value]) : Object.entries(tags);
  return Object.fromEntries(all.filter(([name]) => name !== 'Name' && !name!.startsWith('aws-cdk:')));
}
