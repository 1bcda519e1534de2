import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { gather, isComplete, type Payload } from '../../../../infra/local/mapping/gather.ts';
import {
  buildEventPayload,
  buildFetchedRecord,
  type FetchedRecord,
  PAYLOAD_BYTES_MAX,
} from '../../../../infra/local/mapping/kafka-event.ts';
import { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';

const source = {
  arn: `arn:aws:kafka:eu-west-1:111122223333:cluster/${'c'.repeat(64)}/UUID-1`,
  bootstrap: 'b:1',
};
const never = Number.MAX_SAFE_INTEGER;

function record(partition: number, offset: number, valueBytes: number): FetchedRecord {
  const value = Buffer.alloc(valueBytes, 97);
  return buildFetchedRecord({
    topic: 'ad_clicks',
    partition,
    offset,
    timestamp: 1,
    timestampType: 'LOG_APPEND_TIME',
    key: null,
    value,
    headers: [],
  });
}

function queueOf(partition: number, count: number, valueBytes = 10): PartitionQueue {
  const queue = new PartitionQueue('ad_clicks', partition, 0, undefined);
  queue.push(
    Array.from({ length: count }, (_, offset) => record(partition, offset, valueBytes)),
    count,
  );
  return queue;
}

const shapeOf = ({ parts }: Payload) =>
  parts.map(({ queue, records }) => [queue.partition, records.map(({ offset }) => offset)]);

function bytesOf({ parts }: Payload): number {
  return buildEventPayload(source, new Map(parts.map(({ queue, records }) => [queue.label, records]))).length;
}

describe('a payload', () => {
  // AWS Lambda docs: invocation-eventsourcemapping
  const cases: [
    why: string,
    counts: number[],
    limits: { records: number; windowMs: number },
    waitedMs: number,
    complete: boolean,
  ][] = [
    ['with BatchSize records', [10], { records: 10, windowMs: never }, 0, true],
    ['with BatchSize records of several partitions', [4, 6], { records: 10, windowMs: never }, 0, true],
    ['only with all of them, not with one fewer', [4, 5], { records: 10, windowMs: never }, 0, false],
    ['when its window has passed', [1], { records: 10, windowMs: 500 }, 500, true],
    ['only when it has passed, not a moment before', [1], { records: 10, windowMs: 500 }, 499, false],
    ['at once where the window is 0', [1], { records: 10, windowMs: 0 }, 0, true],
    ['never while nothing waits', [0, 0], { records: 10, windowMs: 0 }, never, false],
  ];
  for (const [why, counts, limits, waitedMs, complete] of cases)
    it(`is complete ${why}`, () => {
      const queues = counts.map((count, partition) => queueOf(partition, count));

      assert.equal(isComplete(queues, limits, waitedMs), complete);
    });

  it('is complete with 6 MB, counted as in the event', () => {
    const limits = { records: 10_000, windowMs: never };
    // A value of 750 000 bytes is 1 000 000 in base64.
    const six = [queueOf(0, 3, 750_000), queueOf(1, 3, 750_000)];
    const seven = [queueOf(0, 3, 750_000), queueOf(1, 4, 750_000)];

    assert.equal(isComplete(six, limits, 0), false);
    assert.equal(isComplete(seven, limits, 0), true);
  });

  /** What a payload may hold of records, each counted with its comma. */
  const most = PAYLOAD_BYTES_MAX - 2_000;
  const holding = (partition: number, ...sizes: number[]) => {
    const queue = new PartitionQueue('t', partition, 0, undefined);
    const texts = sizes.map((size, offset) => ({ offset, timestamp: 1, text: 'x'.repeat(size - 1) }));
    queue.push(texts, sizes.length);
    return queue;
  };

  it('is complete with 6 MB to the byte, less 2,000 for what is around the records', () => {
    const limits = { records: 10_000, windowMs: never };

    assert.equal(isComplete([holding(0, most)], limits, 0), true);
    assert.equal(isComplete([holding(0, most - 1)], limits, 0), false);
  });

  it('leaves the window open of a partition that it takes nothing from', () => {
    const [full, other] = [queueOf(0, 3), queueOf(1, 2)];
    full.windowFrom = 1;
    other.windowFrom = 2;

    gather([full, other], { records: 3, windowMs: 0 });

    assert.deepEqual([full.windowFrom, other.windowFrom], [undefined, 2]);
  });

  it('is full to the byte, and asks nothing of a partition that it takes nothing from', () => {
    const limits = { records: 9, windowMs: 0 };
    const label = '"t-0":[],'.length;
    const taken = (...queues: PartitionQueue[]) => shapeOf(gather(queues, limits));

    assert.deepEqual(taken(holding(0, most - 7, 7)), [[0, [0, 1]]]);
    assert.deepEqual(taken(holding(0, most - 7, 8)), [[0, [0]]]);
    assert.deepEqual(taken(holding(0, 7, most - 1_000), holding(1, 993 - label)), [
      [0, [0, 1]],
      [1, [0]],
    ]);
    assert.deepEqual(taken(holding(0, 7, most - 1_000), holding(1, 994 - label)), [[0, [0, 1]]]);
    assert.deepEqual(taken(holding(0, 7, most - 1_000), holding(1, 994 - label), holding(2, 9)), [
      [0, [0, 1]],
      [2, [0]],
    ]);
  });

  it('takes the fullest partition first, and fills up from the others', () => {
    const batch = gather([queueOf(0, 2), queueOf(1, 4), queueOf(2, 3)], { records: 8, windowMs: 0 });

    assert.deepEqual(shapeOf(batch), [
      [1, [0, 1, 2, 3]],
      [2, [0, 1, 2]],
      [0, [0]],
    ]);
  });

  it('takes the lower one of two equally full partitions', () => {
    const batch = gather([queueOf(2, 2), queueOf(1, 2)], { records: 2, windowMs: 0 });

    assert.deepEqual(shapeOf(batch), [[1, [0, 1]]]);
  });

  it('leaves out empty partitions', () => {
    const batch = gather([queueOf(0, 0), queueOf(1, 1)], { records: 8, windowMs: 0 });

    assert.deepEqual(shapeOf(batch), [[1, [0]]]);
  });

  it('of one record above 6 MB is sent alone', () => {
    const batch = gather([queueOf(0, 2, 5_000_000), queueOf(1, 1)], { records: 8, windowMs: 0 });

    assert.deepEqual(shapeOf(batch), [[0, [0]]]);
  });

  it('stays within BatchSize and 6 MB, and the payloads together are the log, in order (I2, I5)', () => {
    const sizes = fc.oneof(
      { weight: 4, arbitrary: fc.nat(300) },
      { weight: 1, arbitrary: fc.nat(3_000_000) },
    );
    const partitions = fc.array(fc.array(sizes, { maxLength: 12 }), { minLength: 1, maxLength: 4 });

    fc.assert(
      fc.property(partitions, fc.integer({ min: 1, max: 15 }), (values, records) => {
        const queues = values.map((bytes, partition) => {
          const queue = new PartitionQueue('ad_clicks', partition, 0, undefined);
          queue.push(
            bytes.map((size, offset) => record(partition, offset, size)),
            bytes.length,
          );
          return queue;
        });
        const delivered: number[][] = values.map(() => []);
        while (queues.some(({ waiting }) => waiting > 0)) {
          const batch = gather(queues, { records, windowMs: 0 });
          const count = batch.parts.reduce((sum, part) => sum + part.records.length, 0);
          assert.ok(count > 0 && count <= records);
          assert.ok(bytesOf(batch) <= PAYLOAD_BYTES_MAX);
          for (const { queue, records: taken } of batch.parts)
            delivered[queue.partition]?.push(...taken.map(({ offset }) => offset));
        }
        assert.deepEqual(
          delivered,
          values.map((bytes) => bytes.map((_, offset) => offset)),
        );
      }),
      { numRuns: 30 },
    );
  });
});
