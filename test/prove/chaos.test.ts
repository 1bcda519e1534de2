import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Seeded } from '../../infra/local/seeded.ts';
import type { Actions } from './actions.ts';
import { type Chaos, causeFaults } from './chaos.ts';
import { actionWeights } from './profile.ts';

const ACTIONS = 400;
const names = Object.keys(actionWeights);

/** Which actions begin, in order, where none of them does anything. */
async function listActions(overdue: Chaos['overdue']): Promise<string[]> {
  const begun: string[] = [];
  const ending = new AbortController();
  let committed = 0;
  const actions = Object.fromEntries(names.map((name) => [name, async () => {}])) as Actions;
  const work: Chaos['work'] = {
    until: ending.signal,
    begin(name) {
      if (begun.push(name) === ACTIONS) ending.abort();
    },
    async wait() {
      committed += 1;
    },
    allEnded: async () => {},
  };
  await causeFaults({ actions, work, random: new Seeded(7), events: { count: () => committed }, overdue });
  return begun;
}

const share = (begun: readonly string[], name: string) =>
  begun.filter((each) => each === name).length / begun.length;

describe('the faults of a proof', () => {
  it('each happen once before the rest is left to chance', async () => {
    const begun = await listActions(() => []);

    assert.deepEqual([...new Set(begun.slice(0, 2 * names.length))].sort(), names.toSorted());
    assert.ok(share(begun, 'killFunction') > share(begun, 'redrive'));
  });

  it('are what is overdue more often, and all the others still', async () => {
    const usual = await listActions(() => []);
    const begun = await listActions(() => ['redrives']);

    assert.ok(share(usual, 'redrive') < 0.1);
    assert.ok(share(begun, 'redrive') >= 0.4);
    assert.deepEqual([...new Set(begun)].sort(), names.toSorted());
  });

  it('are left to chance where only requests can meet what is overdue', async () => {
    const begun = await listActions(() => ['repliesLost']);

    assert.deepEqual(begun, await listActions(() => []));
  });
});
