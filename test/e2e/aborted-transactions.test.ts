/**
 * Pollers, audit, redrive and replay read one and the same set of records: those that are committed. Held against Kafka's own
 * client, which wrote them in transactions and reads them at read_committed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { TopicLog } from '../../infra/kafka/topic-log.ts';
import { LogReader } from '../../infra/local/mapping/log-reader.ts';
import { PartitionQueue } from '../../infra/local/mapping/partition-queue.ts';
import { readBatches } from '../../infra/ops/redrive/batches.ts';
import { listOffsets } from '../../shared/journal/offsets.ts';
import { LocalBroker } from '../support/local-broker.ts';
import { LocalMapping } from '../support/local-mapping.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Named, produceInTransactions, readCommitted } from '../support/transactions.ts';
import { until } from '../support/until.ts';

/** Less than any batch, so that each answer of the broker holds exactly one. */
const ONE_BATCH = 1;

/** By topic: steps of transactions, as test/support/Transactions.java takes them. */
const logs: Readonly<Record<string, readonly string[]>> = {
  'several-aborts': [
    ...['p:send:5:10', 'p:commit', 'p:send:5:10', 'p:abort', 'p:send:5:10', 'p:abort'],
    ...['p:send:5:10', 'p:commit', 'p:send:3:10', 'p:abort', '-:send:2:10'],
  ],
  interleaved: [
    ...['p:send:2:10', 'q:send:3:10', '-:send:1:10', 'p:send:2:10', 'q:abort', 'p:send:1:10', 'r:send:2:10'],
    ...[
      'p:commit',
      'q:send:2:10',
      'r:abort',
      'q:commit',
      'r:send:2:10',
      'p:send:2:10',
      'p:abort',
      'r:commit',
    ],
  ],
  'six-megabytes': [
    'big:send:3:10',
    'big:commit',
    'big:send:30:210000',
    '-:send:2:10',
    'big:abort',
    '-:send:1:10',
  ],
  'still-open': [
    'p:send:3:10',
    'p:abort',
    '-:send:2:10',
    'q:send:3:10',
    '-:send:2:10',
    'p:send:2:10',
    'p:commit',
  ],
};

describe('records of transactions', { timeout: 240_000 }, () => {
  const broker = new LocalBroker({ before, after });
  const written = new Map<string, readonly Named[]>();
  const committed = new Map<string, readonly Named[]>();

  before(async () => {
    for (const [topic, steps] of Object.entries(logs)) {
      await broker.topic(topic, 1, { 'message.timestamp.type': 'LogAppendTime' });
      written.set(topic, await produceInTransactions(broker.bootstrap, topic, steps));
      committed.set(topic, await readCommitted(broker.bootstrap, topic));
    }
  });

  function expected(topic: string): readonly Named[] {
    const [all = [], those = []] = [written.get(topic), committed.get(topic)];
    assert.ok(those.length > 0 && those.length < all.length, `${those.length} of ${all.length}`);
    return those;
  }

  function auditorsLog(t: TestContext, topic: string): TopicLog {
    const log = new TopicLog({ bootstrapBrokers: [...broker.bootstrap] }, topic, 'auditors');
    t.after(() => log.close());
    return log;
  }

  for (const topic of Object.keys(logs)) {
    it(`a poller reads what is committed and nothing else, wherever a fetch begins: ${topic}`, async (t) => {
      const those = expected(topic);
      const reader = new LogReader({ bootstrap: broker.bootstrap, groupId: 'r', clientId: 'r', topic });
      t.after(() => reader.close());
      const end = (await reader.bounds()).latest[0] ?? 0;
      assert.ok(end > (those.at(-1)?.offset ?? 0));
      for (let from = 0; from < end; from++) {
        const queue = new PartitionQueue(topic, 0, from, undefined);
        while (queue.position < end) await reader.fetchInto([queue]);
        const found = queue
          .take(1_000, Number.POSITIVE_INFINITY, true)
          .map(({ text }) => named(JSON.parse(text)));
        assert.deepEqual(
          found,
          those.filter(({ offset }) => offset >= from),
          `from ${from}`,
        );
      }
    });

    it(`the audit reads the same, however its fetches are cut: ${topic}`, async (t) => {
      const those = expected(topic);
      const log = auditorsLog(t, topic);
      const [bounds = { start: 0, end: 0 }] = await log.bounds();
      for (const fetchBytes of [ONE_BATCH, 1_000, 8 * 1024 * 1024]) {
        const found: Named[] = [];
        for await (const { offset, value } of log.records(0, bounds, fetchBytes))
          found.push({ offset, name: nameIn(value ?? Buffer.alloc(0)) });
        assert.deepEqual(found, those, `${fetchBytes} bytes a fetch`);
      }
    });

    it(`a redrive and a replay deliver the same, and know every other offset as empty: ${topic}`, async (t) => {
      const those = expected(topic);
      const log = auditorsLog(t, topic);
      const [{ start, end } = { start: 0, end: 0 }] = await log.bounds();
      const delivered: Named[] = [];
      const empty: number[] = [];
      for await (const batch of readBatches({ topic, batchRecords: 4, log }, 0, [start, end - 1])) {
        delivered.push(...batch.texts.map((text) => named(JSON.parse(text))));
        empty.push(...listOffsets(batch.empty));
      }

      assert.deepEqual(delivered, those);
      const offsets = those.map(({ offset }) => offset);
      assert.deepEqual(
        empty,
        Array.from({ length: end }, (_, offset) => offset).filter((offset) => !offsets.includes(offset)),
      );
    });
  }

  it('pollers invoke with what is committed, and commit behind the last marker', async (t) => {
    const topic = 'several-aborts';
    const mapping = new LocalMapping({ folder: temporaryFolder(t), bootstrap: broker.bootstrap, topic });
    t.after(() => mapping.stop());
    const end = await broker.end(topic, 0);

    await until('all is committed', async () => (await broker.committed(topic, topic, 1))[0] === end, 60_000);

    const offsets = mapping.calls('end', 0).flatMap((call) => call.offsets[0] ?? []);
    assert.deepEqual(
      offsets,
      expected(topic).map(({ offset }) => offset),
    );
  });
});

function named({ offset, value }: { offset: number; value: string }): Named {
  return { offset, name: nameIn(Buffer.from(value, 'base64')) };
}

function nameIn(value: Buffer): string {
  return value.toString('latin1').split(' ')[0] ?? '';
}
