/** Mappings on a real broker that retry, halve, filter and discard; in one file, so that they share one broker. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Producer } from '@platformatic/kafka';
import type { Child } from '../../../../infra/local/children.ts';
import { LocalBroker, type Message, messages } from '../../../support/local-broker.ts';
import { LocalMapping, type LocalMappingOptions } from '../../../support/local-mapping.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 60_000;
const S3 = 'arn:aws:s3:::failures';

describe('a mapping', { timeout: 300_000, concurrency: 4 }, () => {
  const broker = new LocalBroker({ before, after });

  async function started(t: TestContext, topic: string, options: Partial<LocalMappingOptions> = {}) {
    await broker.topic(topic, 1, { 'message.timestamp.type': 'CreateTime' });
    const folder = temporaryFolder(t);
    const mapping = new LocalMapping({
      folder,
      bootstrap: broker.bootstrap,
      topic,
      batchSize: 10,
      ...options,
    });
    t.after(() => mapping.stop());
    return { mapping, destinations: join(folder, 'destinations') };
  }

  async function untilCommitted(topic: string, offset: number): Promise<void> {
    const isReached = async () => (await broker.committed(topic, topic, 1))[0] === offset;
    await until(`${topic} is committed up to ${offset}`, isReached, WITHIN_MS);
  }

  /** The poller says it by a message to its parent, which may come after its commit is seen. */
  async function untilSaid(mapping: LocalMapping, what: RegExp): Promise<void> {
    await until(`the pollers say ${what}`, () => what.test(mapping.said.join()), WITHIN_MS);
  }

  const offsetsOf = (mapping: LocalMapping) => mapping.calls('begin').map(({ offsets }) => offsets[0] ?? []);

  // AWS Lambda docs: kafka-retry-configurations, kafka-on-failure
  it('discards a batch after N + 1 invocations, into a document in its bucket, and continues', async (t) => {
    const { mapping, destinations } = await started(t, 'spent', {
      rules: { retryAttempts: 2, destination: S3 },
    });
    mapping.behave({ does: 'throw', offset: 0 });

    await broker.produce(messages('spent', 0, 3));
    await untilCommitted('spent', 3);
    await broker.produce(messages('spent', 0, 2));
    await untilCommitted('spent', 5);

    const folder = join(destinations, 's3', 'failures');
    const [file = '', ...others] = readdirSync(folder);
    const document = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    assert.deepEqual(offsetsOf(mapping), [...Array(3).fill([0, 1, 2]), [3, 4]]);
    assert.deepEqual(others, []);
    assert.match(file, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-[0-9a-f-]{36}\.json$/);
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
    assert.equal(document.requestContext.approximateInvokeCount, 3);
    assert.equal(document.requestContext.requestId, mapping.calls('begin')[2]?.requestId);
    assert.deepEqual(
      JSON.parse(document.payload).records['spent-0'].map(({ offset }: { offset: number }) => offset),
      [0, 1, 2],
    );
    assert.match(
      mapping.said.join(),
      /spent: discarded 3 records \(spent-0 0\.\.2; TypeError: .*\): they are in/,
    );
    assert.deepEqual([mapping.pollers.discarded.delivered, mapping.pollers.discarded.dropped], [3, 0]);
  });

  // AWS Lambda docs: kafka-on-failure-destination
  it('halves a failed batch until the bad record is alone, and sends that record to a Kafka topic with its key', async (t) => {
    await broker.topic('letters', 1);
    const { mapping } = await started(t, 'cut', {
      rules: { retryAttempts: 1, bisect: true, destination: 'kafka://letters' },
    });
    mapping.behave({ does: 'throw', offset: 5 });
    const keyed: Message[] = messages('cut', 0, 8).map((message) => ({
      ...message,
      key: Buffer.from('a key'),
    }));

    await broker.produce(keyed);
    await untilCommitted('cut', 8);

    const [value = '', ...others] = await broker.values('letters', 0);
    const document = JSON.parse(value);
    assert.deepEqual(others, []);
    assert.equal(document.requestContext.condition, 'RetriesExhausted');
    assert.equal(document.KafkaBatchInfo.recordInfo.offset, '5');
    assert.equal(document.payload.records['cut-0'][0].key, Buffer.from('a key').toString('base64'));
    assert.deepEqual(offsetsOf(mapping), [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [4, 5],
      [4],
      [5],
      [5],
      [6, 7],
    ]);
  });

  it('reports what it drops because it has no destination', async (t) => {
    const { mapping } = await started(t, 'dropped', { rules: { retryAttempts: 0 } });
    mapping.behave({ does: 'throw' });

    await broker.produce(messages('dropped', 0, 3));
    await untilCommitted('dropped', 3);

    await untilSaid(mapping, /discarded 3 records .*: DROPPED, the mapping has no destination/);
    assert.equal(mapping.pollers.discarded.dropped, 3);
  });

  // AWS Lambda docs: monitoring-metrics-types
  it('reports what its destination refuses, and continues', async (t) => {
    const { mapping, destinations } = await started(t, 'refused', {
      rules: { retryAttempts: 0, destination: S3 },
    });
    mkdirSync(destinations);
    writeFileSync(join(destinations, 's3'), 'no folder');
    mapping.behave({ does: 'throw', offset: 0 });

    await broker.produce(messages('refused', 0, 3));
    await untilCommitted('refused', 3);

    await untilSaid(mapping, /LOST to the mapping, its destination refused them: (ENOTDIR|EEXIST)/);
    assert.equal(mapping.pollers.discarded.dropped, 3);
  });

  it('discards old records before any attempt, and delivers the rest', async (t) => {
    const { mapping } = await started(t, 'aged', { rules: { maxAgeSeconds: 3_600 } });
    const hourAgo = BigInt(Date.now() - 3_700_000);
    const aged = messages('aged', 0, 3).map((message) => ({ ...message, timestamp: hourAgo }));

    await broker.produce([...aged, ...messages('aged', 0, 2)]);
    await untilCommitted('aged', 5);

    assert.deepEqual(offsetsOf(mapping), [[3, 4]]);
    await untilSaid(mapping, /discarded 3 records \(aged-0 0\.\.2; older than 3600 s\)/);
  });

  // AWS Lambda docs: kafka-filtering
  it('commits past filtered records, also if nothing else arrives', async (t) => {
    const { mapping } = await started(t, 'filtered', { rules: { filters: ['{"value":[{"suffix":"3"}]}'] } });

    await broker.produce(messages('filtered', 0, 7));
    await untilCommitted('filtered', 7);

    assert.deepEqual(offsetsOf(mapping), [[3]]);
  });

  it('commits past the marker of a transaction at the end of the log', async (t) => {
    const { mapping } = await started(t, 'marked');
    const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
      clientId: 'test',
      bootstrapBrokers: [...broker.bootstrap],
      idempotent: true,
      transactionalId: 'transaction-at-the-end',
    });

    const transaction = await producer.beginTransaction();
    await transaction.send({ acks: -1, messages: messages('marked', 0, 2) });
    await transaction.commit();
    await producer.close();
    await untilCommitted('marked', 3);

    assert.deepEqual(offsetsOf(mapping).flat(), [0, 1]);
  });

  it('resumes a partition at the first reported record, if asked to', async (t) => {
    const { mapping } = await started(t, 'resumed', {
      partialResponses: true,
      partialRetry: 'resume',
      windowMs: 60_000,
      batchSize: 5,
    });
    const batchItemFailures = [{ itemIdentifier: { partition: 'resumed-0', offset: 2 } }];
    mapping.behave({ does: 'answer', offset: 0, answer: { batchItemFailures } });

    await broker.produce(messages('resumed', 0, 5));
    await untilCommitted('resumed', 5);

    assert.deepEqual(offsetsOf(mapping), [
      [0, 1, 2, 3, 4],
      [2, 3, 4],
    ]);
  });

  it('loses nothing if its poller is killed between attempts: the next one restarts the attempts', async (t) => {
    const { mapping } = await started(t, 'orphaned', { rules: { retryAttempts: 20 } });
    mapping.behave({ does: 'throw' });
    await broker.produce(messages('orphaned', 0, 4));
    await until('it has failed', () => mapping.calls('begin').length >= 2, WITHIN_MS);

    const [poller] = mapping.processes('poller');
    process.kill((poller as Child).pid, 'SIGKILL');
    mapping.behave({ does: 'succeed' });
    await untilCommitted('orphaned', 4);

    assert.deepEqual(mapping.calls('end').at(-1)?.offsets, { 0: [0, 1, 2, 3] });
    assert.equal(mapping.pollers.discarded.dropped, 0);
  });
});
