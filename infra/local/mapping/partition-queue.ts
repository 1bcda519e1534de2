/**
 * A poller's state of one partition: its read position, the fetched records that wait, and the offset in flight. At most one
 * batch of a partition is unresolved at a time. So records are delivered in order, and the committed offset is always the
 * lowest unresolved one.
 */
import { countBytes, type FetchedRecord } from './kafka-event.ts';

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to fetch. */
  position: number;
  /** The offset at which reading started. */
  readonly start: number;
  /** The group's committed offset; undefined before the first commit. */
  committed: number | undefined;
  leaderEpoch = -1;
  /** The lowest offset in flight that is neither resolved nor discarded. */
  openFrom: number | undefined;
  /** Start of the batching window of the waiting records, in epoch milliseconds. */
  windowFrom: number | undefined;
  /** True once another member owns the partition. An invocation in flight may end, but its offsets are not committed here. */
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

  /** Offsets without a record for the function, such as transaction markers and filtered records, count as resolved. */
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

  /** Takes records from the front, within both limits; at least one if `first` says that the payload is still empty. */
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
    if (taken.length > 0) this.windowFrom = undefined;
    if (this.#taken > 50_000 || this.#taken === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return taken;
  }
}
