import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lockRuntime } from '../../../infra/local/runtime-lock.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const RIVAL = join(import.meta.dirname, '../../support/lock-rival.ts');
const RIVALS = 6;
const ROUNDS = 60;

/** Of a process that has just ended. */
async function deadPid(): Promise<number> {
  const child = fork('-e', ['0'], { execArgv: [], stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? Number.NaN;
}

async function rivals(): Promise<ChildProcess[]> {
  const children = Array.from({ length: RIVALS }, () => fork(RIVAL));
  await Promise.all(children.map((child) => once(child, 'message')));
  return children;
}

type Attempt = { readonly got: boolean; readonly refused?: string; readonly broke?: string };

/** All of them try for the lock at the same moment and keep it. */
async function race(children: readonly ChildProcess[], folder: string): Promise<Attempt[]> {
  const at = Date.now() + 8;
  return Promise.all(
    children.map(async (child) => {
      child.send({ folder, at });
      const [attempt] = await once(child, 'message');
      return attempt as Attempt;
    }),
  );
}

/** As a localRuntime that was killed would. */
function leaveBehind(folder: string, holder: string): void {
  lockRuntime(folder);
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), holder);
}

/** The pids in the files of a lock; none where it is free. */
function holders(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8').split(' ')[0] ?? '')
    .filter((text) => text !== '');
}

describe('the lock of a local runtime', { timeout: 120_000 }, () => {
  it('names its holder, and nobody after its release', (t) => {
    const folder = join(temporaryFolder(t), 'made');
    const unlock = lockRuntime(folder);
    const held = holders(folder);

    unlock();

    assert.deepEqual(held, [String(process.pid)]);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(holders(folder), []);
  });

  it('of a running process is refused with folder and pid, and stays', (t) => {
    const folder = temporaryFolder(t);
    const unlock = lockRuntime(folder);

    assert.throws(
      () => lockRuntime(folder),
      (error: unknown) =>
        error instanceof UserError &&
        error.message ===
          `a local runtime already runs in ${folder} (pid ${process.pid}): stop it with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER; if process ${process.pid} is not a Clickledger process, remove ${join(folder, 'runtime.lock.1')}`,
    );
    assert.deepEqual(holders(folder), [String(process.pid)]);
    unlock();
    lockRuntime(folder)();
  });

  it('is taken over if another process now has its pid', (t) => {
    const folder = temporaryFolder(t);
    leaveBehind(folder, `${process.ppid} 1`);

    const unlock = lockRuntime(folder);

    assert.deepEqual(holders(folder), [String(process.pid)]);
    unlock();
  });

  it('is not created in a folder of another user, or one that others may write in', (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o770);
    const refused = (sentence: RegExp) =>
      assert.throws(
        () => lockRuntime(folder),
        (error: unknown) => error instanceof UserError && sentence.test(error.message),
      );

    refused(
      /^others may write in \S+ \(mode 770\): run chmod 700 on it if all its content is yours, or choose another folder/,
    );
    chmodSync(folder, 0o700);
    const own = process.getuid?.() ?? 0;
    t.mock.method(process as { getuid: () => number }, 'getuid', () => own + 1);
    refused(
      /^\S+ belongs to another user \(uid \d+, yours is \d+\): choose another folder with CLICKLEDGER_FOLDER$/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  for (const [what, text] of [
    ['of a process that has ended', undefined],
    ['that is empty', ''],
    ['that is damaged', 'x'],
    ['that names no process', '-1'],
  ] as const) {
    it(`${what} is taken over`, async (t) => {
      const folder = temporaryFolder(t);
      leaveBehind(folder, text ?? String(await deadPid()));

      const unlock = lockRuntime(folder);

      assert.deepEqual(holders(folder), [String(process.pid)]);
      unlock();
      assert.deepEqual(holders(folder), []);
    });
  }

  for (const stale of [false, true]) {
    it(`goes to exactly one of many that start at once${stale ? ', after a kill' : ''}`, async (t) => {
      const children = await rivals();
      t.after(() => {
        for (const child of children) child.disconnect();
      });
      const pid = await deadPid();

      for (let round = 1; round <= ROUNDS; round++) {
        const folder = temporaryFolder(t);
        if (stale) leaveBehind(folder, String(pid));
        const attempts = await race(children, folder);

        const winners = attempts.filter(({ got }) => got);
        assert.equal(winners.length, 1, `round ${round}: ${JSON.stringify(attempts)}`);
        for (const { got, refused } of attempts)
          if (!got)
            assert.match(refused ?? '', /^a local runtime already runs in /, JSON.stringify(attempts));
        assert.equal(holders(folder).length, 1);
      }
    });
  }
});
