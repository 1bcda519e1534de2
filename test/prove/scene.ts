/**
 * What the actions of a proof act on: the runtime, the load, its processes, the faults at requests, chance by the seed, and
 * what is under way at the same time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child, Children } from '../../infra/local/children.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import type { Events } from './events.ts';
import type { Load } from './load.ts';
import type { ActionName } from './profile.ts';
import type { RequestFaults } from './requests.ts';
import type { ProofRuntime } from './runtime.ts';

export interface Scene {
  readonly runtime: ProofRuntime;
  readonly load: Load;
  readonly requests: RequestFaults;
  readonly processes: Processes;
  readonly work: Work;
  readonly random: Seeded;
  readonly events: Events;
}

/** What only one action may work on at a time. */
type Lock = `pollers of ${string}` | `ledger of ${string}` | `rollup ${string}`;

/** The members of a group, and who writes to its ledger beside them. */
export const pollersOf = ({ groupId }: PlannedMapping): Lock => `pollers of ${groupId}`;
export const ledgerOf = ({ groupId }: PlannedMapping): Lock => `ledger of ${groupId}`;

const LOOK_EVERY_MS = 50;
const REPORT_EVERY_MS = 5_000;

/** What is under way at the same time, and what of it may not meet. */
export class Work {
  /** Aborted when the faults are to end. */
  readonly until: AbortSignal;
  readonly #events: Events;
  readonly #underWay = new Map<Promise<unknown>, ActionName>();
  readonly #locked = new Set<Lock>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(events: Events, until: AbortSignal) {
    this.#events = events;
    this.until = until;
  }

  /** No longer than the faults continue. */
  async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.until }).catch(() => {});
  }

  /** Continues beside whatever comes next; a failure is written down, as servers are away at times. */
  begin(name: ActionName, action: Promise<unknown>): void {
    const ended = action
      .catch((error: unknown) => this.#events.add('action failed', { what: `${name}: ${error}` }))
      .finally(() => this.#underWay.delete(ended));
    this.#underWay.set(ended, name);
  }

  /** Waits until no action of these names is under way; false where it takes longer. */
  async ended(names: readonly ActionName[], withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while ([...this.#underWay.values()].some((name) => names.includes(name))) {
      if (performance.now() >= until || this.until.aborted) return false;
      await this.wait(LOOK_EVERY_MS);
    }
    return true;
  }

  /** Waits until every action has ended. */
  async allEnded(): Promise<void> {
    while (this.#underWay.size > 0) {
      this.#events.add('waited for', { what: [...this.#underWay.values()].join(', ') });
      this.#events.flush();
      const long = new AbortController();
      const waited = pause(REPORT_EVERY_MS, undefined, { signal: long.signal }).catch(() => {});
      await Promise.race([Promise.all(this.#underWay.keys()), waited]);
      long.abort();
    }
  }

  /** Does nothing where any of the locks is taken, and stays so for as long as there is patience. */
  async alone(locks: readonly Lock[], work: () => Promise<void>, patienceMs = 0): Promise<void> {
    const until = performance.now() + patienceMs;
    while (locks.some((lock) => this.#locked.has(lock))) {
      if (performance.now() >= until || this.until.aborted) return;
      await this.wait(LOOK_EVERY_MS);
    }
    for (const lock of locks) this.#locked.add(lock);
    try {
      await work();
    } finally {
      for (const lock of locks) this.#locked.delete(lock);
    }
  }

  isLocked(lock: Lock): boolean {
    return this.#locked.has(lock);
  }

  /** The auditor's reading, and what he would take for damage if it happened meanwhile: one after the other. */
  readAlone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#reading.then(work);
    this.#reading = result.catch(() => {});
    return result;
  }
}

/** Signals to processes that the runtime has started, each written down. */
export class Processes {
  readonly #children: Pick<Children, 'list'>;
  readonly #events: Events;
  readonly #random: Seeded;
  readonly #work: Work;

  constructor(
    children: Pick<Children, 'list'>,
    { events, random, work }: Pick<Scene, 'events' | 'random' | 'work'>,
  ) {
    this.#children = children;
    this.#events = events;
    this.#random = random;
    this.#work = work;
  }

  list(role: Child['role'], group?: string): Child[] {
    return this.#children
      .list()
      .filter((child) => child.role === role && (group === undefined || child.group === group));
  }

  pick(role: Child['role']): Child | undefined {
    return this.#random.pick(this.list(role));
  }

  kill(child: Child | undefined, why: string): void {
    if (child !== undefined && this.signal(child, 'SIGKILL'))
      this.#events.add(`killed: ${child.role}`, { what: `${child.group ?? ''} ${child.name} ${why}`.trim() });
  }

  async freeze(child: Child | undefined, ms: number): Promise<void> {
    if (child === undefined || !this.signal(child, 'SIGSTOP')) return;
    this.#events.add(`frozen: ${child.role}`, { what: `${child.group ?? ''} ${child.name}`.trim() });
    await this.#work.wait(ms);
    this.signal(child, 'SIGCONT');
  }

  /** False where it has ended, or is none of the runtime's. */
  signal({ pid }: Child, name: NodeJS.Signals): boolean {
    if (!this.#children.list().some((child) => child.pid === pid)) return false;
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  }
}
