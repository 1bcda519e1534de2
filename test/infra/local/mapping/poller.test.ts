import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InvocationEnd } from '../../../../infra/local/mapping/decide.ts';
import type { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';
import { PollerBench, rules } from '../../../support/poller-bench.ts';
import { until } from '../../../support/until.ts';

const success: InvocationEnd = { returned: null };

const named = (label: string, ...offsets: number[]): InvocationEnd => ({
  returned: {
    batchItemFailures: offsets.map((offset) => ({ itemIdentifier: { partition: label, offset } })),
  },
});

describe('a poller', () => {
  it('has at most one unresolved batch of a partition, so its records are delivered in order (I5)', async () => {
    const bench = new PollerBench(1);
    bench.fill(12);

    const first = await bench.invocation(0);
    bench.poller.pump();
    const begunBeside = bench.invocations.length;
    first.end(success);
    (await bench.invocation(1)).end(success);
    const third = await bench.invocation(2);

    assert.equal(begunBeside, 1);
    assert.deepEqual(
      bench.invocations.map(({ offsets }) => offsets['t-0']),
      [
        [0, 1, 2, 3, 4],
        [5, 6, 7, 8, 9],
        [10, 11],
      ],
    );
    third.end(success);
    await until('all is committed', () => bench.committed()[0] === 12);
  });

  // AWS Lambda docs: kafka-scaling-modes
  it('runs at most five invocations at once', async () => {
    const bench = new PollerBench(7);
    bench.fill(5, 5, 5, 5, 5, 5, 5);

    await bench.invocation(4);
    bench.poller.pump();
    const atOnce = bench.invocations.length;
    bench.invocations[2]?.end(success);
    const sixth = await bench.invocation(5);

    assert.equal(atOnce, 5);
    assert.deepEqual(sixth.offsets, { 't-5': [0, 1, 2, 3, 4] });
    assert.equal(sixth.timeoutMs, rules.functionTimeoutMs);
  });

  it('waits for a window, and then delivers the records that it has', async () => {
    const bench = new PollerBench(1, { windowMs: 60 });
    bench.fill(2);

    const begunAtOnce = bench.invocations.length;
    const first = await bench.invocation(0);

    assert.equal(begunAtOnce, 0);
    assert.deepEqual(first.offsets, { 't-0': [0, 1] });
  });

  // AWS Lambda docs: invocation-eventsourcemapping
  for (const provisioned of [true, false])
    it(`opens the next window when the previous ${provisioned ? 'batch is done' : 'invocation is done, on-demand'}`, async () => {
      const bench = new PollerBench(1, { windowMs: 60_000, provisioned, batchRecords: 3 });
      bench.fill(3);

      (await bench.invocation(0)).end({ failed: 'no' });
      const retry = await bench.invocation(1);
      bench.fill(1);
      const endedAt = Date.now();
      retry.end(success);
      await until('the batch is done', () => bench.committed()[0] === 3);

      const { windowFrom = 0 } = bench.queues[0] as PartitionQueue;
      assert.equal(windowFrom >= endedAt, provisioned);
      assert.ok(windowFrom > 0 && bench.invocations.length === 2);
      await bench.poller.stop(0);
    });

  it('commits discarded records once the destination has them', async () => {
    const bench = new PollerBench(1, { retryAttempts: 1 });
    bench.fill(7);

    (await bench.invocation(0)).end({ failed: 'no' });
    (await bench.invocation(1)).end({ failed: 'no' });
    const next = await bench.invocation(2);

    assert.deepEqual(next.offsets, { 't-0': [5, 6] });
    assert.deepEqual(
      bench.discarded.map(({ condition, batch: { invocations } }) => [condition, invocations]),
      [['RetryAttemptsExhausted', 2]],
    );
    await until('the offsets have moved on', () => bench.committed()[0] === 5);
  });

  it('uses no attempt if there is no sandbox', async () => {
    const bench = new PollerBench(1, { retryAttempts: 0 });
    bench.borrowFails = 2;
    bench.fill(5);

    (await bench.invocation(0)).end(success);
    await until('it is committed', () => bench.committed()[0] === 5);

    assert.deepEqual(bench.discarded, []);
    assert.deepEqual(bench.logged, Array(2).fill('t-0 failed: the function does not start'));
  });

  it('delivers the halves of a failed batch one after the other, and commits up to the lowest that is open', async () => {
    const bench = new PollerBench(1, { bisect: true, retryAttempts: 0, batchRecords: 4 });
    bench.fill(4);

    (await bench.invocation(0)).end({ failed: 'no' });
    const first = await bench.invocation(1);
    first.end(success);
    const second = await bench.invocation(2);
    await until('the first half is committed', () => bench.committed()[0] === 2);

    assert.deepEqual([first.offsets, second.offsets], [{ 't-0': [0, 1] }, { 't-0': [2, 3] }]);
    second.end(success);
    await until('all is committed', () => bench.committed()[0] === 4);
  });

  it('discards nothing of a partition that another member has taken over', async () => {
    const bench = new PollerBench(2, { batchRecords: 10, retryAttempts: 0 });
    bench.fill(5, 5);

    const first = await bench.invocation(0);
    (bench.queues[0] as PartitionQueue).revoked = true;
    first.end({ failed: 'no' });
    await until('the other is discarded', () => bench.committed()[1] === 5);

    assert.deepEqual(
      bench.discarded.map(({ batch: { records } }) => [...records.keys()]),
      [['t-1']],
    );
  });

  it('commits a partition only when its records are resolved (I7)', async () => {
    const bench = new PollerBench(2, { batchRecords: 10 });
    bench.fill(5, 5);

    (await bench.invocation(0)).end({ failed: 'TypeError: no' });
    const again = await bench.invocation(1);
    const committedAfterTheFailure = bench.committed();
    again.end(success);
    await until('both are committed', () => bench.committed().every((offset) => offset === 5));

    assert.deepEqual(committedAfterTheFailure, [undefined, undefined]);
    assert.deepEqual(again.offsets, bench.invocations[0]?.offsets);
    assert.deepEqual(bench.logged, ['t-0, t-1 failed: TypeError: no']);
  });

  it('commits up to the lowest open record of a partial response, and the other partitions completely (I2, I8)', async () => {
    const bench = new PollerBench(2, { batchRecords: 10 });
    bench.fill(5, 5);

    (await bench.invocation(0)).end(named('t-0', 2, 4));
    const second = await bench.invocation(1);
    await until('what is resolved is committed', () => bench.commits.length > 0);
    const afterTheFirst = bench.committed();
    second.end(named('t-0', 4));
    const third = await bench.invocation(2);
    await until('2 is resolved too', () => bench.committed()[0] !== 2);

    assert.deepEqual(afterTheFirst, [2, 5]);
    assert.deepEqual([second.offsets, third.offsets], [{ 't-0': [2, 4] }, { 't-0': [4] }]);
    assert.deepEqual(bench.committed(), [4, 5]);
  });

  it('commits the whole batch once the failed records have succeeded', async () => {
    const bench = new PollerBench(1);
    bench.fill(5);

    (await bench.invocation(0)).end(named('t-0', 1));
    (await bench.invocation(1)).end(success);

    await until('nothing of the batch is open', () => bench.committed()[0] === 5);
  });

  it('continues a partition if another one in the payload failed (I8)', async () => {
    const bench = new PollerBench(2, { batchRecords: 10 });
    bench.fill(5, 5);

    (await bench.invocation(0)).end(named('t-0', 0, 1, 2, 3, 4));
    const retry = await bench.invocation(1);
    bench.fill(0, 3);
    const next = await bench.invocation(2);

    assert.deepEqual(retry.offsets, { 't-0': [0, 1, 2, 3, 4] });
    assert.deepEqual(next.offsets, { 't-1': [5, 6, 7] });
  });

  it('neither commits nor retries what another member has taken over', async () => {
    const bench = new PollerBench(2, { batchRecords: 10 });
    bench.fill(5, 5);

    const first = await bench.invocation(0);
    (bench.queues[0] as PartitionQueue).revoked = true;
    first.end({ failed: 'no' });
    const again = await bench.invocation(1);
    again.end(success);
    await until('the other is committed', () => bench.committed()[1] === 5);

    assert.deepEqual(again.offsets, { 't-1': [0, 1, 2, 3, 4] });
    assert.equal(bench.committed()[0], undefined);
  });

  it('commits the succeeded part of a batch, but not partitions that were taken over in the meantime (I7)', async () => {
    const bench = new PollerBench(2, { batchRecords: 10 });
    bench.fill(5, 5);

    const first = await bench.invocation(0);
    (bench.queues[0] as PartitionQueue).revoked = true;
    first.end(success);
    await until('the other is committed', () => bench.committed()[1] === 5);

    assert.deepEqual(bench.commits, [{ 't-1': [5] }]);
  });

  it('repeats a failed commit with the newest offsets', async () => {
    const bench = new PollerBench(1);
    bench.commitFails = 1;
    bench.fill(10);

    (await bench.invocation(0)).end(success);
    (await bench.invocation(1)).end(success);
    await until('it is committed', () => bench.committed()[0] === 10);

    assert.deepEqual(bench.commits, [{ 't-0': [10] }]);
    assert.deepEqual(bench.logged, ['commit failed: a rebalance is in progress']);
  });

  it('starts nothing after a stop, and commits what was in flight', async () => {
    const bench = new PollerBench(1);
    bench.fill(10);
    const first = await bench.invocation(0);

    const stopped = bench.poller.stop(60_000);
    first.end(success);
    await stopped;

    assert.deepEqual(bench.committed(), [5]);
    assert.equal(bench.invocations.length, 1);
  });
});
