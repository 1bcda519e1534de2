import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Ground } from '../../infra/local/local-runtime.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Events } from './events.ts';
import { Rebalances } from './rebalances.ts';

const mapping = { id: 'm', groupId: 'billing-service', topic: 'ad_clicks' };

/** A group of which the members say whatever the test lets them. */
function aGroup(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const said = { generation: -1, owners: [] as (number | undefined)[] };
  const ground = {
    plan: { mappings: [mapping] },
    pollersOf: () => said,
    owned: () => new Map(said.owners.map((poller, partition) => [partition, { poller }])),
  } as unknown as Ground;
  const events = new Events(join(temporaryFolder(t), 'events.jsonl'));
  const rebalances = new Rebalances(ground, events);
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
    assert.equal(events.count('moved'), 2);
  });
});
