/** `clickledger`: the list of commands, and how one is found. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commands } from '../../../infra/cli/main.ts';
import { root } from '../../support/runtime-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a person types it, who has no region and no credentials. */
function run(given: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, AWS_EC2_METADATA_DISABLED: 'true', ...environment };
  return new Promise((resolve) =>
    execFile(join(root, 'node_modules/.bin/node'), [main, ...given], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
}

const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: Readonly<Record<string, string>>;
};
const main = join(root, bin['clickledger'] ?? '');

describe('clickledger', { concurrency: 2 }, () => {
  it('lists its commands where none is named, and each says what it is for', async () => {
    const { code, stdout } = await run([]);

    assert.equal(code, 0);
    for (const [name, { summary }] of Object.entries(commands))
      assert.match(stdout, new RegExp(`^ +${name} +${summary}`, 'm'));
  });

  it('has the thirteen commands that the documents name, each under its own name', async () => {
    const names =
      'start send statement audit redrive replay size reachable new-group record prove lab bench'.split(' ');

    assert.deepEqual(Object.keys(commands), names);
    for (const [name, { load }] of Object.entries(commands))
      assert.equal((await load()).name(), `clickledger ${name}`);
  });

  it('suggests the command that was meant, with 2', async () => {
    const { code, stdout, stderr } = await run(['statment']);

    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^clickledger: unknown command 'statment'\n\(Did you mean statement\?\)\n/);
  });

  it('helps the same with help, -h and --help', async () => {
    const [named, short, long] = await Promise.all([
      run(['help', 'size']),
      run(['size', '-h']),
      run(['size', '--help']),
    ]);

    assert.match(long.stdout, /^Usage: clickledger size \[options\]/);
    assert.deepEqual([named, short], [long, long]);
  });

  it('prints nothing but JSON on stdout with --json', async () => {
    const { code, stdout } = await run(['size', '--json']);

    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).inputs.groups, 2);
  });

  it('says in one sentence that no region or no credentials are known', async (t) => {
    const HOME = temporaryFolder(t);
    const asked = ['statement', '--table', 'x', '--advertiser', 'a'];
    const [noCredentials, noRegion] = await Promise.all([
      run(asked, { HOME, AWS_REGION: 'eu-west-1' }),
      run(['record', '--stage', 'dev', '--owners', 'stream'], { HOME }),
    ]);

    assert.match(noCredentials.stderr, /^clickledger: no AWS credentials were found [^\n]*\n$/);
    assert.equal(noRegion.stderr, 'clickledger: no AWS region is known: set AWS_REGION\n');
    assert.deepEqual([noCredentials.code, noRegion.code], [2, 2]);
  });
});
