/**
 * What a poller holds of one partition: where it reads, what is fetched and waits, what is in flight. At most one batch
 * of a partition is unresolved at a time, so its records are delivered in order, and what is committed is always the
 * lowest offset that is not resolved.
 */
import { countBytes, type FetchedRecord } from './kafka-event.ts';

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to fetch. */
  position: number;
  /** Where reading began. */
  readonly start: number;
  /** As known to the group; undefined before the first commit of anybody. */
  committed: number | undefined;
  leaderEpoch = -1;
  /** The lowest offset in flight that is neither resolved nor discarded. */
  openFrom: number | undefined;
  /** When the batching window of what waits has opened, in epoch milliseconds. */
  windowFrom: number | undefined;
  /** Set when another member owns the partition now: what is in flight may end, but is not committed from here. */
  revoked = false;
  #waiting: FetchedRecord[] = [];
  #taken = 0;
  #bytes = 0;

  constructor(topic: string, partition: number, position: number, committed: number | undefined) {
    this.topic = topic;
    this.partition = partition;
    this.position = position;
    this.start = position;
    this.committed = committed;
  }

  get label(): string {
    return `${this.topic}-${this.partition}`;
  }

  get inFlight(): boolean {
    return this.openFrom !== undefined;
  }

  /** What has been read and holds no record for the function counts as resolved: markers of transactions, filtered records. */
  get lowestUnresolved(): number {
    return this.openFrom ?? this.#waiting[this.#taken]?.offset ?? this.position;
  }

  get waiting(): number {
    return this.#waiting.length - this.#taken;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  push(records: readonly FetchedRecord[], next: number): void {
    for (const record of records) {
      this.#waiting.push(record);
      this.#bytes += countBytes(record) + 1;
    }
    this.position = next;
  }

  /** Takes records from the front, as many as both limits allow; one at least, if `first` says that nothing is taken yet. */
  take(recordsMax: number, bytesMax: number, first: boolean): FetchedRecord[] {
    const taken: FetchedRecord[] = [];
    let bytes = 0;
    for (let i = this.#taken; i < this.#waiting.length && taken.length < recordsMax; i++) {
      const record = this.#waiting[i] as FetchedRecord;
      const size = countBytes(record) + 1;
      if (bytes + size > bytesMax && !(first && taken.length === 0)) break;
      taken.push(record);
      bytes += size;
    }
    this.#taken += taken.length;
    this.#bytes -= bytes;
    this.windowFrom = undefined;
    if (this.#taken > 50_000 || this.#taken === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return taken;
  }
}
