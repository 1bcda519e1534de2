/**
 * Writes records of the log into an event, as Lambda's poller does (AWS Lambda docs: with-msk).
 *
 *   {"eventSource":"aws:kafka","eventSourceArn":…,"bootstrapServers":"a,b","records":{"<topic>-<partition>":[…]}}
 *
 * Key and value are base64. They are left out if the log holds null; a value of zero bytes is "". Headers keep their order and
 * repetitions; their bytes are signed numbers. A record is written once, when it is fetched, because its length
 * counts towards the 6 MB of a payload (AWS Lambda docs: invocation-eventsourcemapping). A record above 64 MB is not written in full:
 * no event can hold it, and above 512 MB no string can. It keeps its length, and reaches a destination without key, value and headers.
 */

/** A record as the event holds it. */
export interface FetchedRecord {
  readonly offset: number;
  /** Epoch milliseconds; the broker's append time if the topic uses LogAppendTime. */
  readonly timestamp: number;
  readonly text: string;
  /** Bytes of key, value and headers that the text leaves out; undefined if it has all of them. */
  readonly leftOut?: number;
}

export interface PolledRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

/** By `<topic>-<partition>`. */
export type Records = ReadonlyMap<string, readonly FetchedRecord[]>;

export interface EventSource {
  readonly arn: string;
  readonly bootstrap: string;
}

export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

/** Limit for key, value and headers together, as bytes in the log. */
const WRITTEN_BYTES_MAX = 64 * 1024 * 1024;

export function buildFetchedRecord(record: PolledRecord): FetchedRecord {
  const bytes = record.headers.reduce(
    (sum, [name, value]) => sum + (name?.length ?? 0) + (value?.length ?? 0),
    (record.key?.length ?? 0) + (record.value?.length ?? 0),
  );
  if (bytes <= WRITTEN_BYTES_MAX) return written(record);
  return { ...written({ ...record, key: null, value: null, headers: [] }), leftOut: bytes };
}

/** The least number of bytes that the record takes in an event. */
export function countBytes({ text, leftOut = 0 }: FetchedRecord): number {
  return text.length + leftOut;
}

function written(record: PolledRecord): FetchedRecord {
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = record;
  const keyText = key === null ? '' : `"key":"${key.toString('base64')}",`;
  const valueText = value === null ? '' : `"value":"${value.toString('base64')}",`;
  const headersText = headers.map(headerText).join(',');
  const text =
    `{"topic":"${topic}","partition":${partition},"offset":${offset},"timestamp":${timestamp},` +
    `"timestampType":"${timestampType}",${keyText}${valueText}"headers":[${headersText}]}`;
  return { offset, timestamp, text };
}

function headerText([name, value]: readonly [Buffer | null, Buffer | null]): string {
  const bytes = value === null ? [] : Array.from(value, (byte) => (byte > 127 ? byte - 256 : byte));
  return `{${asciiJson(name?.toString('utf8') ?? '')}:[${bytes.join(',')}]}`;
}

/** The payload is written as single bytes, so characters beyond ASCII are escaped. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function buildEventPayload(source: EventSource, partitions: Records): Buffer {
  const parts: string[] = [];
  for (const [label, records] of partitions) {
    parts.push(`"${label}":[${records.map(({ text }) => text).join(',')}]`);
  }
  return Buffer.from(`${eventHead(source)},"records":{${parts.join(',')}}}`, 'latin1');
}

/** The length of that payload, without building it. */
export function countPayloadBytes(source: EventSource, partitions: Records): number {
  let bytes = eventHead(source).length + ',"records":{}}'.length;
  for (const [label, records] of partitions) {
    bytes += `"${label}":[],`.length - 1;
    for (const record of records) bytes += countBytes(record) + 1;
  }
  return bytes - 1;
}

function eventHead({ arn, bootstrap }: EventSource): string {
  return `{"eventSource":"aws:kafka","eventSourceArn":${JSON.stringify(arn)},"bootstrapServers":${JSON.stringify(bootstrap)}`;
}
