import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FetchedRecord } from '../../../../infra/local/mapping/kafka-event.ts';
import { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';

const ENOUGH = 1_000_000_000;

function fetched(first: number, count: number, textLength = 10): FetchedRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: first + i,
    timestamp: 1,
    text: 'x'.repeat(textLength),
  }));
}

const offsets = (records: readonly FetchedRecord[]) => records.map(({ offset }) => offset);

describe('the queue of a partition', () => {
  it('is labelled as in the event, topic first', () => {
    assert.equal(new PartitionQueue('a-b.c', 12, 0, undefined).label, 'a-b.c-12');
  });

  it('gives its records in log order, each once (I5)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.record({ push: fc.nat(9) }), fc.record({ take: fc.nat(12) }))),
        (steps) => {
          const queue = new PartitionQueue('t', 0, 0, undefined);
          const given: number[] = [];
          for (const step of steps) {
            if ('push' in step) queue.push(fetched(queue.position, step.push), queue.position + step.push);
            else given.push(...offsets(queue.take(step.take, ENOUGH, true)));
            assert.equal(queue.waiting, queue.position - given.length);
            assert.equal(queue.waitingBytes, queue.waiting * 11);
          }
          given.push(...offsets(queue.take(ENOUGH, ENOUGH, true)));
          assert.deepEqual(
            given,
            Array.from({ length: queue.position }, (_, i) => i),
          );
        },
      ),
    );
  });

  it('continues after offsets that hold no record', () => {
    const queue = new PartitionQueue('t', 0, 4, 4);

    queue.push([], 6);
    queue.push(fetched(8, 1), 12);

    assert.equal(queue.position, 12);
    assert.deepEqual(offsets(queue.take(9, ENOUGH, true)), [8]);
  });

  it('tells the lowest offset that is not resolved: in flight, else waiting, else where it reads on', () => {
    const queue = new PartitionQueue('t', 0, 4, undefined);
    assert.deepEqual(
      [queue.lowestUnresolved, queue.inFlight, queue.start, queue.leaderEpoch],
      [4, false, 4, -1],
    );

    queue.push(fetched(6, 2), 9);
    queue.windowFrom = 17;
    assert.deepEqual([queue.lowestUnresolved, queue.position], [6, 9]);
    queue.take(1, ENOUGH, true);
    assert.deepEqual([queue.lowestUnresolved, queue.windowFrom], [7, undefined]);
    queue.openFrom = 6;
    assert.deepEqual([queue.lowestUnresolved, queue.inFlight], [6, true]);
    queue.openFrom = undefined;
    queue.take(1, ENOUGH, true);
    assert.deepEqual([queue.lowestUnresolved, queue.inFlight, queue.start], [9, false, 4]);
  });

  const limits: [why: string, recordsMax: number, bytesMax: number, first: boolean, taken: number][] = [
    ['the limit of records', 2, ENOUGH, true, 2],
    ['the limit of bytes, a comma for each record counted', 9, 33, true, 3],
    ['one byte too few for the third', 9, 32, true, 2],
    ['a record above the limit is taken alone, or it would never go', 9, 5, true, 1],
    ['a record above the limit waits where something is taken already', 9, 5, false, 0],
    ['no bytes left', 9, -20, false, 0],
    ['no records asked for', 0, ENOUGH, true, 0],
  ];
  for (const [why, recordsMax, bytesMax, first, taken] of limits)
    it(`takes up to both limits: ${why}`, () => {
      const queue = new PartitionQueue('t', 0, 0, undefined);
      queue.push(fetched(0, 5), 5);

      const given = queue.take(recordsMax, bytesMax, first);

      assert.equal(given.length, taken);
      assert.equal(queue.waiting, 5 - taken);
      assert.equal(queue.waitingBytes, (5 - taken) * 11);
    });

  it('keeps order and count when it drops many delivered records at once', () => {
    const queue = new PartitionQueue('t', 0, 0, undefined);
    queue.push(fetched(0, 120_000, 1), 120_000);

    const given = [60_000, 30_000, 25_000, 10_000].flatMap((count) =>
      offsets(queue.take(count, ENOUGH, true)),
    );

    assert.ok(given.every((offset, i) => offset === i));
    assert.equal(given.length, 120_000);
    assert.equal(queue.waiting, 0);
    assert.equal(queue.waitingBytes, 0);
  });
});
