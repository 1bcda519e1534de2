/**
 * cdk-nag over all stacks of all stages: the packs AwsSolutions and Serverless find nothing that isn't acknowledged at its own
 * resource, with a reason that says what the evidence is.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { type App, CfnResource, Stack, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { groups } from '../../../functions/index.ts';
import { addStacks } from '../../../infra/aws/stacks.ts';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { askingForAll, unbundledApp } from './templates.ts';

const REASON_LENGTH_MIN = 80;

/** One line for each finding that nobody has acknowledged. */
function findingsIn(app: App): string[] {
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((pack) => {
    const { violations } = pack.validateScope(app);
    return violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}: ${description}`),
    );
  });
}

interface Acknowledged {
  readonly construct: IConstruct;
  readonly id: string;
  readonly reason: string;
}

function acknowledgedIn(app: App): Acknowledged[] {
  return app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([id, reason]) => ({
          construct,
          id: id.replace(/^annotation::/i, ''),
          reason,
        })),
      )
      .filter(({ id }) => /^(AwsSolutions|Serverless)-/.test(id)),
  );
}

function inApp(check: (app: App, stage?: StageName) => void, stage?: StageName): void {
  const outdir = mkdtempSync(join(tmpdir(), 'clickledger-nag-'));
  try {
    const app = unbundledApp(outdir);
    if (stage !== undefined) addStacks(app, stage, groups, {}, askingForAll(stage));
    check(app, stage);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

describe('cdk-nag', () => {
  for (const stage of Object.keys(stages) as StageName[]) {
    test(`${stage}: AwsSolutions and Serverless find nothing that has no evidence`, () => {
      inApp((app) => assert.deepEqual(findingsIn(app), []), stage);
    });

    test(`${stage}: whatever is acknowledged is a finding there, at one resource, and says why`, () => {
      inApp((app) => {
        const acknowledged = acknowledgedIn(app);
        assert.ok(acknowledged.length > 0);
        for (const { construct, id, reason } of acknowledged) {
          assert.ok(reason.length >= REASON_LENGTH_MIN, `${id} at ${construct.node.path}: ${reason}`);
          const resources = construct.node.findAll().filter((one) => CfnResource.isCfnResource(one));
          const types = resources.map(({ cfnResourceType }) => cfnResourceType);
          assert.ok(types.length <= 4 && !(construct instanceof Stack), `${id} covers ${types.join(', ')}`);
        }
      }, stage);
    });
  }

  test('what is wrong is found: a bucket without anything, and a table without backups', () => {
    inApp((app) => {
      const stack = new Stack(app, 'Bare');
      new CfnBucket(stack, 'Bucket', {});
      new CfnTable(stack, 'Table', { keySchema: [{ attributeName: 'pk', keyType: 'HASH' }] });

      const findings = findingsIn(app).join('\n');

      for (const rule of ['S1', 'S10', 'DDB3']) assert.match(findings, new RegExp(`AwsSolutions-${rule} at`));
    });
  });

  test('an acknowledgement taken away makes its finding come back', () => {
    inApp((app) => {
      const all = acknowledgedIn(app);
      const found = new Set<string>();
      for (const { construct, id } of all) {
        const kept = construct.node as unknown as { _metadata: { type: string }[] };
        const whole = kept._metadata;
        kept._metadata = whole.filter(({ type }) => type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
        const back = findingsIn(app).filter((line) => line.startsWith(`${id} at ${construct.node.path}`));
        kept._metadata = whole;
        assert.ok(back.length > 0, `${id} at ${construct.node.path} is no finding`);
        found.add(id);
      }
      assert.ok(found.size > 0);
    }, 'prod');
  });
});
