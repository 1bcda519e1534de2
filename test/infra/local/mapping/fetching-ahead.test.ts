/** How much a poller fetches ahead of its invocations, which never end here. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';
import { PollerBench } from '../../../support/poller-bench.ts';
import { until } from '../../../support/until.ts';

const RECORD_BYTES = 4 * 1024 * 1024;
const PADDING = 'x'.repeat(RECORD_BYTES);

/** Records of 4 MB that wait in each partition once the poller wants no more of any that has more. */
async function waiting(t: TestContext, partitions: number, empty: readonly number[] = []): Promise<number[]> {
  let asked: readonly PartitionQueue[] = [];
  let fetches = 0;
  const bench = new PollerBench(partitions, { batchRecords: 1_000, windowMs: 3_600_000 }, async (queues) => {
    asked = queues;
    fetches += 1;
    for (const queue of queues.filter(({ partition }) => !empty.includes(partition))) {
      const text = JSON.stringify({ partition: queue.partition, offset: queue.position, padding: PADDING });
      queue.push([{ offset: queue.position, timestamp: 1, text }], queue.position + 1);
    }
    await new Promise(setImmediate);
  });
  const ran = bench.poller.run();
  t.after(async () => {
    await bench.poller.stop(0);
    await ran;
  });
  let seen = -1;
  await until('it only asks for what has nothing, or not at all', () => {
    const still = fetches === seen || asked.every(({ partition }) => empty.includes(partition));
    seen = fetches;
    return fetches > 0 && still;
  });
  return bench.queues.map((queue) => queue.waiting);
}

describe('fetching ahead', () => {
  it('fetches up to 12 MB per partition if there are few partitions', async (t) => {
    assert.deepEqual(await waiting(t, 2), [3, 3]);
  });

  it('holds about 64 MB in total if there are many partitions, with some records of each', async (t) => {
    const held = await waiting(t, 24);

    assert.deepEqual(
      held.filter((records) => records !== 1),
      [],
    );
  });

  it('gives unused room to partitions with a backlog', async (t) => {
    const quiet = Array.from({ length: 22 }, (_, partition) => partition + 2);

    assert.deepEqual((await waiting(t, 24, quiet)).slice(0, 3), [3, 3, 0]);
  });
});
