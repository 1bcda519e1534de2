/**
 * One event poller of a mapping: gathers records of the partitions that it owns into events, invokes the function, and
 * commits what was resolved. Up to five invocations at once (AWS Lambda docs: kafka-scaling-modes), at most one unresolved
 * batch per partition; a failed batch is delivered again, for ever, after a growing pause (the pause between Lambda's
 * own retries for Kafka is not documented). A partition that another member has taken over is let go of: what is in
 * flight of it ends unheard, and its new owner delivers it again.
 */
import type { Invoker } from '../sandbox/invoker.ts';
import { type InvocationEnd, verdictOn } from './answer.ts';
import { type Batch, gather, isComplete } from './gather.ts';
import { type EventSource, eventPayload, type FetchedRecord } from './kafka-event.ts';
import type { LogReader } from './log-reader.ts';
import type { Membership } from './membership.ts';
import type { PartitionQueue } from './partition-queue.ts';

export interface PollerRules {
  readonly batchRecords: number;
  readonly windowMs: number;
  readonly partialResponses: boolean;
  readonly functionTimeoutMs: number;
}

export interface PollerParts {
  readonly source: EventSource;
  readonly rules: PollerRules;
  readonly reader: LogReader;
  readonly membership: Membership;
  /** Borrows a sandbox of the function; a used one comes back through `giveBack`. */
  readonly borrow: () => Promise<Invoker>;
  readonly giveBack: (invoker: Invoker) => void;
  readonly log: (message: string) => void;
}

const INVOCATIONS_AT_ONCE = 5;
const FETCH_ATTEMPTS = 20;
const FETCH_PAUSE_MS = 300;
const RETRY_PAUSE_MS_MIN = 100;
const RETRY_PAUSE_MS_MAX = 5_000;
/** Fetched ahead of the invocations, per partition: two batches, or two payloads by size. */
const BATCHES_AHEAD = 2;
const BYTES_AHEAD = 12 * 1024 * 1024;

export class Poller {
  readonly #parts: PollerParts;
  readonly #stopped = new AbortController();
  readonly #toCommit = new Map<PartitionQueue, number>();
  #running = 0;
  #committing: Promise<void> | undefined;
  #waitingSince: number | undefined;
  #windowTimer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  /** Fetches until stopped. Rejects where the log can't be read. */
  async run(): Promise<void> {
    const { membership } = this.#parts;
    while (!this.#stopped.signal.aborted) {
      const hungry = membership.queues.filter((queue) => this.#wantsMore(queue));
      if (hungry.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await this.#fetch(hungry);
      this.pump();
    }
  }

  async #fetch(hungry: readonly PartitionQueue[]): Promise<void> {
    const { reader, log } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        await reader.fetchInto(hungry);
        return;
      } catch (error) {
        if (attempt === FETCH_ATTEMPTS || this.#stopped.signal.aborted) throw error;
        await pause(FETCH_PAUSE_MS);
        for (const done of await reader.backIntoRange(hungry).catch(() => [])) log(done);
      }
    }
  }

  /** Something has changed: records came, a batch ended, partitions were assigned. */
  pump(): void {
    this.#wake();
    while (!this.#stopped.signal.aborted && this.#running < INVOCATIONS_AT_ONCE) {
      const ready = this.#parts.membership.queues.filter(({ inFlight, waiting }) => !inFlight && waiting > 0);
      if (ready.length === 0) this.#waitingSince = undefined;
      else this.#waitingSince ??= Date.now();
      const waitedMs = Date.now() - (this.#waitingSince ?? Date.now());
      const { batchRecords: records, windowMs } = this.#parts.rules;
      if (!isComplete(ready, { records, windowMs }, waitedMs)) {
        if (ready.length > 0) this.#pumpAfter(windowMs - waitedMs);
        return;
      }
      this.#waitingSince = undefined;
      void this.#deliver(gather(ready, { records, windowMs }));
    }
  }

  /** Begins nothing more, waits for what is in flight, and commits it. */
  async stop(waitMs: number): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    clearTimeout(this.#windowTimer);
    const until = Date.now() + waitMs;
    while ((this.#running > 0 || this.#committing !== undefined) && Date.now() < until) await pause(20);
  }

  #wantsMore(queue: PartitionQueue): boolean {
    return queue.waiting < BATCHES_AHEAD * this.#parts.rules.batchRecords && queue.waitingBytes < BYTES_AHEAD;
  }

  #pumpAfter(ms: number): void {
    clearTimeout(this.#windowTimer);
    this.#windowTimer = setTimeout(() => this.pump(), Math.max(1, ms));
  }

  async #deliver(batch: Batch): Promise<void> {
    const open = new Map(batch.parts.map(({ queue, records }) => [queue, records] as const));
    for (const queue of open.keys()) queue.inFlight = true;
    this.#running += 1;
    for (let attempt = 1; open.size > 0; attempt++) {
      const end = await this.#invoke(open);
      this.#settle(batch, open, end);
      for (const queue of [...open.keys()]) if (queue.revoked) open.delete(queue);
      if (open.size === 0 || this.#stopped.signal.aborted) break;
      await pause(Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS_MIN * 2 ** (attempt - 1)));
    }
    this.#running -= 1;
    this.pump();
  }

  async #invoke(open: ReadonlyMap<PartitionQueue, readonly FetchedRecord[]>): Promise<InvocationEnd> {
    const { source, rules, borrow, giveBack } = this.#parts;
    const partitions = new Map(Array.from(open, ([queue, records]) => [queue.label, records]));
    const payload = eventPayload(source, partitions);
    const invoker = await borrow();
    const end = await invoker.invoke(payload, rules.functionTimeoutMs);
    giveBack(invoker);
    return end;
  }

  /** Takes out of `open` what was resolved (then the whole batch is, whichever records came last), and keeps what was not. */
  #settle(batch: Batch, open: Map<PartitionQueue, readonly FetchedRecord[]>, end: InvocationEnd): void {
    const given = new Map(
      Array.from(open, ([queue, records]) => [queue.label, records.map(({ offset }) => offset)]),
    );
    const verdict = verdictOn(end, given, this.#parts.rules.partialResponses);
    if (verdict.because !== undefined)
      this.#parts.log(`${[...given.keys()].join(', ')} again: ${verdict.because}`);
    for (const { queue, records: all } of batch.parts) {
      const records = open.get(queue);
      if (records === undefined) continue;
      const again = verdict.retry.get(queue.label);
      if (again === undefined) {
        open.delete(queue);
        queue.inFlight = false;
        this.#resolved(queue, (all.at(-1)?.offset ?? -1) + 1);
        continue;
      }
      const offsets = new Set(again);
      const left = records.filter(({ offset }) => offsets.has(offset));
      open.set(queue, left);
      this.#resolved(queue, left[0]?.offset ?? 0);
    }
  }

  /** Commits, one request at a time, the newest of what is known. */
  #resolved(queue: PartitionQueue, next: number): void {
    if (queue.revoked || next <= (queue.committed ?? -1)) return;
    this.#toCommit.set(queue, next);
    this.#committing ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    while (this.#toCommit.size > 0) {
      const offsets = new Map(this.#toCommit);
      this.#toCommit.clear();
      try {
        await this.#parts.membership.commit(offsets);
      } catch (error) {
        this.#parts.log(`commit failed: ${error instanceof Error ? error.message : String(error)}`);
        await pause(200);
        for (const [queue, next] of offsets) {
          if (!queue.revoked && !this.#toCommit.has(queue)) this.#toCommit.set(queue, next);
        }
      }
    }
    this.#committing = undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
