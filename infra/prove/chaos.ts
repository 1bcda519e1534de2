/** What befalls the processes of a ground while clicks flow: by the seed, one thing after the other, each written down. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../local/children.ts';
import type { Ground } from '../local/ground.ts';
import type { PlannedMapping } from '../local/plan.ts';
import type { Events } from './events.ts';
import { forgetGroup } from './forget-group.ts';
import type { Poison } from './poison.ts';
import type { RequestFaults } from './request-faults.ts';
import type { Seeded } from './seeded.ts';

/** How often each befalls, beside the others. */
const actions = {
  killFunction: 3,
  killPoller: 1,
  freezePoller: 1,
  freezeFunction: 2,
  addPoller: 4,
  removePoller: 3,
  throttle: 1,
  poison: 4,
  rollUpTwice: 1.5,
  killProducer: 0.3,
  killBroker: 0.2,
  killDynamoDb: 0.2,
  replay: 0.2,
  secondMapping: 0.5,
} as const;

const POLLERS_MAX = 4;
const POISON_AT_ONCE = 8;

export class Chaos {
  readonly #ground: Ground;
  readonly #faults: RequestFaults;
  readonly #poison: Poison;
  readonly #random: Seeded;
  readonly #events: Events;
  readonly #until: AbortSignal;
  readonly #pending = new Set<Promise<unknown>>();
  #replaying = false;

  /** @param until aborted when the faults are to end */
  constructor(
    parts: { ground: Ground; faults: RequestFaults; poison: Poison; random: Seeded; events: Events },
    until: AbortSignal,
  ) {
    this.#ground = parts.ground;
    this.#faults = parts.faults;
    this.#poison = parts.poison;
    this.#random = parts.random;
    this.#events = parts.events;
    this.#until = until;
  }

  /** Resolves when the faults have ended and everything that was stopped goes on. */
  async run(): Promise<void> {
    while (!this.#until.aborted) {
      const action = this.#random.weighted(actions);
      this.#aside(this[action]());
      await this.#wait(this.#random.between(60, 320));
    }
    await Promise.all(this.#pending);
    for (const mapping of this.#mappings) {
      const pollers = this.#ground.pollersOf(mapping);
      while (pollers.count < 2) pollers.add();
    }
  }

  kill(child: Child | undefined, why: string): void {
    if (child !== undefined && this.#signal(child, 'SIGKILL'))
      this.#events.add(`killed: ${child.role}`, { what: why });
  }

  killFunction = () => this.#killOne('function');
  killPoller = () => this.#killOne('poller');
  killProducer = () => this.#killOne('producer');
  killBroker = () => this.#killOne('broker');
  killDynamoDb = () => this.#killOne('dynamodb');

  /** Longer than its session, so that the group goes on without it, and it wakes up among strangers. */
  async freezePoller(): Promise<void> {
    await this.#freeze(this.#one('poller'), this.#random.between(2_500, 5_000));
  }

  async freezeFunction(): Promise<void> {
    await this.#freeze(this.#one('function'), this.#random.between(300, 4_000));
  }

  async addPoller(): Promise<void> {
    const pollers = this.#ground.pollersOf(this.#mapping());
    if (pollers.count >= POLLERS_MAX || this.#replaying) return;
    pollers.add();
    this.#events.add('poller added');
  }

  async removePoller(): Promise<void> {
    const pollers = this.#ground.pollersOf(this.#mapping());
    if (pollers.count <= 1 || this.#replaying) return;
    this.#events.add('poller removed');
    await pollers.remove();
  }

  async throttle(): Promise<void> {
    this.#faults.throttle(this.#random.between(500, 4_000));
    this.#events.add('throttled for a while');
  }

  async poison(): Promise<void> {
    this.#events.add('poison sent');
    await this.#poison.send(POISON_AT_ONCE).catch(() => {});
  }

  /** Two runs of each rollup at once, beside the schedule's own. */
  async rollUpTwice(): Promise<void> {
    for (const { functionId } of this.#ground.plan.schedules) {
      const sandboxes = this.#ground.sandboxesOf(functionId);
      for (let run = 0; run < 2; run++) this.#aside(sandboxes.invoke(Buffer.from('{}')).catch(() => {}));
    }
    this.#events.add('two rollups at once');
  }

  /** Forgets what a group has committed: it reads everything again. */
  async replay(): Promise<void> {
    if (this.#replaying) return;
    this.#replaying = true;
    const mapping = this.#mapping();
    await this.#ground.pollersOf(mapping).stop();
    const forgotten = await forgetGroup(this.#ground.kafka, mapping.groupId);
    this.#ground.addMapping(mapping);
    if (forgotten) this.#events.add('replayed', { what: mapping.groupId });
    this.#replaying = false;
  }

  /** For a while another group reads into the same ledger: the whole topic, or what comes from now on, before the first is there. */
  async secondMapping(): Promise<void> {
    const mapping = this.#mapping();
    const id = `${mapping.id}-second-${this.#events.count('second mapping')}`;
    const from = this.#random.chance(0.5) ? 'LATEST' : 'TRIM_HORIZON';
    this.#events.add('second mapping', { what: `${mapping.groupId} ${from}` });
    // With the first group away for a while, the second begins ahead of it, and what lies between is a gap until it comes.
    for (const child of from === 'LATEST' ? this.#ground.children.list() : [])
      if (child.role === 'poller' && child.group === mapping.groupId)
        this.kill(child, 'before a second mapping');
    const pollers = this.#ground.addMapping({
      ...mapping,
      id,
      groupId: `${id}-group`,
      startingPosition: { from },
    });
    await this.#wait(this.#random.between(5_000, 15_000));
    await pollers.stop();
  }

  get #mappings(): readonly PlannedMapping[] {
    return this.#ground.plan.mappings;
  }

  #mapping(): PlannedMapping {
    return this.#random.pick(this.#mappings) as PlannedMapping;
  }

  async #killOne(role: Child['role']): Promise<void> {
    this.kill(this.#one(role), 'at any time');
  }

  #one(role: Child['role']): Child | undefined {
    return this.#random.pick(this.#ground.children.list().filter((child) => child.role === role));
  }

  async #freeze(child: Child | undefined, ms: number): Promise<void> {
    if (child === undefined || !this.#signal(child, 'SIGSTOP')) return;
    this.#events.add(`frozen: ${child.role}`);
    await this.#wait(ms);
    this.#signal(child, 'SIGCONT');
  }

  #signal({ pid }: Child, name: NodeJS.Signals): boolean {
    if (!this.#ground.children.list().some((child) => child.pid === pid)) return false;
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  }

  #aside(work: Promise<unknown>): void {
    const settled = work
      .catch((error: unknown) => this.#events.add('an action failed', { what: String(error) }))
      .finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#until }).catch(() => {});
  }
}
