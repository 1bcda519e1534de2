/** A checkout under a path as people have them: spaces, accents, and what means something in a URL. From synthesis to the verdict. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkoutCopy } from '../support/checkout-copy.ts';
import { localJars } from '../support/local-jars.ts';
import { RunningStart } from '../support/running-start.ts';
import { prepareRuntimeFolder, root } from '../support/runtime-folder.ts';

const CLICKS = 3_000;
const SECRET = 'a-secret-of-the-shell';

describe('a checkout in a folder with spaces, accents, # and %', { timeout: 300_000 }, () => {
  it('synthesizes, starts, counts every click and judges itself; no child knows a secret of the shell', async (t) => {
    await localJars();
    const copy = checkoutCopy(join(prepareRuntimeFolder(t), 'a copy – José’s #1 %41'));
    const folder = join(copy, '.clickledger');
    mkdirSync(folder, { mode: 0o700 });
    symlinkSync(join(root, '.clickledger/jars'), join(folder, 'jars'));
    const start = new RunningStart({
      folder,
      command: [process.execPath, join(copy, 'infra/cli/main.ts'), 'start'],
      given: ['--clicks', String(CLICKS), '--rate', '1000', '--exit'],
      environment: { AWS_SECRET_ACCESS_KEY: SECRET, AWS_PROFILE: SECRET },
    });

    const seen = new Set<string>();
    await start.until(
      'all kinds of children run',
      () => {
        for (const { role, pid } of start.runFile()?.children ?? []) {
          if (process.platform === 'linux' && environmentOf(pid).includes(SECRET))
            assert.fail(`${role} knows the secret`);
          seen.add(role);
        }
        return ['broker', 'dynamodb', 'poller', 'function', 'producer'].every((role) => seen.has(role));
      },
      240_000,
    );
    const { code } = await start.ended();

    const { produced, exact } = JSON.parse(start.lastLine());
    assert.deepEqual([code, produced, exact], [0, CLICKS, true], start.stderr);
    assert.deepEqual(start.left(), []);
  });
});

describe('a start that synthesizes first', { timeout: 120_000 }, () => {
  it('is ended by Ctrl-C without a word of a failure', async (t) => {
    const copy = checkoutCopy(join(prepareRuntimeFolder(t), 'copy'));
    const folder = join(copy, '.clickledger');
    const start = new RunningStart({
      folder,
      command: [process.execPath, join(copy, 'infra/cli/main.ts'), 'start'],
    });
    await start.until('it synthesizes', () => /^Synthesizing /m.test(start.stdout));

    start.interrupt();
    const { code } = await start.ended();

    assert.deepEqual([code, start.stderr], [130, '']);
    assert.deepEqual([start.left(), start.remains()], [[], []]);
  });
});

/** Empty where it has ended meanwhile. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
