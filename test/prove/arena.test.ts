import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Child } from '../../infra/local/children.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Arena } from './arena.ts';
import { Events } from './events.ts';
import type { RequestFaults } from './request-faults.ts';

const poller: Child = { role: 'poller', group: 'billing-service', name: 'poller 1', pid: 4_711 };

function anArena(t: TestContext, children: readonly Child[] = [poller]) {
  const ending = new AbortController();
  const signals: string[] = [];
  t.mock.method(process, 'kill', (pid: number, name: string) => signals.push(`${name} ${pid}`) > 0);
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const arena = new Arena({
    ground: { children: { list: () => [...children] } } as unknown as Ground,
    faults: {} as RequestFaults,
    random: new Seeded(7),
    events,
    until: ending.signal,
  });
  return { arena, events, signals, end: () => ending.abort() };
}

describe('signals of a proof', () => {
  it('go to processes of the ground alone, and are written down', (t) => {
    const { arena, events, signals } = anArena(t);

    arena.kill(poller, 'at any time');
    arena.kill({ ...poller, pid: 1 }, 'never');
    arena.kill(undefined, 'never');

    assert.deepEqual(signals, ['SIGKILL 4711']);
    assert.deepEqual(events.counts(), { 'killed: poller': 1 });
  });

  it('wake up what they froze, at the latest when the faults end', async (t) => {
    const { arena, signals, end } = anArena(t);

    const frozen = arena.freeze(poller, 60_000);
    assert.deepEqual(signals, ['SIGSTOP 4711']);
    end();
    await frozen;

    assert.deepEqual(signals, ['SIGSTOP 4711', 'SIGCONT 4711']);
  });
});

describe('work of a proof', () => {
  it('that needs something alone is not begun while other work has it, unless it may wait', async (t) => {
    const { arena } = anArena(t);
    const done: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = arena.alone(['a', 'b'], () => promise);

    await arena.alone(['b', 'c'], async () => void done.push('not'));
    assert.ok(arena.isAlone('a') && !arena.isAlone('c'));
    const patient = arena.alone(['b'], async () => void done.push('later'), 60_000);
    resolve();
    await Promise.all([first, patient]);

    assert.deepEqual(done, ['later']);
    assert.ok(!arena.isAlone('a') && !arena.isAlone('b'));
  });

  it('is waited for, and a failure of it is written down and holds up nothing', async (t) => {
    const { arena, events } = anArena(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    arena.aside('slow', promise);
    arena.aside('broken', Promise.reject(new Error('no broker')));

    assert.equal(await arena.ended(['slow'], 0), false);
    assert.equal(await arena.ended(['other'], 0), true);
    resolve();
    await arena.settled();

    assert.equal(events.count('an action failed'), 1);
    assert.equal(await arena.ended(['slow', 'broken'], 0), true);
  });

  it('that may not meet the auditor comes before or after him', async (t) => {
    const { arena } = anArena(t);
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();

    const reading = arena.readingAlone(async () => {
      await promise;
      order.push('read');
      throw new Error('no table');
    });
    const removing = arena.readingAlone(async () => void order.push('removed'));
    resolve();

    await assert.rejects(reading, /no table/);
    await removing;
    assert.deepEqual(order, ['read', 'removed']);
  });
});
