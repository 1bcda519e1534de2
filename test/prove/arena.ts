/** What every fault of a proof needs: the ground that it falls on, chance by the seed, and signals to the ground's processes alone. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../../infra/local/children.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import type { Seeded } from '../../infra/local/seeded.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import type { Events } from './events.ts';
import type { RequestFaults } from './request-faults.ts';

export type Action = () => Promise<void>;

interface ArenaParts {
  readonly ground: Ground;
  readonly faults: RequestFaults;
  readonly random: Seeded;
  readonly events: Events;
  /** Aborted when the faults are to end. */
  readonly until: AbortSignal;
}

/** The members of a group, and who writes to its ledger beside them. */
export const pollersOf = ({ groupId }: PlannedMapping) => `pollers of ${groupId}`;
export const ledgerOf = ({ groupId }: PlannedMapping) => `ledger of ${groupId}`;

const LOOK_EVERY_MS = 50;
const WAITED_FOR_MS = 5_000;

export class Arena {
  readonly ground: Ground;
  readonly faults: RequestFaults;
  readonly random: Seeded;
  readonly events: Events;
  readonly until: AbortSignal;
  readonly #pending = new Map<Promise<unknown>, string>();
  readonly #alone = new Set<string>();
  #reading: Promise<unknown> = Promise.resolve();

  constructor({ ground, faults, random, events, until }: ArenaParts) {
    this.ground = ground;
    this.faults = faults;
    this.random = random;
    this.events = events;
    this.until = until;
  }

  get mappings(): readonly PlannedMapping[] {
    return this.ground.plan.mappings;
  }

  mapping(): PlannedMapping {
    return this.random.pick(this.mappings) as PlannedMapping;
  }

  one(role: Child['role']): Child | undefined {
    return this.random.pick(this.ground.children.list().filter((child) => child.role === role));
  }

  kill(child: Child | undefined, why: string): void {
    if (child !== undefined && this.signal(child, 'SIGKILL'))
      this.events.add(`killed: ${child.role}`, { what: `${child.group ?? ''} ${child.name} ${why}`.trim() });
  }

  async freeze(child: Child | undefined, ms: number): Promise<void> {
    if (child === undefined || !this.signal(child, 'SIGSTOP')) return;
    this.events.add(`frozen: ${child.role}`, { what: `${child.group ?? ''} ${child.name}`.trim() });
    await this.wait(ms);
    this.signal(child, 'SIGCONT');
  }

  /** Only to a process that the ground has started, and that has not ended. */
  signal({ pid }: Child, name: NodeJS.Signals): boolean {
    if (!this.ground.children.list().some((child) => child.pid === pid)) return false;
    try {
      return process.kill(pid, name);
    } catch {
      return false;
    }
  }

  /** Goes on beside whatever comes next; a failure is written down, as servers are away at times. */
  aside(name: string, work: Promise<unknown>): void {
    const settled = work
      .catch((error: unknown) => this.events.add('an action failed', { what: `${name}: ${error}` }))
      .finally(() => this.#pending.delete(settled));
    this.#pending.set(settled, name);
  }

  /** Waits until nothing of these names is under way; false where it lasts longer. */
  async ended(names: readonly string[], withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while ([...this.#pending.values()].some((name) => names.includes(name))) {
      if (performance.now() >= until || this.until.aborted) return false;
      await this.wait(LOOK_EVERY_MS);
    }
    return true;
  }

  /** Whatever was begun has come to its end. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) {
      this.events.add('waited for', { what: [...this.#pending.values()].join(', ') });
      this.events.flush();
      const long = new AbortController();
      const waited = pause(WAITED_FOR_MS, undefined, { signal: long.signal }).catch(() => {});
      await Promise.race([Promise.all(this.#pending.keys()), waited]);
      long.abort();
    }
  }

  /** Work that can't bear other work on the same: not begun where any of it is under way, and stays so. */
  async alone(on: readonly string[], work: Action, patienceMs = 0): Promise<void> {
    const until = performance.now() + patienceMs;
    while (on.some((each) => this.#alone.has(each))) {
      if (performance.now() >= until || this.until.aborted) return;
      await this.wait(LOOK_EVERY_MS);
    }
    for (const each of on) this.#alone.add(each);
    try {
      await work();
    } finally {
      for (const each of on) this.#alone.delete(each);
    }
  }

  isAlone(on: string): boolean {
    return this.#alone.has(on);
  }

  /** What an auditor would take for damage if it happened while he reads, and his reading: one after the other. */
  readingAlone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#reading.then(work);
    this.#reading = result.catch(() => {});
    return result;
  }

  /** No longer than the faults go on. */
  async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.until }).catch(() => {});
  }
}
