import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Child } from '../../infra/local/children.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import { killOwner, signalSandbox } from './signals.ts';

const children: Child[] = [
  { role: 'poller', group: 'billing-service', name: 'poller 1', pid: 11 },
  { role: 'poller', group: 'billing-service', name: 'poller 2', pid: 12 },
  { role: 'poller', group: 'fraud-service', name: 'poller 2', pid: 22 },
  { role: 'function', group: 'billing-service', name: 'handler', pid: 31 },
];
const ground = {
  plan: { mappings: [{ groupId: 'billing-service' }, { groupId: 'fraud-service' }] },
  children: { list: () => children },
  owned: () => new Map([[1, { poller: 2, committed: 7 }]]),
} as unknown as Ground;

describe('the owner of a journal', () => {
  it('is the poller of its group that has the partition', () => {
    const killed: (number | undefined)[] = [];
    const kill = (child: Child | undefined) => killed.push(child?.pid);

    killOwner(ground, 'billing-service', 'ad_clicks@1#1', kill);
    killOwner(ground, 'fraud-service', 'ad_clicks@1#1', kill);
    killOwner(ground, 'billing-service', 'ad_clicks@1#0', kill);
    killOwner(ground, 'nobody', 'ad_clicks@1#1', kill);

    assert.deepEqual(killed, [12, 22, undefined]);
  });
});

describe('a signal to a sandbox', () => {
  function signalled(t: TestContext, send: (...given: unknown[]) => unknown) {
    t.mock.method(process, 'kill', send);
    const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
    signalSandbox(ground, 'pid-31', 'SIGKILL', 'killed-after-reply', events);
    signalSandbox(ground, 'pid-31', 'SIGCONT', 'frozen', events);
    signalSandbox(ground, 'pid-11', 'SIGKILL', 'killed-after-reply', events);
    signalSandbox(ground, 'pid-99', 'SIGKILL', 'killed-after-reply', events);
    return events.counts();
  }

  it('goes to a function of the ground alone, and is counted by its point', (t) => {
    const sent: unknown[][] = [];

    const counts = signalled(t, (...given) => sent.push(given) > 0);

    assert.deepEqual(sent, [
      [31, 'SIGKILL'],
      [31, 'SIGCONT'],
    ]);
    assert.deepEqual(counts, { 'function killed-after-reply': 1, 'killed: function': 1 });
  });

  it('is counted only where it came through', (t) => {
    const counts = signalled(t, () => {
      throw new Error('ESRCH');
    });

    assert.deepEqual(counts, {});
  });
});
