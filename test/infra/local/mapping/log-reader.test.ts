import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Consumer, Producer } from '@platformatic/kafka';
import { LogReader } from '../../../../infra/local/mapping/log-reader.ts';
import { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';
import type { KafkaRecord } from '../../../../shared/event/event.ts';
import { LocalBroker, type Message, messages } from '../../../support/local-broker.ts';
import { headersOf } from '../../../support/record-headers.ts';
import { until } from '../../../support/until.ts';

const YEAR_2020_MS = Date.UTC(2020, 0);

/** Of a fetch, as the client takes it. */
interface Question {
  readonly maxBytes: number;
  readonly topics: readonly { readonly partitions: readonly { readonly partition: number }[] }[];
}

/** With the times that a producer gives them. */
function timed(topic: string, timesMs: readonly number[]): Message[] {
  return timesMs.map((ms, n) => ({
    topic,
    partition: 0,
    value: Buffer.from(String(n)),
    timestamp: BigInt(ms),
  }));
}

describe('the reader of the log', { timeout: 120_000 }, () => {
  const broker = new LocalBroker({ before, after });
  const open: LogReader[] = [];
  after(() => Promise.all(open.map((reader) => reader.close())));

  function readerOf(topic: string): LogReader {
    const reader = new LogReader({
      bootstrap: broker.bootstrap,
      groupId: 'readers',
      clientId: 'test',
      topic,
    });
    open.push(reader);
    return reader;
  }

  /** The records of partition 0 from an offset on, as the function would get them. */
  async function read(
    topic: string,
    from: number,
    upTo: number,
  ): Promise<(KafkaRecord & { timestampType: string })[]> {
    const reader = readerOf(topic);
    const queue = new PartitionQueue(topic, 0, from, undefined);
    await until('the records were fetched', async () => {
      await reader.fetchInto([queue]);
      return queue.position >= upTo;
    });
    return queue.take(10_000, 10 ** 9, true).map(({ text }) => JSON.parse(text));
  }

  it("gives the producer's time if the topic keeps it", async () => {
    const topic = await broker.topic('created', 1, { 'message.timestamp.type': 'CreateTime' });
    const times = [YEAR_2020_MS + 500, YEAR_2020_MS, YEAR_2020_MS + 900];
    await broker.produce(timed(topic, times));

    const records = await read(topic, 0, 3);

    assert.deepEqual(
      records.map(({ offset, timestamp, timestampType }) => [offset, timestamp, timestampType]),
      times.map((time, offset) => [offset, time, 'CREATE_TIME']),
    );
  });

  it("gives the broker's time if the topic stamps it, so that no producer moves money (I10)", async () => {
    const topic = await broker.topic('appended', 1, { 'message.timestamp.type': 'LogAppendTime' });
    const before = Date.now();
    await broker.produce(timed(topic, [YEAR_2020_MS + 500, YEAR_2020_MS, YEAR_2020_MS + 900]));
    const afterwards = Date.now();

    const records = await read(topic, 0, 3);

    assert.deepEqual(
      records.map(({ timestampType }) => timestampType),
      Array(3).fill('LOG_APPEND_TIME'),
    );
    for (const { timestamp } of records)
      assert.ok(timestamp >= before && timestamp <= afterwards, String(timestamp));
  });

  it('starts at its position, also in the middle of a batch and in compressed batches', async () => {
    const topic = await broker.topic('packed', 1);
    await broker.produce(messages(topic, 0, 50), { compression: 'gzip' });

    const records = await read(topic, 47, 50);

    assert.deepEqual(
      records.map(({ offset, value }) => [offset, Buffer.from(value ?? '', 'base64').toString()]),
      [47, 48, 49].map((offset) => [offset, `0-${offset}`]),
    );
  });

  it('gives keys, tombstones and headers as in the log', async () => {
    const topic = await broker.topic('bare', 1);
    const headers = new Map([[Buffer.from('city'), Buffer.from('ë')]]);
    await broker.produce([
      { topic, partition: 0, key: Buffer.from('k'), headers },
      { topic, partition: 0, value: Buffer.alloc(0) },
    ]);

    const [tombstone, empty] = await read(topic, 0, 2);

    assert.deepEqual([tombstone?.key, tombstone && 'value' in tombstone], ['aw==', false]);
    assert.deepEqual(headersOf(tombstone as KafkaRecord), [['city', Buffer.from('ë')]]);
    assert.deepEqual([empty && 'key' in empty, empty?.value], [false, '']);
  });

  it('continues after transaction markers, which are not records', async () => {
    const topic = await broker.topic('marked', 1);
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'test',
      bootstrapBrokers: [...broker.bootstrap],
      idempotent: true,
      transactionalId: 'transaction-of-the-test',
    });
    const transaction = await producer.beginTransaction();
    await transaction.send({ acks: -1, messages: messages(topic, 0, 2) });
    await transaction.commit();
    await until('its marker stands in the log', async () => (await broker.end(topic, 0)) === 3);
    await producer.close();
    await broker.produce(messages(topic, 0, 1));

    const records = await read(topic, 0, 4);

    assert.deepEqual(
      records.map(({ offset }) => offset),
      [0, 1, 3],
    );
  });

  it('finds the bounds of each partition, and the first offset of a time', async () => {
    const topic = await broker.topic('bounded', 3, { 'message.timestamp.type': 'CreateTime' });
    await broker.produce(
      timed(
        topic,
        [1_000, 2_000, 3_000].map((ms) => YEAR_2020_MS + ms),
      ),
    );
    await broker.produce(messages(topic, 1, 5));
    await broker.admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 1, offset: 2n }] }],
    });
    const reader = readerOf(topic);

    assert.deepEqual(await reader.bounds(), { earliest: [0, 2, 0], latest: [3, 5, 0] });
    assert.deepEqual(await reader.offsetsAt(YEAR_2020_MS + 1_500), [1, 2, 0]);
    assert.deepEqual(await reader.offsetsAt(YEAR_2020_MS + 2_000), [1, 2, 0]);
    assert.deepEqual(await reader.offsetsAt(Date.now() + 1_000_000_000), [3, 5, 0]);
  });

  it('reads a recreated topic from its start, even if the log holds the position (I10)', async () => {
    const topic = await broker.topic('again', 1);
    await broker.produce(messages(topic, 0, 5));
    const reader = readerOf(topic);
    const queue = new PartitionQueue(topic, 0, 3, 3);
    await reader.fetchInto([queue]);
    await broker.admin.deleteTopics({ topics: [topic] });
    await until('it is gone', async () => !(await broker.admin.listTopics()).includes(topic));
    await broker.topic(topic, 1);
    await broker.produce(messages(topic, 0, 9));

    await assert.rejects(reader.fetchInto([queue]));
    const said = await reader.backIntoRange([queue]);
    await until('the other log is read', async () => {
      await reader.fetchInto([queue]);
      return queue.position === 9;
    });

    assert.deepEqual(said, ['again-0: the topic was recreated; reading starts at offset 0 instead of 5']);
    assert.equal(queue.waiting, 2 + 9);
  });

  it('returns to the start if its position is not in the log, and says so (I10)', async () => {
    const topic = await broker.topic('shortened', 3);
    for (const partition of [0, 1, 2]) await broker.produce(messages(topic, partition, 5));
    await broker.admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 1, offset: 4n }] }],
    });
    const queues = [9, 1, 5].map(
      (position, partition) => new PartitionQueue(topic, partition, position, position),
    );
    const reader = readerOf(topic);

    await assert.rejects(reader.fetchInto(queues));
    const said = await reader.backIntoRange(queues);

    assert.deepEqual(said, [
      'shortened-0: offset 9 is not in the log (0 to 5); reading continues at 0',
      'shortened-1: offset 1 is not in the log (4 to 5); reading continues at 4',
    ]);
    assert.deepEqual(
      queues.map(({ position }) => position),
      [0, 4, 5],
    );
  });

  it('adds nothing to the queue of a partition that another member now owns', async () => {
    const topic = await broker.topic('lost', 2);
    await broker.produce([...messages(topic, 0, 5), ...messages(topic, 1, 5)]);
    const [lost, kept] = [0, 1].map((partition) => new PartitionQueue(topic, partition, 0, undefined)) as [
      PartitionQueue,
      PartitionQueue,
    ];
    const reader = readerOf(topic);
    lost.revoked = true;

    await until('the other was fetched', async () => {
      await reader.fetchInto([lost, kept]);
      return kept.waiting === 5;
    });

    assert.deepEqual([lost.waiting, lost.position], [0, 0]);
  });

  it('asks for 16 MB at once, and for another partition first each time, because a broker fills its response in order', async (t) => {
    const topic = await broker.topic('wide', 5);
    const queues = Array.from(
      { length: 5 },
      (_, partition) => new PartitionQueue(topic, partition, 0, undefined),
    );
    const reader = readerOf(topic);
    await reader.fetchInto(queues);
    const fetch = t.mock.method(Consumer.prototype, 'fetch', async () => ({ responses: [] }));

    for (let n = 0; n < 5; n++) await reader.fetchInto(queues);

    const questions = fetch.mock.calls.map(({ arguments: [question] }) => question as unknown as Question);
    assert.deepEqual(new Set(questions.map(({ maxBytes }) => maxBytes)), new Set([16 * 1024 * 1024]));
    assert.deepEqual(
      questions.map(({ topics: [asked] }) => asked?.partitions.map(({ partition }) => partition).join('')),
      ['12340', '23401', '34012', '40123', '01234'],
    );
  });

  it('throws if the topic does not exist', async () => {
    await assert.rejects(readerOf('nowhere').fetchInto([new PartitionQueue('nowhere', 0, 0, undefined)]));
  });
});
