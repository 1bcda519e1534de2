import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Child } from '../../infra/local/children.ts';
import { Seeded } from '../../infra/local/seeded.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import { Processes, Work } from './scene.ts';

const [pollers, ledger, rollup] = ['pollers of g', 'ledger of g', 'rollup r'] as const;
const poller: Child = { role: 'poller', group: 'billing-service', name: 'poller 1', pid: 4_711 };

function aScene(t: TestContext, children: readonly Child[] = [poller]) {
  const ending = new AbortController();
  const signals: string[] = [];
  t.mock.method(process, 'kill', (pid: number, name: string) => signals.push(`${name} ${pid}`) > 0);
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const random = new Seeded(7);
  const work = new Work(events, ending.signal);
  const processes = new Processes({ list: () => [...children] }, { events, random, work });
  return { processes, work, events, signals, end: () => ending.abort() };
}

describe('signals of a proof', () => {
  it('go to processes of the localRuntime alone, and are written down', (t) => {
    const { processes, events, signals } = aScene(t);

    processes.kill(poller, 'at any time');
    processes.kill({ ...poller, pid: 1 }, 'never');
    processes.kill(undefined, 'never');

    assert.deepEqual(signals, ['SIGKILL 4711']);
    assert.deepEqual(events.counts(), { 'killed: poller': 1 });
  });

  it('wake up what they froze, at the latest when the faults end', async (t) => {
    const { processes, signals, end } = aScene(t);

    const frozen = processes.freeze(poller, 60_000);
    assert.deepEqual(signals, ['SIGSTOP 4711']);
    end();
    await frozen;

    assert.deepEqual(signals, ['SIGSTOP 4711', 'SIGCONT 4711']);
  });
});

describe('work of a proof', () => {
  it('that needs something alone is not begun while other work has it, unless it may wait', async (t) => {
    const { work } = aScene(t);
    const done: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = work.alone([pollers, ledger], () => promise);

    await work.alone([ledger, rollup], async () => void done.push('not'));
    assert.ok(work.isLocked(pollers) && !work.isLocked(rollup));
    const patient = work.alone([ledger], async () => void done.push('later'), 60_000);
    resolve();
    await Promise.all([first, patient]);

    assert.deepEqual(done, ['later']);
    assert.ok(!work.isLocked(pollers) && !work.isLocked(ledger));
  });

  it('is waited for, and a failure of it is written down and holds up nothing', async (t) => {
    const { work, events } = aScene(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    work.begin('redrive', promise);
    work.begin('deploy', Promise.reject(new Error('no broker')));

    assert.equal(await work.ended(['redrive'], 0), false);
    assert.equal(await work.ended(['replay'], 0), true);
    resolve();
    await work.allEnded();

    assert.equal(events.count('action failed'), 1);
    assert.equal(await work.ended(['redrive', 'deploy'], 0), true);
  });

  it('that may not meet the auditor comes before or after him', async (t) => {
    const { work } = aScene(t);
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();

    const reading = work.readAlone(async () => {
      await promise;
      order.push('read');
      throw new Error('no table');
    });
    const removing = work.readAlone(async () => void order.push('removed'));
    resolve();

    await assert.rejects(reading, /no table/);
    await removing;
    assert.deepEqual(order, ['read', 'removed']);
  });
});
