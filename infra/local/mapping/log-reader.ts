/**
 * Reads the log for a poller. It fetches from the leaders of the assigned partitions and turns record batches into records
 * of the event. It joins no group, so a long poll never delays a heartbeat.
 *
 * It uses the client's plain fetch, not its message stream. On a LogAppendTime topic a record's time is its batch's
 * (bit 3 of the batch's attributes), but the stream gives the producer's.
 *
 * Records of aborted transactions are skipped, as Kafka's own client does at `read_committed` (docs/adr/0021). The client's
 * filter skips only some of them, so they are filtered here again.
 */
import { Consumer, FetchIsolationLevels, ListOffsetTimestamps, type RecordsBatch } from '@platformatic/kafka';
import { buildFetchedRecord, type FetchedRecord } from './kafka-event.ts';
import type { PartitionQueue } from './partition-queue.ts';

const IS_LOG_APPEND_TIME = 1 << 3;
const IS_TRANSACTIONAL = 1 << 4;
const IS_CONTROL = 1 << 5;
/** Type of a control record; in its key, after two bytes of version (Kafka docs: ControlRecordType). */
const ABORT_MARKER = 0;
const MAX_WAIT_MS = 250;
const PARTITION_BYTES = 4 * 1024 * 1024;
/** Limit for all partitions of one response, because its records become objects at the same time. */
const FETCH_BYTES = 16 * 1024 * 1024;

interface LogReaderOptions {
  readonly bootstrap: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  readonly topic: string;
  /** Decides by a record's value whether the function gets it. Other records are skipped. */
  readonly isWanted?: IsWanted;
}

type IsWanted = (value: Buffer | null) => boolean;

export class LogReader {
  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #isWanted: IsWanted;
  /** Id of the topic that was read last. Another id means a recreated topic of the same name. */
  #topicId: string | undefined;
  #fetches = 0;

