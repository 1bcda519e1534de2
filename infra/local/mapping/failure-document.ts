/**
 * The documents of a discarded batch that a destination gets (AWS Lambda docs: kafka-on-failure and
 * kafka-on-failure-destination). Offsets are strings.
 *
 *   SQS, SNS  {requestContext, responseContext, version, timestamp, KafkaBatchInfo{…, recordsInfo{"t-0": first, last}}}
 *   S3        the same, and `payload`: the event as a JSON string
 *   Kafka     one per record: `RetriesExhausted`, `recordInfo`, and `payload`: an event of this record as an object
 */
import { randomUUID } from 'node:crypto';
import { countRecords } from './batch.ts';
import type { DiscardedBatch } from './decide.ts';
import { buildEventPayload, countPayloadBytes, type EventSource, type FetchedRecord } from './kafka-event.ts';

export interface FailureContext {
  readonly source: EventSource;
  readonly functionArn: string;
  readonly now: Date;
}

/** The record's key; null if it has none. */
export interface RecordDocument {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

export function buildBatchDocument(discarded: DiscardedBatch, context: FailureContext): object {
  const { records } = discarded.batch;
  const recordsInfo = Object.fromEntries(Array.from(records, ([label, list]) => [label, boundsOf(list)]));
  const { condition } = discarded;
  return {
    ...contexts(discarded, condition, context.functionArn),
    version: '1.0',
    timestamp: context.now.toISOString(),
    KafkaBatchInfo: {
      batchSize: countRecords(records),
      ...sourceOf(context),
      payloadSize: countPayloadBytes(context.source, records),
      recordsInfo,
    },
  };
}

export function buildBatchDocumentWithPayload(discarded: DiscardedBatch, context: FailureContext): object {
  const payload = buildEventPayload(context.source, discarded.batch.records).toString('latin1');
  return { ...buildBatchDocument(discarded, context), payload };
}

export function buildRecordDocuments(discarded: DiscardedBatch, context: FailureContext): RecordDocument[] {
  const condition =
    discarded.condition === 'RetryAttemptsExhausted' ? 'RetriesExhausted' : discarded.condition;
  return Array.from(discarded.batch.records).flatMap(([label, list]) =>
    list.map((record) => {
      const payload = buildEventPayload(context.source, new Map([[label, [record]]])).toString('latin1');
      const document = {
        ...contexts(discarded, condition, `${context.functionArn}:$LATEST`),
        version: '1.0',
        timestamp: context.now.toISOString(),
        KafkaBatchInfo: {
          batchSize: 1,
          ...sourceOf(context),
          payloadSize: payload.length,
          recordInfo: { offset: String(record.offset), timestamp: timeOf(record) },
        },
        payload: JSON.parse(payload) as unknown,
      };
      const { key } = JSON.parse(record.text) as { key?: string };
      return {
        key: key === undefined ? null : Buffer.from(key, 'base64'),
        value: Buffer.from(JSON.stringify(document)),
      };
    }),
  );
}

/** A batch that was discarded for its size or age, before any invocation, has no response context. */
function contexts({ batch, condition: why }: DiscardedBatch, condition: string, functionArn: string) {
  const { last, invocations } = batch;
  return {
    requestContext: {
      requestId: last?.requestId ?? randomUUID(),
      functionArn,
      condition,
      approximateInvokeCount: invocations,
    },
    responseContext:
      last === undefined || why === 'MaximumPayloadSizeExceeded'
        ? null
        : { statusCode: 200, executedVersion: '$LATEST', functionError: last.functionError },
  };
}

function sourceOf({ source: { arn, bootstrap } }: FailureContext) {
  return { eventSourceArn: arn, bootstrapServers: bootstrap };
}

function boundsOf(list: readonly FetchedRecord[]) {
  const [first, last] = [list[0], list.at(-1)];
  return {
    firstRecordOffset: String(first?.offset),
    lastRecordOffset: String(last?.offset),
    firstRecordTimestamp: timeOf(first),
    lastRecordTimestamp: timeOf(last),
  };
}

/** A producer may write any number as a time. */
function timeOf(record: FetchedRecord | undefined): string {
  const time = new Date(record?.timestamp ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? String(record?.timestamp) : time.toISOString();
}
