import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Producer, type SendOptions } from '@platformatic/kafka';
import type { DiscardedBatch } from '../../../../infra/local/mapping/decide.ts';
import { createDestination, getDestinationsFolder } from '../../../../infra/local/mapping/destination.ts';
import {
  buildBatchDocument,
  buildBatchDocumentWithPayload,
  buildRecordDocuments,
} from '../../../../infra/local/mapping/failure-document.ts';
import { buildFetchedRecord, type FetchedRecord } from '../../../../infra/local/mapping/kafka-event.ts';
import { batchOf } from '../../../support/batches.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const batch = { ...batchOf({ 't-0': [5, 6] }), last: { requestId: 'r', functionError: null } };
const discarded: DiscardedBatch = { batch, condition: 'RetryAttemptsExhausted', because: 'no' };
const context = {
  source: { arn: 'arn:c', bootstrap: 'b:1' },
  functionArn: 'arn:f',
  now: new Date('2026-11-21T09:00:00.123Z'),
};
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a destination that is a folder', () => {
  for (const [kind, document] of [
    ['s3', buildBatchDocumentWithPayload],
    ['sqs', buildBatchDocument],
    ['sns', buildBatchDocument],
  ] as const)
    it(`has a file for each batch, whole and for its owner alone: ${kind}`, async (t) => {
      const folder = getDestinationsFolder(temporaryFolder(t));
      const deliver = createDestination({ address: { kind, name: 'dead' }, folder, bootstrap: [] });

      const files = [await deliver(discarded, context), await deliver(discarded, context)];

      assert.deepEqual(
        readdirSync(join(folder, kind, 'dead'))
          .map((name) => join(folder, kind, 'dead', name))
          .sort(),
        files.sort(),
      );
      for (const file of files) {
        assert.match(file, /\/destinations\/\w+\/dead\/2026-11-21T09-00-00-123Z-[0-9a-f-]{36}\.json$/);
        assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(document(discarded, context))}\n`);
        assert.deepEqual([modeOf(file), modeOf(dirname(file))], [0o600, 0o700]);
      }
    });

  it('that can not be written says why, and leaves nothing half written', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 's3'));
    writeFileSync(join(folder, 's3', 'dead'), '');
    const deliver = createDestination({ address: { kind: 's3', name: 'dead' }, folder, bootstrap: [] });

    await assert.rejects(deliver(discarded, context), /EEXIST|ENOTDIR/);
    assert.deepEqual(readdirSync(join(folder, 's3')), ['dead']);
  });
});

describe('a destination that is a topic', () => {
  const LIMIT = 512 * 1024;
  const record = (offset: number, bytes: number, key: string | null = null) =>
    buildFetchedRecord({
      ...{ topic: 't', partition: 0, offset, timestamp: 1, timestampType: 'LOG_APPEND_TIME', value: null },
      key: key === null ? null : Buffer.from(key),
      headers: [[Buffer.from('h'.repeat(bytes)), null]],
    });
  const discardedOf = (...records: FetchedRecord[]): DiscardedBatch => ({
    ...discarded,
    batch: { ...batch, records: new Map([['t-0', records]]) },
  });
  const sizeOf = (given: DiscardedBatch) =>
    buildRecordDocuments(given, context).reduce(
      (sum, { key, value }) => sum + value.length + (key?.length ?? 0),
      0,
    );

  /** What is sent, by requests. */
  function sentTo(t: TestContext, answer: (request: number) => unknown = () => undefined) {
    const requests: SendOptions<Buffer, Buffer, Buffer, Buffer>[] = [];
    t.mock.method(
      Producer.prototype,
      'send',
      async (options: SendOptions<Buffer, Buffer, Buffer, Buffer>) => {
        requests.push(options);
        await answer(requests.length);
      },
    );
    const address = { kind: 'kafka', topic: 'dead' } as const;
    return { requests, deliver: createDestination({ address, folder: '', bootstrap: ['127.0.0.1:1'] }) };
  }

  it('has a message for each record, with its key if it has one', async (t) => {
    const { requests, deliver } = sentTo(t);
    const given = discardedOf(record(1, 1, 'k'), record(2, 1));

    assert.equal(await deliver(given, context), 'topic dead, 2 messages');
    const [one, two] = buildRecordDocuments(given, context);
    assert.deepEqual(requests, [
      {
        acks: -1,
        messages: [
          { topic: 'dead', value: one?.value, key: Buffer.from('k') },
          { topic: 'dead', value: two?.value },
        ],
      },
    ]);
  });

  it('gets requests of 512 KiB at most, keys counted, and a larger record alone', async (t) => {
    const { requests, deliver } = sentTo(t);
    const counts = async (...records: FetchedRecord[]) => {
      requests.length = 0;
      await deliver(discardedOf(...records), context);
      return requests.map(({ messages }) => messages.length);
    };
    const first = record(1, 200_000, 'key');
    const filled = (more: number) =>
      record(2, 200_000 + LIMIT - sizeOf(discardedOf(first, record(2, 200_000, 'k'))) + more, 'k');
    assert.equal(sizeOf(discardedOf(first, filled(0))), LIMIT);

    assert.deepEqual(await counts(first, filled(0)), [2]);
    assert.deepEqual(await counts(first, filled(1)), [1, 1]);
    assert.deepEqual(await counts(record(1, LIMIT), record(2, 1), record(3, LIMIT)), [1, 1, 1]);
    assert.deepEqual(await counts(...[1, 2, 3, 4, 5].map((offset) => record(offset, 200_000))), [2, 2, 1]);
  });

  it('that refuses a request gets the others, and the refusal is told', async (t) => {
    const refusal = new Error('not now');
    const { requests, deliver } = sentTo(t, (request) => {
      if (request === 1) throw refusal;
    });

    await assert.rejects(deliver(discardedOf(record(1, LIMIT), record(2, LIMIT)), context), refusal);
    assert.equal(requests.length, 2);
  });
});
