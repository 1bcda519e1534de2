/**
 * One payload from its first attempt until every record of it is resolved or discarded: asks `decide` what is to be done,
 * and does it, one batch after the other. What another member owns by now is let go of, in flight or not: that one
 * delivers it again, and gives it up if need be.
 */
import { buildBatch, type MappingBatch, splitBatch } from './batch.ts';
import { type DiscardedBatch, decide, type InvocationEnd, type RetryRules } from './decide.ts';
import type { Payload } from './gather.ts';
import type { Records } from './kafka-event.ts';
import type { PartitionQueue } from './partition-queue.ts';

export interface DeliveryParts {
  readonly rules: RetryRules;
  readonly stopped: AbortSignal;
  readonly invoke: (records: Records) => Promise<{ readonly requestId: string; readonly end: InvocationEnd }>;
  /** Brings it to the destination, or drops it; never rejects. */
  readonly discard: (discarded: DiscardedBatch) => Promise<void>;
  /** Less of a partition is open than before. */
  readonly progress: (queue: PartitionQueue) => void;
  readonly log: (message: string) => void;
}

/** How long Lambda pauses is not documented for Kafka. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export class BatchDelivery {
  readonly #parts: DeliveryParts;
  /** Of which something is open. */
  readonly #queues: Map<string, PartitionQueue>;
  #open: readonly MappingBatch[];

  constructor({ parts: taken }: Payload, parts: DeliveryParts) {
    this.#parts = parts;
    this.#queues = new Map(taken.map(({ queue }) => [queue.label, queue]));
    this.#open = [buildBatch(new Map(taken.map(({ queue, records }) => [queue.label, records])))];
    this.#keep(this.#open);
  }

  async run(): Promise<void> {
    const { rules, invoke, log, stopped } = this.#parts;
    let unreachedInARow = 0;
    for (;;) {
      this.#keep(this.#open);
      const [batch, ...rest] = this.#open;
      if (batch === undefined) return;
      const due = decide(batch, 'due', rules, Date.now());
      if (due.discarded.length > 0 || due.deliver.length !== 1) {
        await this.#discard(due.discarded);
        this.#keep([...due.deliver, ...rest]);
        continue;
      }
      const happened = await invoke(batch.records);
      const decision = decide(batch, happened, rules, Date.now());
      await this.#discard(decision.discarded);
      this.#keep([...decision.deliver, ...rest]);
      unreachedInARow = 'unreached' in happened.end ? unreachedInARow + 1 : 0;
      if (decision.because !== undefined)
        log(`${[...batch.records.keys()].join(', ')} failed: ${decision.because}`);
      if (stopped.aborted) return;
      const [next] = this.#open;
      if (decision.because !== undefined && next !== undefined) await pause(next.failures + unreachedInARow);
    }
  }

  async #discard(all: readonly DiscardedBatch[]): Promise<void> {
    for (const discarded of all) {
      const [mine] = this.#owned(discarded.batch);
      if (mine !== undefined) await this.#parts.discard({ ...discarded, batch: mine });
    }
  }

  #keep(open: readonly MappingBatch[]): void {
    this.#open = open.flatMap((batch) => this.#owned(batch));
    for (const [label, queue] of this.#queues) {
      const first = this.#open.flatMap(({ records }) => records.get(label)?.[0]?.offset ?? []);
      const openFrom = first.length === 0 ? undefined : Math.min(...first);
      if (openFrom === undefined) this.#queues.delete(label); // Another payload may have records of it from now on.
      if (openFrom === queue.openFrom) continue;
      queue.openFrom = openFrom;
      this.#parts.progress(queue);
    }
  }

  /** What of a batch this member still owns; nothing where that is nothing. */
  #owned(batch: MappingBatch): MappingBatch[] {
    if ([...this.#queues.values()].every(({ revoked }) => !revoked)) return [batch];
    const [records] = splitBatch(batch.records, (_, label) => this.#queues.get(label)?.revoked === false);
    return records.size === 0 ? [] : [{ ...batch, records }];
  }
}

/** Longer with each attempt; a batch that was only cut has none behind it. */
function pause(attempts: number): Promise<void> {
  const ms = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.max(0, attempts - 1));
  return new Promise((resolve) => setTimeout(resolve, ms));
}
