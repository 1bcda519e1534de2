/**
 * The log of a topic, read by explicit assignment: it joins no group and commits nothing, so reading changes nothing. Shares no code with
 * the pipe.
 *
 * Only committed records count as records of the log: those of aborted transactions do not exist, and those after a transaction that is
 * still open do not exist yet (docs/adr/0021).
 */

import { Admin, Consumer, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { awaitAnswer } from '../terminal/answer-of.ts';
import { UserError } from '../terminal/user-error.ts';
import type { KafkaAccess } from './kafka-access.ts';

export interface LogRecord {
  readonly offset: number;
  /** Epoch milliseconds: of appending where the topic says so, else the producer's. */
  readonly time: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** All of a record, as a mapping would put it into its event. */
export interface WholeRecord extends LogRecord {
  /** Whether its time is that of appending. */
  readonly appended: boolean;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

export interface Bounds {
  /** Offset of the oldest record that is kept. */
  readonly start: number;
  /** Offset after the newest one. */
  readonly end: number;
}

/** The part of a topic's log that an audit needs. */
export interface AuditedLog {
  bounds(): Promise<Bounds[]>;
  committed(partitions: number): Promise<(number | undefined)[]>;
  records(partition: number, bounds: Bounds): AsyncIterable<LogRecord>;
}

const FETCH_BYTES = 8 * 1024 * 1024;
const TIMESTAMP_TYPE_BIT = 0b1000;
const TRANSACTIONAL_BIT = 0b10000;
const CONTROL_BIT = 0b100000;
/** The key of a control record: two bytes of a version, two of what it ends a transaction with, where 0 is an abort. */
const ENDS_WITH_AT = 2;
const ENDS_WITH_ABORT = 0;

type FetchedPartition = Awaited<ReturnType<Consumer['fetch']>>['responses'][number]['partitions'][number];
type Batch = NonNullable<FetchedPartition['records']>[number];

export class TopicLog {
  readonly #consumer: Consumer;
  readonly #access: KafkaAccess;
  readonly #topic: string;
  readonly #group: string;
  readonly #kafka: string;

  /** @param groupId whose committed offsets are asked for; it is not joined */
  constructor(kafka: KafkaAccess, topic: string, groupId: string) {
    this.#access = kafka;
    this.#topic = topic;
    this.#group = groupId;
    this.#kafka = `Kafka at ${kafka.bootstrapBrokers.join(',')}`;
    this.#consumer = new Consumer({
      clientId: 'clickledger-audit',
      groupId,
      ...kafka,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      connectTimeout: 3_000,
      requestTimeout: 10_000,
      retries: 5,
      retryDelay: 300,
    });
    this.#consumer.topics.track(topic);
  }

  /** By partition. */
  async bounds(): Promise<Bounds[]> {
    const of = { topics: [this.#topic] };
    const starts = await this.#answer(
      this.#consumer.listOffsets({ ...of, timestamp: ListOffsetTimestamps.EARLIEST }),
    );
    const ends = await this.#answer(
      this.#consumer.listOffsets({ ...of, timestamp: ListOffsetTimestamps.LATEST }),
    );
    return (ends.get(this.#topic) ?? []).map((end, partition) => ({
      start: Number(starts.get(this.#topic)?.[partition] ?? 0n),
      end: Number(end),
    }));
  }

  /** By partition: the first offset of that time (epoch milliseconds) or later; undefined where no record is as new. */
  async offsetsAt(time: number): Promise<(number | undefined)[]> {
    const found = await this.#answer(
      this.#consumer.listOffsets({ topics: [this.#topic], timestamp: BigInt(time) }),
    );
    return (found.get(this.#topic) ?? []).map((offset) => (offset < 0n ? undefined : Number(offset)));
  }

  /** By partition: the offset that the group reads next; undefined where it has committed none. */
  async committed(partitions: number): Promise<(number | undefined)[]> {
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const found = await this.#answer(
      this.#consumer.listCommittedOffsets({ topics: [{ topic: this.#topic, partitions: all }] }),
    );
    const offsets = all.map((partition) => found.get(this.#topic)?.[partition] ?? -1n);
    if (offsets.every((offset) => offset < 0n)) await this.#assertGroup();
    return offsets.map((offset) => (offset < 0n ? undefined : Number(offset)));
  }

  /** A group that has committed nothing exists while it has members. */
  async #assertGroup(): Promise<void> {
    const admin = new Admin({ clientId: 'clickledger-audit', ...this.#access });
    try {
      const known = [...(await this.#answer(admin.listGroups({}))).keys()];
      if (!known.includes(this.#group))
        throw new UserError(
          `Kafka knows no group '${this.#group}', so its progress is unknown; known are ${known.join(', ') || 'none'}`,
        );
    } finally {
      await admin.close().catch(() => {});
    }
  }

  /**
   * The records from `start` up to, not including, `end`.
   * @param fetchBytes of one fetch: less for who wants few records
   */
  async *records(
    partition: number,
    { start, end }: Bounds,
    fetchBytes = FETCH_BYTES,
  ): AsyncGenerator<WholeRecord> {
    for (let next = BigInt(start); next < end; ) {
      const fetched = await this.#answer(this.#fetch(partition, next, fetchBytes));
      const committed = fetched === undefined ? new Set() : findCommittedBatches(fetched);
      for (const batch of fetched?.records ?? []) {
        const stamped = (batch.attributes & TIMESTAMP_TYPE_BIT) !== 0;
        for (const record of committed.has(batch) ? batch.records : []) {
          const offset = batch.firstOffset + BigInt(record.offsetDelta);
          const time = stamped ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta;
          if (offset >= next && offset < end)
            yield {
              offset: Number(offset),
              time: Number(time),
              appended: stamped,
              key: record.key,
              value: record.value,
              headers: record.headers,
            };
        }
        const after = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
        if (after > next) next = after;
      }
    }
  }

  async close(): Promise<void> {
    await this.#consumer.close();
  }

  #answer<Answer>(asked: Promise<Answer>): Promise<Answer> {
    return awaitAnswer(this.#kafka, asked);
  }

  async #fetch(partition: number, fetchOffset: bigint, bytes: number): Promise<FetchedPartition | undefined> {
    const metadata = await this.#consumer.metadata({ topics: [this.#topic] });
    const described = metadata.topics.get(this.#topic);
    const asked = { partition, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const response = await this.#consumer.fetch({
      node: described?.partitions[partition]?.leader ?? 0,
      topics: [{ topicId: described?.id ?? '', partitions: [{ ...asked, partitionMaxBytes: bytes }] }],
      maxBytes: bytes,
      maxWaitTime: 500,
      minBytes: 1,
    });
    return response.responses
      .flatMap(({ partitions }) => partitions)
      .find((each) => each.partitionIndex === partition);
  }
}

/**
 * Of one answer of the broker, the batches that hold records which count. The answer names each aborted transaction that touches
 * it by producer and first offset. Of a producer, such a transaction is all from there up to its abort marker, or up to the end of
 * the answer where the marker lies behind it. The client has left out some of these batches, but never a marker.
 */
export function findCommittedBatches(
  fetched: Pick<FetchedPartition, 'records' | 'abortedTransactions'>,
): Set<Batch> {
  const batches = fetched.records ?? [];
  const committed = new Set(batches.filter(({ attributes }) => (attributes & CONTROL_BIT) === 0));
  const byProducer = Map.groupBy(batches, ({ producerId }) => producerId);
  for (const [producer, aborted] of Map.groupBy(
    fetched.abortedTransactions ?? [],
    ({ producerId }) => producerId,
  )) {
    const starts = aborted.map(({ firstOffset }) => firstOffset).sort((a, b) => (a < b ? -1 : 1));
    let begun = 0;
    let ended = 0;
    for (const batch of byProducer.get(producer) ?? []) {
      while ((starts[begun] ?? batch.firstOffset + 1n) <= batch.firstOffset) begun += 1;
      if (isAbortMarker(batch)) ended = begun;
      else if (begun > ended && (batch.attributes & TRANSACTIONAL_BIT) !== 0) committed.delete(batch);
    }
  }
  return committed;
}

function isAbortMarker({ attributes, records }: Batch): boolean {
  return (attributes & CONTROL_BIT) !== 0 && records[0]?.key?.readInt16BE(ENDS_WITH_AT) === ENDS_WITH_ABORT;
}
