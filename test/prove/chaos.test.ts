import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Seeded } from '../../infra/local/seeded.ts';
import type { Arena } from './arena.ts';
import { Chaos, type ChaosParts } from './chaos.ts';
import { profile, someEvents } from './proofs.ts';

const ACTIONS = 400;

/** What a chaos does, in order, on a ground where nothing comes of it. */
async function actionsOf(
  t: Parameters<typeof someEvents>[0],
  overdue: ChaosParts['overdue'],
): Promise<string[]> {
  const begun: string[] = [];
  const ending = new AbortController();
  const events = someEvents(t, []);
  const arena = {
    random: new Seeded(7),
    events,
    until: ending.signal,
    aside(name: string, work: Promise<unknown>) {
      work.catch(() => {});
      if (begun.push(name) === ACTIONS) ending.abort();
    },
    wait: async () => events.add('committed'),
    settled: async () => {},
    one: () => undefined,
    kill: () => {},
    freeze: async () => {},
    alone: async () => {},
    isAlone: () => true,
    mapping: () => ({ groupId: 'billing-service' }),
    faults: { throttle: () => {} },
    ground: {
      children: { list: () => [] },
      plan: { schedules: [] },
      pollersOf: () => ({ count: 1, add: () => {}, remove: async () => {} }),
    },
  } as unknown as Arena;
  const load = { poison: { send: async () => {} }, addPartition: async () => {} };
  const parts = { load, operated: {}, releases: undefined, overdue } as unknown as ChaosParts;
  await new Chaos(arena, profile, parts).run();
  return begun;
}

const share = (begun: readonly string[], name: string) =>
  begun.filter((each) => each === name).length / begun.length;

describe('the chaos of a proof', () => {
  it('does everything once before it leaves the rest to chance', async (t) => {
    const begun = await actionsOf(t, () => []);

    assert.equal(new Set(begun.slice(0, 46)).size, 23);
    assert.ok(share(begun, 'killFunction') > share(begun, 'redrive'));
  });

  it('brings on what is overdue, and goes on with all the rest', async (t) => {
    const usual = await actionsOf(t, () => []);
    const begun = await actionsOf(t, () => ['redrives']);

    assert.ok(share(usual, 'redrive') < 0.1);
    assert.ok(share(begun, 'redrive') >= 0.4);
    assert.equal(new Set(begun).size, 23);
  });

  it('leaves to chance what only requests can meet', async (t) => {
    const begun = await actionsOf(t, () => ['repliesLost']);

    assert.deepEqual(begun, await actionsOf(t, () => []));
  });
});
