/** The proof as people run it: another seed each time, and nothing but PASS will do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { localJars } from '../support/local-jars.ts';
import { testsFolder } from '../support/one-at-a-time.ts';
import { processesOf } from '../support/processes-of.ts';

const root = join(import.meta.dirname, '../..');
const WITHIN_MS = 600_000;

async function prove(
  t: TestContext,
  { interruptAt }: { readonly interruptAt?: RegExp },
  ...given: string[]
): Promise<{ code: number | null; lines: string[] }> {
  const process_ = spawn(process.execPath, [join(root, 'infra/cli/main.ts'), 'prove', ...given], {
    env: { ...process.env, CLICKLEDGER_FOLDER: testsFolder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => process_.kill('SIGTERM'));
  let said = '';
  for (const stream of [process_.stdout, process_.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
      if (interruptAt?.test(said)) process_.kill('SIGINT');
    });
  const code = await new Promise<number | null>((resolve) => process_.once('close', resolve));
  return { code, lines: said.trimEnd().split('\n') };
}

describe('clickledger prove', () => {
  it('-- --smoke passes, by whatever seed', { timeout: WITHIN_MS }, async (t) => {
    await localJars();
    const seed = Date.now() % 2 ** 32;
    t.diagnostic(`seed ${seed}`);

    const { code, lines } = await prove(t, {}, '--smoke', '--seed', String(seed));

    assert.equal(code, 0, lines.join('\n'));
    assert.match(lines.at(-1) ?? '', new RegExp(`^PASS +seed ${seed}\\b`));
  });

  it('ends on Ctrl-C with a sentence and 130, and leaves no process behind', {
    timeout: WITHIN_MS,
  }, async (t) => {
    await localJars();
    const { code, lines } = await prove(t, { interruptAt: /^After a partial response/m }, '--seed', '7');

    assert.equal(code, 130, lines.join('\n'));
    assert.equal(lines.at(-1), 'clickledger: interrupted before it was done');
    assert.deepEqual(processesOf(join(testsFolder, 'prove')), []);
  });

  it('of a mutant that there is not says which there are, and ends', async (t) => {
    const { code, lines } = await prove(t, {}, '--mutant', 'no-such');

    assert.equal(code, 2);
    assert.match(lines.at(-1) ?? '', /no mutant 'no-such': they are the patches in test\/prove\/mutants/);
  });
});
