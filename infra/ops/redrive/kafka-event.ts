/**
 * Records of the log in the form of the mapping's own event (AWS Lambda docs: with-msk), so that a redriven record looks to the function
 * like a delivered one. Key and value are base64, and left out where the log has null; headers keep order and repetition, with their bytes
 * as signed numbers. Everything is ASCII, so its length in characters is its length in bytes.
 *
 *   {"eventSource":"aws:kafka","eventSourceArn":…,"bootstrapServers":"a,b","records":{"<topic>-<partition>":[…]}}
 *
 * Only an operator may add these fields: `unpark` and `park`, `void` for offsets that hold no record, and `accept`.
 */
import type { Acceptance, KafkaRecord } from '../../../shared/event/event.ts';

import { countOffsets, formatOffsets, type OffsetSet } from '../../../shared/journal/offsets.ts';
import type { WholeRecord } from '../../kafka/topic-log.ts';

/** What Lambda takes in one invocation, and a mapping puts into one event (AWS Lambda docs: gettingstarted-limits). */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

export interface RedriveSource {
  readonly topic: string;
  readonly partition: number;
  readonly sourceArn: string;
  readonly bootstrap: string;
}

/** Records of one partition for one invocation. */
export interface RedriveBatch {
  readonly texts: readonly string[];
  /** Offsets among those asked for that hold no record. */
  readonly empty: OffsetSet;
  readonly first: number;
  readonly last: number;
}

/** Of a value: no event can hold one that is longer, and no text one of 400 MB in base64. */
const VALUE_BYTES_MAX = 64 * 1024 * 1024;

/** Of a record that is far too large for an event, the text has no value, and is as long as no event can be. */
export function formatRecord(topic: string, partition: number, record: WholeRecord): string {
  const { offset, time: timestamp, appended, key, value, headers } = record;
  if ((key?.length ?? 0) + (value?.length ?? 0) > VALUE_BYTES_MAX)
    return asciiJson({ topic, partition, offset, timestamp }) + ' '.repeat(PAYLOAD_BYTES_MAX);
  return asciiJson({
    topic,
    partition,
    offset,
    timestamp,
    timestampType: appended ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
    ...(key !== null && { key: key.toString('base64') }),
    ...(value !== null && { value: value.toString('base64') }),
    headers: Array.from(headers, headerOf),
  });
}

/** A record of a destination's document, with only the fields that are known. */
export function formatGivenRecord(record: KafkaRecord & { readonly timestampType?: unknown }): string {
  const { topic, partition, offset, timestamp, key, value, headers = [] } = record;
  const timestampType = record.timestampType === 'CREATE_TIME' ? 'CREATE_TIME' : 'LOG_APPEND_TIME';
  return asciiJson({
    ...{ topic, partition, offset, timestamp, timestampType },
    ...(typeof key === 'string' && { key }),
    ...(typeof value === 'string' && { value }),
    headers,
  });
}

/** What an operator may ask for: to apply parked records too, to park a halted batch, to close gaps. */
export type AskedRecords = 'unpark' | 'park' | 'close' | undefined;

export function buildEventPayload(source: RedriveSource, batch: RedriveBatch, asked: AskedRecords): Buffer {
  const { topic, partition } = source;
  const records = batch.texts.length === 0 ? '' : `"${topic}-${partition}":[${batch.texts.join(',')}]`;
  const empty = { topic, partition, offsets: formatOffsets(batch.empty) };
  const more =
    asked === undefined
      ? ''
      : asked === 'close'
        ? `,"void":${JSON.stringify(countOffsets(batch.empty) > 0 ? [empty] : [])}`
        : `,"${asked}":true`;
  return envelope(source, `{${records}}${more}`);
}

/** An event without records: these offsets will never count. */
export function acceptPayload(source: RedriveSource, { offsets, reason, who }: Acceptance): Buffer {
  const { topic, partition } = source;
  const accept = [{ topic, partition, offsets: formatOffsets(offsets), reason, who }];
  return envelope(source, `{},"accept":${JSON.stringify(accept)}`);
}

function envelope({ sourceArn, bootstrap }: RedriveSource, records: string): Buffer {
  return Buffer.from(
    `{"eventSource":"aws:kafka","eventSourceArn":${JSON.stringify(sourceArn)},` +
      `"bootstrapServers":${JSON.stringify(bootstrap)},"records":${records}}`,
    'utf8',
  );
}

function headerOf([name, value]: readonly [Buffer | null, Buffer | null]): Record<string, number[]> {
  const bytes = Array.from(value ?? [], (byte) => (byte > 127 ? byte - 256 : byte));
  return Object.fromEntries([[name?.toString('utf8') ?? '', bytes]]);
}

function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
