import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Child } from '../../infra/local/children.ts';
import type { LocalRuntime } from '../../infra/local/local-runtime.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import { findOwner, mayDiscard, Rebalances, signalSandbox } from './runtime.ts';

const mapping = { id: 'm', groupId: 'billing-service', topic: 'ad_clicks' };

/** A group of which the members say whatever the test lets them. */
function aGroup(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const said = { generation: -1, owners: [] as (number | undefined)[] };
  const localRuntime = {
    plan: { mappings: [mapping] },
    pollersOf: () => said,
    owned: () => new Map(said.owners.map((poller, partition) => [partition, { poller }])),
  } as unknown as LocalRuntime;
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const rebalances = new Rebalances(localRuntime, events);
  t.after(() => rebalances.stop());
  const say = (generation: number, ...owners: (number | undefined)[]) => {
    Object.assign(said, { generation, owners });
    t.mock.timers.tick(100);
  };
  return { rebalances, events, say };
}

describe('rebalances', () => {
  it('are as many as generations have come since the first that was heard of', (t) => {
    const { rebalances, say } = aGroup(t);
    say(-1);
    say(3, 1);
    assert.equal(rebalances.count, 0);

    say(4, 1);
    say(4, 1);
    say(7, 1);

    assert.equal(rebalances.count, 4);
  });

  it('are counted on where a group was forgotten and begins again', (t) => {
    const { rebalances, say } = aGroup(t);
    say(5, 1);
    say(6, 1);
    say(1, 1);
    say(2, 1);

    assert.equal(rebalances.count, 2);
  });

  it('move a partition when another member has it, not while nobody has', (t) => {
    const { rebalances, events, say } = aGroup(t);
    say(1, 1, 1);
    say(2, 1, undefined);
    say(3, 1, 1);
    assert.equal(rebalances.moved, 0);

    say(4, 1, 2);
    say(5, 1, 1);

    assert.equal(rebalances.moved, 1);
    assert.equal(events.count('partition moved'), 2);
  });
});

const children: Child[] = [
  { role: 'poller', group: 'billing-service', name: 'poller 1', pid: 11 },
  { role: 'poller', group: 'billing-service', name: 'poller 2', pid: 12 },
  { role: 'poller', group: 'fraud-service', name: 'poller 2', pid: 22 },
  { role: 'function', group: 'billing-service', name: 'handler', pid: 31 },
];
const localRuntime = {
  plan: { mappings: [{ groupId: 'billing-service' }, { groupId: 'fraud-service' }] },
  children: { list: () => children },
  owned: () => new Map([[1, { poller: 2, committed: 7 }]]),
} as unknown as LocalRuntime;

describe('the owner of a journal', () => {
  it('is the poller of its group that has the partition', () => {
    const ownerOf = (group: string, journal: string) => findOwner(localRuntime, group, journal)?.pid;

    assert.equal(ownerOf('billing-service', 'ad_clicks@1#1'), 12);
    assert.equal(ownerOf('fraud-service', 'ad_clicks@1#1'), 22);
    assert.equal(ownerOf('billing-service', 'ad_clicks@1#0'), undefined);
    assert.equal(ownerOf('nobody', 'ad_clicks@1#1'), undefined);
  });
});

describe('a signal to a sandbox', () => {
  function signalled(t: TestContext, send: (...given: unknown[]) => unknown) {
    t.mock.method(process, 'kill', send);
    const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
    signalSandbox(children, 'pid-31', 'SIGKILL', 'killed-after-reply', events);
    signalSandbox(children, 'pid-31', 'SIGCONT', 'frozen', events);
    signalSandbox(children, 'pid-11', 'SIGKILL', 'killed-after-reply', events);
    signalSandbox(children, 'pid-99', 'SIGKILL', 'killed-after-reply', events);
    return events.counts();
  }

  it('goes to a function of the localRuntime alone, and is counted by its point', (t) => {
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

const endless = { retryAttempts: -1, maxAgeSeconds: -1, destination: undefined } as PlannedMapping;

describe('a mapping', () => {
  it('without any end to its retries passes over nothing', () => {
    assert.equal(mayDiscard(endless), false);
  });

  for (const end of [{ retryAttempts: 0 }, { maxAgeSeconds: 60 }, { destination: 'arn:aws:s3:::bucket' }])
    it(`with ${JSON.stringify(end)} may discard`, () => {
      assert.equal(mayDiscard({ ...endless, ...end }), true);
    });
});
