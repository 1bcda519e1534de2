/** Counts how often the groups of a ground have dealt out their partitions anew, and which ones moved, by what their members report. */
import type { Ground } from '../../infra/local/local-runtime.ts';
import type { Events } from './events.ts';

const LOOK_EVERY_MS = 100;

export class Rebalances {
  readonly #timer: NodeJS.Timeout;
  readonly #events: Events;
  readonly #generations = new Map<string, number>();
  readonly #owners = new Map<string, number>();
  readonly #moved = new Set<string>();
  #count = 0;

  constructor(ground: Ground, events: Events) {
    this.#events = events;
    this.#timer = setInterval(() => this.#look(ground), LOOK_EVERY_MS);
  }

  get count(): number {
    return this.#count;
  }

  /** Partitions of a group that another member has taken over. */
  get moved(): number {
    return this.#moved.size;
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
      for (const [partition, { poller }] of ground.owned(mapping)) {
        const name = `${mapping.groupId} ${mapping.topic}-${partition}`;
        const before = this.#owners.get(name);
        if (poller === undefined || poller === before) continue;
        this.#owners.set(name, poller);
        if (before === undefined) continue;
        this.#moved.add(name);
        this.#events.add('moved', { what: `${name} from poller ${before} to ${poller}` });
      }
    }
  }
}
