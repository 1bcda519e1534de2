/** Counts how often the groups of a ground have dealt out their partitions anew, by what their members report. */
import type { Ground } from '../local/ground.ts';

const LOOK_EVERY_MS = 100;

export class Rebalances {
  readonly #timer: NodeJS.Timeout;
  readonly #generations = new Map<string, number>();
  #count = 0;

  constructor(ground: Ground) {
    this.#timer = setInterval(() => this.#look(ground), LOOK_EVERY_MS);
  }

  get count(): number {
    return this.#count;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A group whose offsets were forgotten begins again at generation 1. */
  #look(ground: Ground): void {
    for (const mapping of ground.plan.mappings) {
      const { generation } = ground.pollersOf(mapping);
      if (generation < 0) continue;
      this.#count += Math.max(0, generation - (this.#generations.get(mapping.id) ?? generation));
      this.#generations.set(mapping.id, generation);
    }
  }
}
