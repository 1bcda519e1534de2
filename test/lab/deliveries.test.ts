import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deliveries, fewestMoves, movedBetween } from './deliveries.ts';

const arrival = (member: number, partition: number, offset: number, at: number) => ({
  member,
  partition,
  offset,
  at,
});

describe('what the members of the lab were delivered', () => {
  it('tells how long each partition paused, and what came a second time', () => {
    const deliveries = new Deliveries(2, 0);
    deliveries.take(arrival(1, 0, 0, 100));
    deliveries.take(arrival(1, 1, 0, 100));
    deliveries.begin();
    deliveries.take(arrival(1, 1, 1, 150));
    deliveries.take(arrival(2, 0, 0, 900));
    deliveries.take(arrival(2, 0, 1, 1_000));

    assert.deepEqual(deliveries.pausesMs(1_010), [900, 860]);
    assert.equal(deliveries.redelivered, 1);
    assert.deepEqual(deliveries.owners(), [2, 1]);
  });

  it('is settled when everything flows, evenly, to those who are there', () => {
    const deliveries = new Deliveries(3, 0);
    assert.equal(deliveries.isSettled([1, 2], 10, 1_000), false);

    for (const [member, partition] of [
      [1, 0],
      [1, 1],
      [2, 2],
    ] as const)
      deliveries.take(arrival(member, partition, 0, 100));

    assert.equal(deliveries.isSettled([1, 2], 500, 1_000), true);
    assert.equal(deliveries.isSettled([1, 2], 1_500, 1_000), false, 'nothing has come for too long');
    assert.equal(deliveries.isSettled([1], 500, 1_000), false, 'one is read by somebody who has gone');
    assert.equal(deliveries.isSettled([1, 2, 3], 500, 1_000), false, 'one has nothing, another two');
  });

  it('moves are counted against the fewest that had to be', () => {
    assert.equal(movedBetween([1, 1, 2, 2], [1, 2, 2, 1]), 2);
    assert.equal(fewestMoves([1, 1, 2, 2], [1, 2, 3]), 1);
    assert.equal(fewestMoves([1, 1, 2, 2], [2]), 2);
    assert.equal(fewestMoves([1, 1, 2, 2], [1, 2]), 0);
  });
});