  constructor({ bootstrap, groupId, clientId, topic, isWanted = () => true }: LogReaderOptions) {
    this.#consumer = new Consumer({
      clientId,
      groupId,
      bootstrapBrokers: [...bootstrap],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      retries: 2,
      retryDelay: 200,
    });
    this.#consumer.topics.track(topic);
    this.#topic = topic;
    this.#isWanted = isWanted;
  }

  /** Fetches once for the given partitions and appends the records. Waits up to 250 ms when there are none. */
  async fetchInto(queues: readonly PartitionQueue[]): Promise<void> {
    const topic = await this.#topicWith(queues);
    if (topic === undefined) throw new Error(`topic ${this.#topic} does not exist on the broker`);
    this.#topicId ??= topic.id;
    if (topic.id !== this.#topicId) throw new Error(`topic ${this.#topic} was recreated`);
    // A broker fills its response in the order of the request, so each partition takes its turn as the first.
    const first = this.#fetches++ % Math.max(1, queues.length);
    const inTurn = [...queues.slice(first), ...queues.slice(0, first)];
    const byLeader = Map.groupBy(inTurn, ({ partition }) => topic.partitions[partition]?.leader ?? -1);
    await Promise.all(
      Array.from(byLeader, async ([node, led]) => {
        const response = await this.#consumer.fetch({
          node,
          topics: [{ topicId: topic.id, partitions: led.map(fetchPartition) }],
          maxWaitTime: MAX_WAIT_MS,
          minBytes: 1,
          maxBytes: Math.min(FETCH_BYTES, PARTITION_BYTES * led.length),
        });
        for (const { partitions } of response.responses) {
          for (const { partitionIndex, records, abortedTransactions } of partitions) {
            const queue = led.find(({ partition }) => partition === partitionIndex);
            const isAborted = findAborted(abortedTransactions ?? []);
            if (queue !== undefined && !queue.revoked)
              append(queue, records ?? [], isAborted, this.#isWanted);
          }
        }
      }),
    );
  }

  /**
   * Moves positions that the log no longer holds to its start. Retention may have removed them; a log that is shorter than
   * before, or that belongs to a recreated topic, is another log, which the ledger will notice (I10). Kafka has then lost the
   * group's commits, so a new poller would start there too. Returns one sentence for each moved position.
   */
  async backIntoRange(queues: readonly PartitionQueue[]): Promise<string[]> {
    const topics = [this.#topic];
    const current = (await this.#consumer.metadata({ topics, forceUpdate: true })).topics.get(this.#topic);
    const isAnother = this.#topicId !== undefined && current !== undefined && current.id !== this.#topicId;
    const { earliest, latest } = await this.bounds();
    const done = queues.flatMap((queue) => {
      const from = earliest[queue.partition] ?? 0;
      const to = latest[queue.partition] ?? 0;
      if (!isAnother && queue.position >= from && queue.position <= to) return [];
      const was = queue.position;
      queue.position = from;
      return [
        isAnother
          ? `${queue.label}: the topic was recreated; reading starts at offset ${from} instead of ${was}`
          : `${queue.label}: offset ${was} is not in the log (${from} to ${to}); reading continues at ${from}`,
      ];
    });
    if (current !== undefined) this.#topicId = current.id;
    return done;
  }

  /** The topic's metadata, read again if it lacks one of the partitions. */
  async #topicWith(queues: readonly PartitionQueue[]) {
    const topics = [this.#topic];
    const known = (await this.#consumer.metadata({ topics })).topics.get(this.#topic);
    if (queues.every(({ partition }) => known?.partitions[partition] !== undefined)) return known;
    return (await this.#consumer.metadata({ topics, forceUpdate: true })).topics.get(this.#topic);
  }

  /** The oldest and the next offset of each partition. */
  async bounds(): Promise<{ earliest: number[]; latest: number[] }> {
    const at = async (timestamp: bigint) => {
      const offsets = await this.#consumer.listOffsets({ topics: [this.#topic], timestamp });
      return (offsets.get(this.#topic) ?? []).map(Number);
    };
    return {
      earliest: await at(ListOffsetTimestamps.EARLIEST),
      latest: await at(ListOffsetTimestamps.LATEST),
    };
  }

  /** Per partition, the first offset at or after a time (epoch milliseconds); the next offset if no record is as new. */
  async offsetsAt(timestamp: number): Promise<number[]> {
    const offsets = await this.#consumer.listOffsets({ topics: [this.#topic], timestamp: BigInt(timestamp) });
    const { latest } = await this.bounds();
    return (offsets.get(this.#topic) ?? []).map((offset, partition) =>
      offset < 0n ? (latest[partition] ?? 0) : Number(offset),
    );
  }

  close(): Promise<void> {
    return this.#consumer.close(true);
  }
}

function fetchPartition(queue: PartitionQueue) {
  return {
    partition: queue.partition,
    currentLeaderEpoch: -1,
    fetchOffset: BigInt(queue.position),
    lastFetchedEpoch: -1,
    partitionMaxBytes: PARTITION_BYTES,
  };
}

interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/**
 * Returns a function that tells whether a batch belongs to an aborted transaction. Call it for the batches of one response in
 * their order. The broker lists every aborted transaction that overlaps its response, also one that starts before it or ends
 * after it. A producer has one transaction at a time: all its batches from the first offset up to the end marker belong to it.
 */
export function findAborted(transactions: readonly AbortedTransaction[]): (batch: RecordsBatch) => boolean {
  const ahead = transactions.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  let begun = 0;
  return ({ attributes, firstOffset, lastOffsetDelta, producerId, records }) => {
    const last = firstOffset + BigInt(lastOffsetDelta);
    for (let next = ahead[begun]; next !== undefined && next.firstOffset <= last; next = ahead[begun]) {
      aborting.add(next.producerId);
      begun += 1;
    }
    const isControl = (attributes & IS_CONTROL) !== 0;
    if (isControl && records[0]?.key?.readInt16BE(2) === ABORT_MARKER) aborting.delete(producerId);
    return !isControl && (attributes & IS_TRANSACTIONAL) !== 0 && aborting.has(producerId);
  };
}

/** A fetch may start in the middle of a batch; records before the position were delivered already. */
function append(
  queue: PartitionQueue,
  batches: readonly RecordsBatch[],
  isAborted: (batch: RecordsBatch) => boolean,
  isWanted: IsWanted,
): void {
  for (const batch of batches) {
    const isRead = !isAborted(batch) && (batch.attributes & IS_CONTROL) === 0;
    const first = Number(batch.firstOffset);
    const next = first + batch.lastOffsetDelta + 1;
    if (next <= queue.position) continue;
    queue.leaderEpoch = batch.partitionLeaderEpoch;
    queue.push(isRead ? recordsOf(batch, first, queue, isWanted) : [], next);
  }
}

function recordsOf(
  batch: RecordsBatch,
  first: number,
  { topic, partition, position }: PartitionQueue,
  isWanted: IsWanted,
): FetchedRecord[] {
  const appendTime = (batch.attributes & IS_LOG_APPEND_TIME) !== 0;
  const base = Number(appendTime ? batch.maxTimestamp : batch.firstTimestamp);
  const records: FetchedRecord[] = [];
  for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
    const offset = first + offsetDelta;
    if (offset < position || !isWanted(value)) continue;
    const timestamp = appendTime ? base : base + Number(timestampDelta);
    const timestampType = appendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME';
    records.push(
      buildFetchedRecord({ topic, partition, offset, timestamp, timestampType, key, value, headers }),
    );
  }
  return records;
}
