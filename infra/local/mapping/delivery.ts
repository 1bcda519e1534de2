/**
 * Delivers one payload, from its first attempt until every record is resolved or discarded. It executes the decisions of
 * `decide`, one batch after the other. Records of a partition that another member now owns are let go, also in flight: the new
 * owner delivers them again, and discards them if needed.
 */
import { buildBatch, type MappingBatch, splitBatch } from './batch.ts';
import { type DiscardedBatch, decide, type InvocationEnd, type RetryRules } from './decide.ts';
import type { Payload } from './gather.ts';
import type { Records } from './kafka-event.ts';
import type { PartitionQueue } from './partition-queue.ts';

interface DeliveryParts {
  readonly rules: RetryRules;
  readonly stopped: AbortSignal;
  readonly invoke: (records: Records) => Promise<{ readonly requestId: string; readonly end: InvocationEnd }>;
  /** Delivers the batch to the destination, or drops it. Never rejects. */
  readonly discard: (discarded: DiscardedBatch) => Promise<void>;
  /** The lowest open offset of a partition has changed. */
  readonly progress: (queue: PartitionQueue) => void;
  readonly log: (message: string) => void;
}

/** AWS does not document Lambda's pauses for Kafka. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

export class BatchDelivery {
  readonly #parts: DeliveryParts;
  /** Partitions with open records, by label. */
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
      if (openFrom === undefined) this.#queues.delete(label); // From now on another payload may hold its records.
      if (openFrom === queue.openFrom) continue;
      queue.openFrom = openFrom;
      this.#parts.progress(queue);
    }
  }

  /** The part of a batch that this member still owns; empty if it owns none of it. */
  #owned(batch: MappingBatch): MappingBatch[] {
    if ([...this.#queues.values()].every(({ revoked }) => !revoked)) return [batch];
    const [records] = splitBatch(batch.records, (_, label) => this.#queues.get(label)?.revoked === false);
    return records.size === 0 ? [] : [{ ...batch, records }];
  }
}

/** Longer after each attempt. A batch that was only halved has no attempt. */
function pause(attempts: number): Promise<void> {
  const ms = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.max(0, attempts - 1));
  return new Promise((resolve) => setTimeout(resolve, ms));
}
