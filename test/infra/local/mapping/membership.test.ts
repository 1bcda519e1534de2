import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { LogReader } from '../../../../infra/local/mapping/log-reader.ts';
import { Membership } from '../../../../infra/local/mapping/membership.ts';
import type { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';
import type { StartingPosition } from '../../../../infra/local/template/planned.ts';
import { LocalBroker, messages } from '../../../support/local-broker.ts';
import { until } from '../../../support/until.ts';

const YEAR_2020_MS = Date.UTC(2020, 0);
const WITHIN_MS = 60_000;
const start: StartingPosition = { from: 'TRIM_HORIZON' };

describe('a member of a consumer group', { timeout: 240_000, concurrency: true }, () => {
  const toClose: (() => Promise<unknown>)[] = [];
  after(() => Promise.all(toClose.map((close) => close().catch(() => {}))));
  const broker = new LocalBroker({ before, after });

  async function joined(
    groupId: string,
    topic: string,
    startingPosition = start,
  ): Promise<{ member: Membership; failures: unknown[] }> {
    const options = { bootstrap: broker.bootstrap, groupId, clientId: 'test', topic };
    const reader = new LogReader(options);
    const failures: unknown[] = [];
    let assigned = false;
    const member = new Membership(
      { ...options, startingPosition, sessionTimeoutMs: 6_000 },
      reader,
      () => {
        assigned = true;
      },
      (error) => failures.push(error),
    );
    toClose.push(
      () => member.leave(),
      () => reader.close(),
    );
    await member.join();
    await until('it has heard what it owns', () => assigned, WITHIN_MS);
    return { member, failures };
  }

  const sharesOf = (...members: Membership[]) => members.map(({ queues }) => queues.length).join(' ');
  const partitionsOf = (member: Membership) => member.queues.map(({ partition }) => partition).sort();
  const positionsOf = (member: Membership) =>
    member.queues.toSorted((a, b) => a.partition - b.partition).map(({ position }) => position);

  const positions: [StartingPosition, expected: number[]][] = [
    [{ from: 'TRIM_HORIZON' }, [1, 0, 0]],
    [{ from: 'LATEST' }, [4, 2, 0]],
    [{ from: 'AT_TIMESTAMP', timestampMs: YEAR_2020_MS + 2_500 }, [3, 2, 0]],
  ];
  // AWS Lambda docs: kafka-starting-positions
  for (const [position, expected] of positions)
    it(`starts at ${position.from} if its group has committed nothing`, async () => {
      const topic = await broker.topic(`starts-${position.from}`, 3, {
        'message.timestamp.type': 'CreateTime',
      });
      const timed = (partition: number, count: number) =>
        messages(topic, partition, count).map((message, n) => ({
          ...message,
          timestamp: BigInt(YEAR_2020_MS + n * 1_000),
        }));
      await broker.produce([...timed(0, 4), ...timed(1, 2)]);
      await broker.admin.deleteRecords({
        topics: [{ name: topic, partitions: [{ partition: 0, offset: 1n }] }],
      });

      const { member } = await joined(`starts-${position.from}`, topic, position);

      assert.deepEqual(positionsOf(member), expected);
    });

  it("continues at its group's commit, whatever the starting position", async () => {
    const topic = await broker.topic('resumed', 2);
    await broker.produce([...messages(topic, 0, 5), ...messages(topic, 1, 5)]);
    const { member: first } = await joined('resumed', topic);
    await first.commit(new Map([[queueOf(first, 0), 3]]));
    await first.leave();

    const { member: second } = await joined('resumed', topic, { from: 'LATEST' });

    assert.deepEqual(positionsOf(second), [3, 5]);
    assert.deepEqual(
      [0, 1].map((partition) => queueOf(second, partition).committed),
      [3, undefined],
    );
  });

  it('restarts at the starting position if the log no longer holds the committed offset (I10)', async () => {
    const topic = await broker.topic('recreated', 2);
    await broker.produce([...messages(topic, 0, 5), ...messages(topic, 1, 5)]);
    const { member: first } = await joined('recreated', topic);
    await first.commit(
      new Map([
        [queueOf(first, 0), 9],
        [queueOf(first, 1), 1],
      ]),
    );
    await first.leave();
    await broker.admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 1, offset: 2n }] }],
    });

    const { member: second } = await joined('recreated', topic);

    assert.deepEqual(positionsOf(second), [0, 2]);
  });

  it('shares the partitions: each has exactly one owner, and the partitions of a leaving member get another', async () => {
    const topic = await broker.topic('shared', 4);
    await broker.produce(messages(topic, 0, 9));
    const { member: first, failures } = await joined('shared', topic);
    const alone = first.queues;

    const { member: second } = await joined('shared', topic);
    await until(
      'both have their share',
      () => first.queues.length === 2 && second.queues.length === 2,
      WITHIN_MS,
    );
    const kept = first.queues;
    const given = alone.filter(({ revoked }) => revoked);
    const atCoordinator = [...(await broker.assignments('shared', topic)).values()].flat();
    const ofSecond = partitionsOf(second);
    await second.leave();
    await until('the first owns all again', () => first.queues.length === 4, WITHIN_MS);

    assert.deepEqual([...kept.map(({ partition }) => partition), ...ofSecond].sort(), [0, 1, 2, 3]);
    assert.deepEqual(atCoordinator.sort(), [0, 1, 2, 3]);
    assert.deepEqual(given.map(({ partition }) => partition).sort(), ofSecond);
    assert.ok(kept.every((queue) => alone.includes(queue) && first.queues.includes(queue) && !queue.revoked));
    assert.deepEqual(failures, []);
  });

  it('gets partitions that are added to the topic, from their first record on, leader or not', async () => {
    const topic = await broker.topic('grown', 2);
    const { member: first, failures } = await joined('grown', topic);
    const { member: second } = await joined('grown', topic);
    await until('both have their share', () => sharesOf(first, second) === '1 1', WITHIN_MS);
    const kept = [...first.queues, ...second.queues];

    const added = [{ brokerIds: [1] }, { brokerIds: [1] }];
    await broker.admin.createPartitions({ topics: [{ name: topic, count: 4, assignments: added }] });
    await until('the new ones have brokers', async () => (await broker.end(topic, 3)) === 0, WITHIN_MS);
    await broker.produce(messages(topic, 3, 5));
    await until('they are dealt out', () => sharesOf(first, second) === '2 2', WITHIN_MS);

    assert.deepEqual([...partitionsOf(first), ...partitionsOf(second)].sort(), [0, 1, 2, 3]);
    assert.ok(kept.every(({ revoked }) => !revoked));
    const owner = partitionsOf(first).includes(3) ? first : second;
    assert.equal(queueOf(owner, 3).position, 0);
    assert.deepEqual(failures, []);
  });

  it('gets partitions that are added while it is alone, once', async () => {
    const topic = await broker.topic('grown-alone', 1);
    const { member, failures } = await joined('grown-alone', topic);
    await until('it has the one', () => partitionsOf(member).join() === '0', WITHIN_MS);

    await broker.admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
    await until('it has the new ones', () => partitionsOf(member).join() === '0,1,2', WITHIN_MS);

    assert.equal(member.generation, 2);
    assert.deepEqual(failures, []);
  });

  it('commits nothing for a partition of another owner (I7)', async () => {
    const topic = await broker.topic('taken', 2);
    await broker.produce([...messages(topic, 0, 9), ...messages(topic, 1, 9)]);
    const { member: first } = await joined('taken', topic);
    const alone = first.queues;
    await joined('taken', topic);
    await until('one was given away', () => first.queues.length === 1, WITHIN_MS);

    await first.commit(new Map(alone.map((queue) => [queue, 7])));

    const expected = [0, 1].map((partition) => (partitionsOf(first).includes(partition) ? 7 : -1));
    assert.deepEqual(await broker.committed('taken', topic, 2), expected);
  });

  it('commits nothing after it has left', async () => {
    const topic = await broker.topic('left', 1);
    await broker.produce(messages(topic, 0, 9));
    const { member } = await joined('left', topic);
    const queue = queueOf(member, 0);
    await member.leave();

    await assert.rejects(member.commit(new Map([[queue, 7]])));

    assert.deepEqual(await broker.committed('left', topic, 1), [-1]);
  });
});

function queueOf(member: Membership, partition: number): PartitionQueue {
  return member.queues.find((queue) => queue.partition === partition) as PartitionQueue;
}
