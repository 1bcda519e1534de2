/** Asks the broker, while somebody looks, whether each group is being dealt out anew, and since when. */

import { type BrokerGroupState, GroupStates } from '../../local/group-states.ts';
import type { GroupView } from '../../local/page/view.ts';

interface Watched {
  state: BrokerGroupState | undefined;
  since: number | undefined;
  lastMs: number | undefined;
}

const ASK_EVERY_MS = 250;

export class GroupWatch {
  readonly #states: GroupStates;
  readonly #groups = new Map<string, Watched>();
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #answers: boolean | undefined;
  watched = false;

  constructor(bootstrap: readonly string[], groups: readonly string[]) {
    this.#states = new GroupStates(bootstrap);
    for (const group of groups)
      this.#groups.set(group, { state: undefined, since: undefined, lastMs: undefined });
    this.#timer = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  of(group: string): Pick<GroupView, 'state' | 'rebalancingSince' | 'lastRebalanceMs'> {
    const { state, since, lastMs } = this.#groups.get(group) ?? {
      state: undefined,
      since: undefined,
      lastMs: undefined,
    };
    return { state: state ?? 'unknown', rebalancingSince: since, lastRebalanceMs: lastMs };
  }

  /** Whether it has answered when it was asked last; undefined before that. */
  get brokerAnswers(): boolean | undefined {
    return this.#answers;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#states.close().catch(() => {});
  }

  async #ask(): Promise<void> {
    if (this.#asking || !this.watched) return;
    this.#asking = true;
    await Promise.all(Array.from(this.#groups, ([group, watched]) => this.#askFor(group, watched)));
    this.#answers = [...this.#groups.values()].some(({ state }) => state !== undefined);
    this.#asking = false;
  }

  async #askFor(group: string, watched: Watched): Promise<void> {
    watched.state = await this.#states.stateOf(group);
    if (watched.state === 'rebalancing') watched.since ??= Date.now();
    else if (watched.since !== undefined && watched.state !== undefined) {
      watched.lastMs = Date.now() - watched.since;
      watched.since = undefined;
    }
  }
}
