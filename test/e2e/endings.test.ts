/** However `npm start` ends, it ends soon, and nothing that it started stays behind. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { processesOf } from '../support/processes-of.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder, root } from '../support/runtime-folder.ts';
import { until } from '../support/until.ts';

const GONE_WITHIN_MS = 60_000;
const CLICKS_FOR_LONG = ['--clicks', '1000000', '--rate', '2000'];

async function aStart(t: TestContext, given: readonly string[]): Promise<RunningStart> {
  return new RunningStart({ folder: await furnished(prepareRuntimeFolder(t)), given });
}

/** Functions are invoked, so every kind of process runs. */
async function flowing(start: RunningStart): Promise<void> {
  await start.running();
  await start.until('both functions run', () =>
    ['billing-service', 'fraud-service'].every((group) => start.pids('function', group).length > 0),
  );
}

function gone(start: RunningStart): Promise<void> {
  return until('all its processes have ended', () => start.left().length === 0, GONE_WITHIN_MS);
}

describe('npm start ends', { timeout: 600_000 }, () => {
  it('at Ctrl-C while its servers start, which it stops again', async (t) => {
    const start = await aStart(t, CLICKS_FOR_LONG);
    const jvms = () => processesOf(start.folder).filter(({ text }) => text.includes('Launcher'));
    await start.until('a server is on its way', () => jvms().length > 0);
    assert.equal(start.runFile(), undefined, 'not all of it runs yet');

    start.signal(start.process.pid, 'SIGINT');
    const { code } = await start.ended(GONE_WITHIN_MS);

    assert.equal(code, 0);
    assert.equal(start.stderr, '');
    assert.deepEqual(start.left(), []);
    assert.deepEqual(start.remains(), []);
  });

  it('at Ctrl-C while clicks flow, with the code of a run that was interrupted', async (t) => {
    const start = await aStart(t, [...CLICKS_FOR_LONG, '--exit']);
    await flowing(start);
    const found = new Set(processesOf(start.folder).map(({ pid }) => pid));
    const unknown = (start.runFile()?.children ?? []).filter(({ pid }) => !found.has(pid));
    assert.deepEqual(unknown, [], 'from outside every process of the localRuntime is found');

    start.signal(start.process.pid, 'SIGINT');
    const { code } = await start.ended(GONE_WITHIN_MS);

    assert.equal(code, 130);
    assert.equal(start.stderr, '');
    assert.equal(start.lastLine(), 'Stopping …');
    assert.deepEqual(start.left(), []);
    assert.deepEqual(start.remains(), []);
  });

  it('with all its processes when it is killed itself, and the next start in the folder goes on', async (t) => {
    const start = await aStart(t, CLICKS_FOR_LONG);
    await flowing(start);

    start.signal(start.process.pid, 'SIGKILL');
    await gone(start);
    const next = new RunningStart({ folder: start.folder, given: ['--clicks', '1000', '--exit', '--keep'] });
    const { code } = await next.ended();

    assert.equal(code, 0, next.stderr);
    assert.equal(JSON.parse(next.lastLine()).exact, true);
    assert.deepEqual(next.remains(), []);
  });

  it('when npm, which started it, is killed', async (t) => {
    const folder = await furnished(prepareRuntimeFolder(t));
    const start = new RunningStart({ folder, command: ['npm', 'start', '--'], given: CLICKS_FOR_LONG });
    await flowing(start);

    start.signal(start.process.pid, 'SIGKILL');
    await gone(start);

    assert.deepEqual(start.remains(), []);
  });

  it('at once where another runs in the folder, which goes on until SIGTERM', async (t) => {
    const first = await aStart(t, CLICKS_FOR_LONG);
    const { pid } = await first.running();

    const second = new RunningStart({ folder: first.folder, given: ['--clicks', '5'] });
    const refused = await second.ended(GONE_WITHIN_MS);
    await flowing(first);
    first.signal(pid, 'SIGTERM');
    const { code } = await first.ended(GONE_WITHIN_MS);

    assert.equal(refused.code, 2);
    assert.equal(second.stdout, '');
    assert.ok(
      second.stderr.startsWith(
        `clickledger: a local runtime already runs in ${first.folder} (pid ${pid}): stop it with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER; `,
      ),
      second.stderr,
    );
    assert.equal(code, 0);
    assert.equal(first.stderr, '');
    assert.deepEqual(first.left(), []);
    assert.deepEqual(first.remains(), []);
  });

  it('when nobody reads what it prints any more, as in `npm start | head -1`', async (t) => {
    const folder = await furnished(prepareRuntimeFolder(t));
    const piped = `"$0" "$1" "$2" --clicks 1000000 --rate 2000 | head -1`;
    const start = new RunningStart({
      folder,
      command: ['/bin/sh', '-c', piped, process.execPath, join(root, 'infra/cli/main.ts'), 'start'],
    });

    await start.ended(60_000);
    await gone(start);

    assert.equal(start.stdout.split('\n').length, 2, start.stdout);
    assert.equal(start.stderr, '');
    assert.deepEqual(start.remains(), []);
  });
});
