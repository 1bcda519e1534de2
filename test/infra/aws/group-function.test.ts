/** The bundles as Lambda gets them: one real synthesis with esbuild, then each bundle is loaded by a fresh Node elsewhere. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib/core';
import { groups } from '../../../functions/index.ts';
import { addStacks, featureFlags } from '../../../infra/aws/stacks.ts';
import { type CfnTemplate, resourcesOf } from './templates.ts';

const BUNDLE_BYTES_MAX = 400_000;

interface Bundle {
  readonly name: string;
  readonly folder: string;
  readonly codeVersion: string;
  readonly secrets: readonly string[];
}

describe('bundles', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'clickledger-synth-'));
  let bundles: Bundle[] = [];

  before(() => {
    const app = new App({ outdir, postCliContext: featureFlags });
    const stacks = addStacks(app, 'dev', groups);
    const assembly = app.synth();
    bundles = [...stacks.groups].flatMap(([team, { stackName }]) => {
      const template: CfnTemplate = assembly.getStackByName(stackName).template;
      return resourcesOf(template, 'AWS::Lambda::Function').map(([id, { Properties }]) => ({
        name: `${team} ${id}`,
        folder: join(outdir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`),
        codeVersion: Properties.Environment.Variables.CODE_VERSION,
        secrets: groups[team]!.secrets,
      }));
    });
  });

  after(() => rmSync(outdir, { recursive: true }));

  test('every group has two, a handler and a rollup', () => {
    assert.equal(bundles.length, 2 * Object.keys(groups).length);
  });

  test('each is one file of at most 400 KB, with nothing beside it', () => {
    for (const { name, folder } of bundles) {
      assert.deepEqual(readdirSync(folder), ['index.mjs'], name);
      const { size } = statSync(join(folder, 'index.mjs'));
      assert.ok(size <= BUNDLE_BYTES_MAX, `${name} has ${size} bytes`);
    }
  });

  test('each is named in its environment by the digest of its bytes', () => {
    for (const { name, folder, codeVersion } of bundles) {
      assert.match(codeVersion, /^[0-9a-f]{12}$/, name);
      assert.equal(folder.split('asset.').at(-1)?.slice(0, 12), codeVersion, name);
    }
    assert.equal(new Set(bundles.map(({ codeVersion }) => codeVersion)).size, bundles.length);
  });

  test('each loads in a folder with no packages near it, and exports its handler', async () => {
    for (const { name, folder, codeVersion, secrets } of bundles) {
      const environment = {
        AWS_REGION: 'eu-west-1',
        LEDGER_TABLE: 'ledger',
        TOPIC_INCARNATION: '1',
        TOPIC_RETENTION_HOURS: '168',
        PARTIAL_RESPONSES: 'true',
        CODE_VERSION: codeVersion,
        ...Object.fromEntries(secrets.map((secret) => [secret, 'x'.repeat(64)])),
      };
      assert.equal(await handlerTypeOf(folder, environment), 'function', name);
    }
  });

  test('none starts without its environment', async () => {
    for (const { name, folder } of bundles)
      await assert.rejects(handlerTypeOf(folder, {}), /LEDGER_TABLE is not set/, name);
  });
});

async function handlerTypeOf(folder: string, env: Record<string, string>): Promise<string> {
  const bundle = pathToFileURL(join(folder, 'index.mjs')).href;
  const script = `const { handler } = await import('${bundle}'); console.log(typeof handler);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: tmpdir(),
    env,
  });
  return stdout.trim();
}
