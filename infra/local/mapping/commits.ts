/**
 * Commits a poller's offsets: one request at a time, with the newest offset of each partition. A failed request is repeated.
 * The committed offset is the lowest one that is neither resolved nor discarded (I2, I7).
 */
import type { Membership } from './membership.ts';
import type { PartitionQueue } from './partition-queue.ts';

const PAUSE_MS = 200;

export class Commits {
  readonly #membership: Membership;
  readonly #log: (message: string) => void;
  readonly #due = new Map<PartitionQueue, number>();
  #running: Promise<void> | undefined;

  constructor(membership: Membership, log: (message: string) => void) {
    this.#membership = membership;
    this.#log = log;
  }

  get pending(): boolean {
    return this.#running !== undefined;
  }

  /** Does nothing if the group already has the offset. */
  add(queue: PartitionQueue): void {
    const next = queue.lowestUnresolved;
    if (queue.revoked || next <= (queue.committed ?? queue.start)) return;
    this.#due.set(queue, next);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#due.size > 0) {
      const offsets = new Map(this.#due);
      this.#due.clear();
      try {
        await this.#membership.commit(offsets);
      } catch (error) {
        this.#log(`commit failed: ${error instanceof Error ? error.message : String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        for (const [queue, next] of offsets) {
          if (!queue.revoked && !this.#due.has(queue)) this.#due.set(queue, next);
        }
      }
    }
    this.#running = undefined;
  }
}
