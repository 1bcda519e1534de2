/**
 * First stage: the event of a Kafka event source mapping becomes deliveries, one per partition, in offset order (I5).
 *
 *   { "eventSource": "aws:kafka" | "SelfManagedKafka" | …, "records": { "<topic>-<n>": [ record, … ], … } }
 *   record = { topic, partition, offset, timestamp, timestampType, key?, value?, headers? }     AWS Lambda docs: with-msk
 *
 * The keys of `records` are never parsed: topics may hold `-` and `.`, and a published fixture labels partition 0
 * `mytopic-01`. They are only echoed in the partial response, where an identifier that was not in the event retries
 * everything (AWS Lambda docs: kafka-retry-configurations). An event whose positions can't be read is refused whole:
 * nothing in it could be acknowledged safely (I7).
 */
import { AppError } from '../errors.ts';
import { topicPattern } from '../journal/journal-key.ts';
import { type OffsetSet, parseOffsets } from '../journal/offsets.ts';

/** What an operator has decided will never count: for parked records, and for offsets that nothing can deliver any more. */
export interface Acceptance {
  readonly offsets: OffsetSet;
  readonly reason: string;
  readonly who: string;
}

/** One record as Lambda delivers it. A tombstone has no `value`; a null key occurs absent, null and empty. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; the broker's append time on a `LogAppendTime` topic. */
  readonly timestamp: number;
  /** `CREATE_TIME` where the producer has stamped it, `LOG_APPEND_TIME` where the broker has. */
  readonly timestampType?: string;
  readonly key?: string | null;
  readonly value?: string | null;
  /** One-key objects, so that order and repetition survive. */
  readonly headers?: readonly Readonly<Record<string, readonly number[]>>[];
}

export interface KafkaEvent {
  readonly records: Readonly<Record<string, readonly KafkaRecord[]>>;
  /**
   * Set by the operator's redrive, never by Lambda: apply the parked records among these too, where a plain delivery
   * skips them as resolved.
   */
  readonly unpark?: boolean;
  /** Set by the operator's redrive of gaps, never by Lambda: where one holds no record in the log. */
  readonly void?: readonly SomeOffsets[];
  /** Set by the operator's redrive, never by Lambda: park what is rejected of these records, whatever its share. */
  readonly park?: boolean;
  /** Set by the operator's redrive, never by Lambda: what will never be counted, why, and who has decided it. */
  readonly accept?: readonly (SomeOffsets & { readonly reason: string; readonly who: string })[];
}

/** Offsets of a partition, as `formatOffsets` writes them. */
interface SomeOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly offsets: string;
}

/** Of reason and name that go with what is accepted, in characters. */
export const ACCEPTANCE_LENGTH_MAX = 500;

/** The records of one partition, ascending and distinct in offset. */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly KafkaRecord[];
  /** Where the operator has seen that the log holds no record; Lambda's own deliveries have none. */
  readonly empty?: OffsetSet;
  /** What the operator has decided will never be counted. */
  readonly accept?: Acceptance;
}

/** What names a record in a partial batch response: an object, its offset a number. */
export interface ItemIdentifier {
  readonly partition: string;
  readonly offset: number;
}

/** The event, once its every position is known to be readable. Throws `event.malformed`. */
export function readEvent(event: unknown): KafkaEvent {
  const records =
    typeof event === 'object' && event !== null && 'records' in event ? event.records : undefined;
  if (typeof records !== 'object' || records === null || Array.isArray(records)) {
    throw malformed(`its 'records' is ${kindOf(records)}, not an object of arrays by partition`);
  }
  for (const [label, list] of Object.entries(records)) {
    if (!Array.isArray(list)) throw malformed(`records['${label}'] is ${kindOf(list)}, not an array`);
    for (const record of list) assertPosition(record, label);
  }
  for (const name of ['void', 'accept'] as const)
    if (name in (event as object)) assertOffsets(name, (event as KafkaEvent)[name]);
  return event as KafkaEvent;
}

/** Throws `event.topic` where a record or an operator's offsets are of another topic than the group's: it would count beside it. */
export function assertTopic({ records, void: empty = [], accept = [] }: KafkaEvent, topic: string): void {
  const foreign = (at: { readonly topic: string }) => at.topic !== topic;
  const other = [...Object.values(records), empty, accept].map((list) => list.find(foreign)).find(Boolean);
  if (other === undefined) return;
  throw new AppError(
    'event.topic',
    `it holds topic '${other.topic}' partition ${other.partition}, allowed is '${topic}' alone: invoke the function of the group that reads '${other.topic}'`,
  );
}

