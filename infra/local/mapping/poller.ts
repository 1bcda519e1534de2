/**
 * One event poller of a mapping. It gathers records of the partitions that it owns into payloads, delivers each payload, and
 * commits the offsets that were resolved or discarded. Up to five invocations run at once (AWS Lambda docs:
 * kafka-scaling-modes); a partition has records in at most one payload. Records of a partition that another member now owns are let go.
 *
 * The next batching window opens when the previous batch is done. In on-demand mode it opens as soon as the previous
 * invocation is done (AWS Lambda docs: invocation-eventsourcemapping). Here each partition has its own window.
 */
import { randomUUID } from 'node:crypto';
import type { Invoker } from '../sandbox/invoker.ts';
import { Commits } from './commits.ts';
import type { DiscardedBatch, InvocationEnd, RetryRules } from './decide.ts';
import { BatchDelivery } from './delivery.ts';
import { gather, isComplete, type Payload } from './gather.ts';
import { buildEventPayload, type Records } from './kafka-event.ts';
import type { LogReader } from './log-reader.ts';
import type { Membership } from './membership.ts';
import type { PartitionQueue } from './partition-queue.ts';

export interface PollerRules extends RetryRules {
  readonly batchRecords: number;
  readonly windowMs: number;
  readonly provisioned: boolean;
  readonly functionTimeoutMs: number;
}

interface PollerParts {
  readonly rules: PollerRules;
  readonly reader: LogReader;
  readonly membership: Membership;
  /** Borrows a sandbox of the function; rejects if there is none. A used sandbox is returned through `giveBack`. */
  readonly borrow: () => Promise<Invoker>;
  readonly giveBack: (invoker: Invoker) => void;
  readonly discard: (discarded: DiscardedBatch) => Promise<void>;
  readonly log: (message: string) => void;
}

const INVOCATIONS_AT_ONCE = 5;
const FETCH_ATTEMPTS = 20;
const FETCH_PAUSE_MS = 300;
/** How much is fetched ahead of the invocations, per partition: two batches, or two payloads by size. */
const BATCHES_AHEAD = 2;
const BYTES_AHEAD = 12 * 1024 * 1024;
/** Limit for all partitions together. Above it, only partitions that hold less than their share are fetched, so that none waits for another. */
const BYTES_HELD = 64 * 1024 * 1024;

export class Poller {
  readonly #parts: PollerParts;
  readonly #stopped = new AbortController();
  readonly #commits: Commits;
  #running = 0;
  #windowTimer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(parts: PollerParts) {
    this.#parts = parts;
    this.#commits = new Commits(parts.membership, parts.log);
  }

  /** Fetches until stopped. Rejects if the log can't be read. */
  async run(): Promise<void> {
    const { membership } = this.#parts;
    while (!this.#stopped.signal.aborted) {
      const hungry = this.#hungry(membership.queues);
      if (hungry.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await this.#fetch(hungry);
      for (const queue of hungry) this.#commits.add(queue);
      this.pump();
    }
  }

  async #fetch(hungry: readonly PartitionQueue[]): Promise<void> {
    const { reader, membership, log } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        await reader.fetchInto(hungry);
        return;
      } catch (error) {
        if (attempt === FETCH_ATTEMPTS || this.#stopped.signal.aborted) throw error;
        await pause(FETCH_PAUSE_MS);
        for (const done of await reader.backIntoRange(membership.queues).catch(() => [])) log(done);
      }
    }
  }

  /** Call it after a change: records arrived, a batch ended, partitions were assigned. */
  pump(): void {
    this.#wake();
    const { batchRecords: records, windowMs } = this.#parts.rules;
    while (!this.#stopped.signal.aborted && this.#running < INVOCATIONS_AT_ONCE) {
      const free = this.#parts.membership.queues.filter(({ inFlight }) => !inFlight);
      const ready = free.filter(({ waiting }) => waiting > 0);
      for (const queue of free)
        queue.windowFrom = queue.waiting > 0 ? (queue.windowFrom ?? Date.now()) : undefined;
      if (ready.length === 0) return;
      const waitedMs = Date.now() - Math.min(...ready.map(({ windowFrom }) => windowFrom ?? Date.now()));
      if (!isComplete(ready, { records, windowMs }, waitedMs)) {
        this.#pumpAfter(windowMs - waitedMs);
        return;
      }
      void this.#deliver(gather(ready, { records, windowMs }));
    }
  }

  /** Starts no new invocation, waits for those in flight, and commits their offsets. */
  async stop(waitMs: number): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    clearTimeout(this.#windowTimer);
    const until = Date.now() + waitMs;
    while ((this.#running > 0 || this.#commits.pending) && Date.now() < until) await pause(20);
  }

  #hungry(queues: readonly PartitionQueue[]): PartitionQueue[] {
    const held = queues.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);
    const bytes = held < BYTES_HELD ? BYTES_AHEAD : Math.min(BYTES_AHEAD, BYTES_HELD / queues.length);
    const records = BATCHES_AHEAD * this.#parts.rules.batchRecords;
    return queues.filter(({ waiting, waitingBytes }) => waiting < records && waitingBytes < bytes);
  }

  #pumpAfter(ms: number): void {
    clearTimeout(this.#windowTimer);
    this.#windowTimer = setTimeout(() => this.pump(), Math.max(1, ms));
  }

  async #deliver(payload: Payload): Promise<void> {
    const { rules, discard, log } = this.#parts;
    const delivery = new BatchDelivery(payload, {
      rules,
      stopped: this.#stopped.signal,
      invoke: async (records) => {
        const ended = await this.#invoke(records);
        if (!rules.provisioned) for (const { queue } of payload.parts) queue.windowFrom ??= Date.now();
        return ended;
      },
      discard,
      progress: (queue) => {
        this.#commits.add(queue);
        if (!queue.inFlight) this.pump();
      },
      log,
    });
    this.#running += 1;
    await delivery.run();
    this.#running -= 1;
    this.pump();
  }

  async #invoke(records: Records): Promise<{ requestId: string; end: InvocationEnd }> {
    const { rules, borrow, giveBack } = this.#parts;
    const requestId = randomUUID();
    let invoker: Invoker;
    try {
      invoker = await borrow();
    } catch (error) {
      return { requestId, end: { unreached: error instanceof Error ? error.message : String(error) } };
    }
    const end = await invoker.invoke(
      buildEventPayload(rules.source, records),
      rules.functionTimeoutMs,
      requestId,
    );
    giveBack(invoker);
    return { requestId, end };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
