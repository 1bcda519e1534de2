import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bounds, WholeRecord } from '../../../../infra/kafka/topic-log.ts';
import { readBatches } from '../../../../infra/ops/redrive/batches.ts';
import { PAYLOAD_BYTES_MAX } from '../../../../infra/ops/redrive/kafka-event.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/journal/offsets.ts';

/** A log of records at these offsets, which notes what of it is read. */
function logOf(offsets: readonly number[], valueBytes = 10) {
  const reads: Bounds[] = [];
  async function* records(_: number, bounds: Bounds): AsyncGenerator<WholeRecord> {
    reads.push(bounds);
    for (const offset of offsets)
      if (offset >= bounds.start && offset < bounds.end)
        yield { offset, time: 1, appended: true, key: null, value: Buffer.alloc(valueBytes), headers: [] };
  }
  return { reads, records };
}

async function cut(wanted: string, log: ReturnType<typeof logOf>, batchRecords = 10) {
  const cutBatches = [];
  for await (const batch of readBatches({ topic: 't', batchRecords, log }, 0, parseOffsets(wanted)))
    cutBatches.push(batch);
  return cutBatches;
}

function shapes(batches: Awaited<ReturnType<typeof cut>>) {
  return batches.map(({ texts, empty, first, last }) => [
    texts.map((text) => JSON.parse(text).offset).join(),
    formatOffsets(empty),
    first,
    last,
  ]);
}

describe('what is handed over again', () => {
  it('is just the offsets that were asked for, in their order, no more in a batch than the mapping allows', async () => {
    const log = logOf([0, 1, 2, 3, 4, 5, 6, 7]);

    assert.deepEqual(shapes(await cut('1-3,5-6', log, 2)), [
      ['1,2', '', 1, 2],
      ['3,5', '', 3, 5],
      ['6', '', 6, 6],
    ]);
  });

  it('names offsets that hold no record with the records around them', async () => {
    const log = logOf([2, 4, 5, 9]);

    assert.deepEqual(shapes(await cut('0-9', log)), [['2,4,5,9', '0-1,3,6-8', 0, 9]]);
    assert.deepEqual(shapes(await cut('6-8', log)), [['', '6-8', 6, 8]]);
    assert.deepEqual(shapes(await cut('0-9', log, 2)), [
      ['2,4', '0-1,3', 0, 4],
      ['5,9', '6-8', 5, 9],
    ]);
  });

  it('stays below 6 MB', async () => {
    const offsets = Array.from({ length: 40 }, (_, offset) => offset);
    const batches = await cut('0-39', logOf(offsets, 400_000), 10_000);

    const sizes = batches.map(({ texts }) => texts.join().length);
    assert.equal(batches.flatMap(({ texts }) => texts).length, 40);
    assert.ok(batches.length > 3 && sizes.every((size) => size < PAYLOAD_BYTES_MAX), String(sizes));
  });

  it('reads what lies close together in one go, and nothing of what lies between far ones', async () => {
    const log = logOf([10, 500, 900_000]);

    await cut('10,500,900000', log);

    assert.deepEqual(log.reads, [
      { start: 10, end: 501 },
      { start: 900_000, end: 900_001 },
    ]);
  });
});