export function listDeliveries(event: KafkaEvent): Delivery[] {
  const byPartition = new Map<string, KafkaRecord[]>();
  for (const list of Object.values(event.records)) {
    let last: KafkaRecord | undefined;
    let records: KafkaRecord[] = [];
    for (const record of list) {
      if (last === undefined || record.partition !== last.partition || record.topic !== last.topic) {
        const key = formatPartitionKey(record);
        records = byPartition.get(key) ?? [];
        byPartition.set(key, records);
        last = record;
      }
      records.push(record);
    }
  }
  const deliveries = new Map<string, Delivery>();
  for (const [key, records] of byPartition) {
    const ordered = inOffsetOrder(records);
    const { topic, partition } = ordered[0] as KafkaRecord;
    deliveries.set(key, { topic, partition, records: ordered });
  }
  const asked = [
    ...(event.void ?? []).map((of) => ({ of, more: { empty: parseOffsets(of.offsets) } })),
    ...(event.accept ?? []).map((of) => {
      return { of, more: { accept: { reason: of.reason, who: of.who, offsets: parseOffsets(of.offsets) } } };
    }),
  ];
  for (const { of, more } of asked) {
    const { topic, partition } = of;
    const key = formatPartitionKey(of);
    deliveries.set(key, { ...(deliveries.get(key) ?? { topic, partition, records: [] }), ...more });
  }
  return [...deliveries.values()];
}

/** Throws `event.timestamps` where a producer's clock would say in which hour a click is billed. */
export function assertBrokerTimes({ records }: KafkaEvent): void {
  const stamped = Object.values(records)
    .flatMap((list) => list.find(({ timestampType }) => timestampType === 'CREATE_TIME') ?? [])
    .at(0);
  if (stamped === undefined) return;
  const { topic, partition, offset } = stamped;
  throw new AppError(
    'event.timestamps',
    `the record at ${topic} partition ${partition} offset ${offset} has timestampType CREATE_TIME: ` +
      "set message.timestamp.type=LogAppendTime on the topic, or say timestamps: 'producer' of it",
  );
}

/** Names every record of the failed partitions, which is right whether Lambda retries those or resumes at the lowest. */
export function listIdentifiers(event: KafkaEvent, failed: ReadonlySet<string>): ItemIdentifier[] {
  const identifiers: ItemIdentifier[] = [];
  for (const [partition, list] of Object.entries(event.records)) {
    for (const record of list) {
      if (failed.has(formatPartitionKey(record))) identifiers.push({ partition, offset: record.offset });
    }
  }
  return identifiers;
}

export function formatPartitionKey(at: { readonly topic: string; readonly partition: number }): string {
  return `${at.topic}#${at.partition}`;
}

/** Lambda delivers ascending offsets; a replayed or hand-made event may not, so the common case is only checked. */
function inOffsetOrder(records: KafkaRecord[]): KafkaRecord[] {
  let ascending = true;
  for (let i = 1; i < records.length && ascending; i++) {
    ascending = (records[i - 1] as KafkaRecord).offset < (records[i] as KafkaRecord).offset;
  }
  if (ascending) return records;
  records.sort((a, b) => a.offset - b.offset);
  return records.filter((record, i) => i === 0 || (records[i - 1] as KafkaRecord).offset !== record.offset);
}

function assertPosition(record: unknown, label: string): void {
  const { topic, partition, offset, timestamp } = (record ?? {}) as Partial<
    Record<keyof KafkaRecord, unknown>
  >;
  const named = typeof topic === 'string' && topicPattern.test(topic);
  if (named && isCount(partition) && isCount(offset) && typeof timestamp === 'number') return;
  const given = JSON.stringify({ topic, partition, offset, timestamp });
  throw malformed(`a record under '${label}' has no readable position: ${given}`);
}

function assertOffsets(name: 'void' | 'accept', given: unknown): void {
  if (!Array.isArray(given)) throw malformed(`its '${name}' is ${kindOf(given)}, not an array`);
  for (const some of given as unknown[]) {
    const { topic, partition, offsets, reason, who } = (some ?? {}) as Record<string, unknown>;
    const named = typeof topic === 'string' && topicPattern.test(topic) && isCount(partition);
    const signed = name === 'void' || (isReason(reason) && isReason(who));
    if (!named || !signed || typeof offsets !== 'string' || !isOffsets(offsets))
      throw malformed(`its '${name}' has no readable offsets: ${JSON.stringify(some)}`);
  }
}

function isReason(text: unknown): boolean {
  return typeof text === 'string' && text.trim() !== '' && text.length <= ACCEPTANCE_LENGTH_MAX;
}

function isOffsets(text: string): boolean {
  try {
    parseOffsets(text);
    return true;
  } catch {
    return false;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function malformed(detail: string): AppError {
  return new AppError('event.malformed', detail);
}
