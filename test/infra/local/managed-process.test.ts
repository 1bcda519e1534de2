import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Children } from '../../../infra/local/children.ts';
import {
  FRUITLESS_STARTS_MAX,
  ManagedProcess,
  type ManagedProcessOptions,
} from '../../../infra/local/managed-process.ts';
import { isAlive } from '../../support/pids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

interface Managed {
  readonly process: ManagedProcess<string, unknown>;
  readonly children: Children;
  readonly heard: unknown[];
  readonly lines: string[];
  readonly restarts: string[];
  readonly exhausted: string[];
  readonly closed: (string | undefined)[][];
}

/** A process of this program, which is told `{ n: 1 }`, `{ n: 2 }` … at its starts. */
function managed(
  t: TestContext,
  program: string,
  { keepAlive, ...options }: Partial<ManagedProcessOptions<unknown>> & { isDone?: () => boolean } = {},
  alive = false,
): Managed {
  const file = join(temporaryFolder(t), 'program.mjs');
  writeFileSync(file, program);
  const children = new Children();
  const at = {
    heard: [] as unknown[],
    lines: [] as string[],
    restarts: [] as string[],
    exhausted: [] as string[],
    closed: [] as (string | undefined)[][],
  };
  let n = 0;
  const process = new ManagedProcess<string, unknown>({
    file,
    argument: () => ({ n: ++n }),
    listed: { child: { role: 'poller', name: 'p' }, children },
    writeLine: (line) => at.lines.push(line),
    hear: (message) => at.heard.push(message),
    closed: (...end) => at.closed.push(end),
    ...(alive && {
      keepAlive: {
        name: 'the program',
        pauseMs: 1,
        restarting: (said) => at.restarts.push(said),
        exhausted: (said) => at.exhausted.push(said),
        ...keepAlive,
      },
    }),
    ...options,
  });
  t.after(() => {
    process.disconnect();
    children.killAll();
  });
  return { process, children, ...at };
}

const ECHO = `
  process.on('message', (message) => { if (message === 'stop') process.exit(0); process.send(message); });
  process.on('disconnect', () => process.exit(0));
  process.send(JSON.parse(process.argv[2]));
`;

describe('a managed process', { timeout: 60_000 }, () => {
  it('gets its argument, is listed while it runs, and exchanges messages both ways', async (t) => {
    const { process, children, heard, closed } = managed(t, ECHO);
    await until('it has spoken', () => heard.length === 1);
    assert.deepEqual(children.list(), [{ role: 'poller', name: 'p', pid: process.pid }]);
    process.send('hello');
    await until('it has answered', () => heard.length === 2);
    assert.deepEqual(heard, [{ n: 1 }, 'hello']);

    await process.stop('stop', 60_000);

    assert.deepEqual([children.list(), process.pid, process.connected], [[], undefined, false]);
    await until('it is closed', () => closed.length === 1);
    assert.deepEqual(closed, [['0', undefined]]);
    process.send('into the void');
    assert.equal(process.kill(), false);
  });

  it('has each line of its output logged, and its last words reported', async (t) => {
    const { lines, closed } = managed(
      t,
      "console.log('one\\ntwo'); console.error('three'); process.exitCode = 7; process.disconnect();",
    );
    await until('it is closed', () => closed.length === 1);
    assert.deepEqual(lines.toSorted(), ['one', 'three', 'two']);
    assert.deepEqual(closed, [['7', 'three']]);
  });

  it('is killed if it does not end when asked', async (t) => {
    const { process, heard, closed } = managed(t, 'process.send(1); setInterval(() => {}, 1e6);');
    await until('it runs', () => heard.length === 1);
    const pid = process.pid as number;
    await process.stop('stop', 50);
    assert.equal(isAlive(pid), false);
    await until('it is closed', () => closed.length === 1);
    assert.equal(closed[0]?.[0], 'SIGKILL');
  });

  it('crashes without a word, and has ended when that resolves', async (t) => {
    const { process, heard, children } = managed(t, ECHO);
    await until('it has spoken', () => heard.length === 1);
    await process.crash();
    assert.deepEqual([heard.length, process.pid, children.list()], [1, undefined, []]);
    await process.crash();
  });

  it('is restarted with a new argument after each kill, but not after a stop or a kill for good', async (t) => {
    const { process, heard, restarts } = managed(t, ECHO, {}, true);
    for (let n = 1; n <= FRUITLESS_STARTS_MAX + 2; n++) {
      await until(`start ${n}`, () => heard.length === n);
      process.cameUp();
      assert.equal(process.kill(), true);
    }
    assert.deepEqual(heard.at(-1), { n: heard.length });
    assert.match(restarts[0] ?? '', /^the program \(pid \d+\) ended with SIGKILL; another one starts$/);
    await until('one more', () => process.connected);
    const started = heard.length + 1;
    await until('it has spoken', () => heard.length === started);
    process.kill({ forGood: true });
    await until('it is gone', () => process.pid === undefined);
    const second = managed(t, ECHO, {}, true);
    await until('another has spoken', () => second.heard.length === 1);
    await second.process.stop('stop', 60_000);
    await until('both are closed', () => second.closed.length === 1);
    assert.deepEqual([heard.length, second.heard.length, second.restarts], [started, 1, []]);
  });

  it('is started a bounded number of times if it never comes up, and reported with its last line', async (t) => {
    const { process, restarts, exhausted, children } = managed(t, "throw new Error('no table');", {}, true);
    await until('it is reported', () => exhausted.length > 0, 30_000);
    assert.deepEqual(exhausted, [
      `the program ended ${FRUITLESS_STARTS_MAX} times before it came up, and is not started again; its last line: Error: no table`,
    ]);
    assert.equal(restarts.length, FRUITLESS_STARTS_MAX - 1);
    assert.deepEqual([process.pid, children.list()], [undefined, []]);
  });

  it('may report its last line by message, if its standard error is silent', async (t) => {
    const silent = managed(t, "process.send('why'); process.exitCode = 1; process.disconnect();", {}, true);
    silent.process.noteLine('the broker is away');
    await until('it is reported', () => silent.exhausted.length > 0, 30_000);
    assert.match(silent.exhausted[0] ?? '', /its last line: the broker is away$/);
  });

  it('is not restarted when its work is done', async (t) => {
    let done = false;
    const keepAlive = { name: 'it', pauseMs: 1, isDone: () => done, exhausted: assert.fail };
    const { heard, closed } = managed(t, 'process.send(1); process.disconnect();', { keepAlive }, true);
    await until('it is started again', () => heard.length > 1);
    done = true;
    const started = closed.length;
    await until('the last is closed', () => closed.length > started || closed.length === heard.length);
    const heardThen = heard.length;
    await until('nothing more comes', () => closed.length === heard.length);
    assert.ok(heard.length - heardThen <= 1);
  });
});
