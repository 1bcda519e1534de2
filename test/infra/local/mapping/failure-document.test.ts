import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MappingBatch } from '../../../../infra/local/mapping/batch.ts';
import type { DiscardedBatch } from '../../../../infra/local/mapping/decide.ts';
import {
  buildBatchDocument,
  buildBatchDocumentWithPayload,
  buildRecordDocuments,
} from '../../../../infra/local/mapping/failure-document.ts';
import { buildEventPayload, buildFetchedRecord } from '../../../../infra/local/mapping/kafka-event.ts';

const context = {
  source: { arn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1', bootstrap: 'b-1:9098,b-2:9098' },
  functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:fraud',
  now: new Date('2026-11-21T09:00:00.123Z'),
};
const at = Date.parse('2026-11-21T08:00:00.000Z');

const record = (partition: number, offset: number, key: string | null) =>
  buildFetchedRecord({
    topic: 'clicks',
    partition,
    offset,
    timestamp: at + offset,
    timestampType: 'LOG_APPEND_TIME',
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from('ë'),
    headers: [],
  });

const batch: MappingBatch = {
  records: new Map([
    ['clicks-0', [record(0, 5, 'k'), record(0, 7, null)]],
    ['clicks-3', [record(3, 4711, 'l')]],
  ]),
  failures: 4,
  invocations: 6,
  last: { requestId: 'a-request', functionError: 'Unhandled' },
};
const discarded: DiscardedBatch = { batch, condition: 'RetryAttemptsExhausted', because: 'TypeError' };

/** AWS Lambda docs: kafka-on-failure. */
const expected = {
  requestContext: {
    requestId: 'a-request',
    functionArn: context.functionArn,
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 6,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
  timestamp: '2026-11-21T09:00:00.123Z',
  KafkaBatchInfo: {
    batchSize: 3,
    eventSourceArn: context.source.arn,
    bootstrapServers: context.source.bootstrap,
    payloadSize: buildEventPayload(context.source, batch.records).length,
    recordsInfo: {
      'clicks-0': {
        firstRecordOffset: '5',
        lastRecordOffset: '7',
        firstRecordTimestamp: '2026-11-21T08:00:00.005Z',
        lastRecordTimestamp: '2026-11-21T08:00:00.007Z',
      },
      'clicks-3': {
        firstRecordOffset: '4711',
        lastRecordOffset: '4711',
        firstRecordTimestamp: '2026-11-21T08:00:04.711Z',
        lastRecordTimestamp: '2026-11-21T08:00:04.711Z',
      },
    },
  },
};

describe('the document of a discarded batch', () => {
  it('for a queue or an SNS topic names the positions of the records, but holds no record', () => {
    assert.deepEqual(buildBatchDocument(discarded, context), expected);
  });

  it('for a bucket also holds the whole event, as a JSON string', () => {
    const { payload, ...rest } = buildBatchDocumentWithPayload(discarded, context) as { payload: string };

    assert.deepEqual(rest, expected);
    const event = JSON.parse(payload) as { records: Record<string, { offset: number; value: string }[]> };
    assert.deepEqual(event, JSON.parse(buildEventPayload(context.source, batch.records).toString()));
    assert.equal(event.records['clicks-3']?.[0]?.value, Buffer.from('ë').toString('base64'));
  });

  it('has no response if the record was too large, or too old before any attempt', () => {
    const tooLarge: DiscardedBatch = { batch, condition: 'MaximumPayloadSizeExceeded', because: 'large' };
    const tooOld: DiscardedBatch = { ...discarded, batch: { ...batch, invocations: 0, last: undefined } };

    for (const [given, condition] of [
      [tooLarge, 'MaximumPayloadSizeExceeded'],
      [tooOld, 'RetryAttemptsExhausted'],
    ] as const) {
      const document = buildBatchDocument(given, context) as typeof expected;
      assert.equal(document.responseContext, null);
      assert.equal(document.requestContext.condition, condition);
      assert.ok(document.requestContext.requestId.length > 0);
    }
  });

  it('has no function error if the function returned a list of failures', () => {
    const returned = { ...batch, last: { requestId: 'r', functionError: null } };
    const document = buildBatchDocument({ ...discarded, batch: returned }, context) as typeof expected;

    assert.deepEqual(document.responseContext, {
      statusCode: 200,
      executedVersion: '$LATEST',
      functionError: null,
    });
  });

  /** AWS Lambda docs: kafka-on-failure-destination. */
  it('for a Kafka topic is one message per record, with its key and its event as an object', () => {
    const documents = buildRecordDocuments(discarded, context);

    const [first] = documents.map(({ value }) => JSON.parse(value.toString()));
    const { payload, ...rest } = first;
    assert.deepEqual(
      documents.map(({ key }) => key?.toString()),
      ['k', undefined, 'l'],
    );
    const { recordsInfo: _, ...source } = expected.KafkaBatchInfo;
    assert.deepEqual(rest, {
      ...expected,
      requestContext: {
        ...expected.requestContext,
        condition: 'RetriesExhausted',
        functionArn: `${context.functionArn}:$LATEST`,
      },
      KafkaBatchInfo: {
        ...source,
        batchSize: 1,
        payloadSize: JSON.stringify(payload).length,
        recordInfo: { offset: '5', timestamp: '2026-11-21T08:00:00.005Z' },
      },
    });
    assert.deepEqual(payload.records, { 'clicks-0': [JSON.parse(record(0, 5, 'k').text)] });
  });

  it('for a Kafka topic names a record that was too large as that, without a response', () => {
    const tooLarge: DiscardedBatch = { batch, condition: 'MaximumPayloadSizeExceeded', because: 'large' };

    const [first] = buildRecordDocuments(tooLarge, context).map(({ value }) => JSON.parse(value.toString()));

    assert.equal(first.requestContext.condition, 'MaximumPayloadSizeExceeded');
    assert.equal(first.responseContext, null);
  });

  it('shows a time that is no date as the number that the producer wrote', () => {
    const records = new Map([['clicks-0', [{ offset: 5, timestamp: 9e15, text: '{}' }]]]);
    const odd = buildBatchDocument(
      { ...discarded, batch: { ...batch, records } },
      context,
    ) as typeof expected;

    const { firstRecordTimestamp, lastRecordTimestamp } = odd.KafkaBatchInfo.recordsInfo['clicks-0'];
    assert.deepEqual([firstRecordTimestamp, lastRecordTimestamp], ['9000000000000000', '9000000000000000']);
  });
});
