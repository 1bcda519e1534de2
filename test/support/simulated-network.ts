/**
 * The way between processes and the simulated table. Every request waits until the scheduler lets it happen, and the
 * scheduler decides what its sender hears of it: the reply, an error, nothing. What has happened is remembered.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Entry } from '../../shared/journal.ts';
import { readEntry } from '../../shared/journal-items.ts';
import type { Sender } from '../../shared/journal-store.ts';
import type { Chance } from './random.ts';
import { type Command, SimulatedTable } from './simulated-table.ts';

export type Role = 'consumer' | 'rollup';

export interface Process {
  readonly name: string;
  readonly role: Role;
  readonly mapping: number;
  alive: boolean;
}

/** Turns each request of a process into the ones that a broken variant of the code would send. */
export type Mutation = (
  send: (command: Command) => Promise<unknown>,
  process: Process,
) => (command: Command) => Promise<unknown>;

interface Pending {
  readonly process: Process;
  readonly command: Command | 'sleep';
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class SimulatedNetwork {
  readonly table = new SimulatedTable();
  /** Every entry that was ever put, expired or not, by `<pk> <sk>`; the last one where several were put at one version. */
  readonly archive = new Map<string, Entry>();
  readonly trace: string[] = [];
  /** How often what went wrong, to tell a schedule that proves something from an idle one. */
  readonly met = { kills: 0, lostReplies: 0, throttles: 0, conflicts: 0, afterDeath: 0 };
  /** Epoch milliseconds. */
  now: number;
  readonly #chance: Chance;
  readonly #mutation: Mutation;
  #pending: Pending[] = [];

  constructor(chance: Chance, now: number, mutation: Mutation) {
    this.#chance = chance;
    this.now = now;
    this.#mutation = mutation;
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  senderOf(process: Process): Sender {
    const send = (command: Command) => this.#wait(process, command);
    return { send: this.#mutation(send, process) } as unknown as Sender;
  }

  clockOf(process: Process): Clock {
    return {
      now: () => this.now,
      random: () => this.#chance.next(),
      sleep: async (ms) => {
        this.now += ms;
        await this.#wait(process, 'sleep');
      },
    };
  }

  /** Lets one waiting request happen: the oldest, or any. */
  advance(order: 'oldest' | 'any', repliesAreLost: boolean): void {
    if (this.#pending.length === 0) return;
    const [pending] = this.#pending.splice(
      order === 'any' ? this.#chance.below(this.#pending.length) : 0,
      1,
    ) as [Pending];
    if (pending.command === 'sleep') {
      pending.resolve(undefined);
      return;
    }
    const fate = repliesAreLost ? this.#chance.next() : 1;
    if (fate < 0.06) {
      this.met.throttles += 1;
      pending.reject(named('ProvisionedThroughputExceededException'));
    } else if (fate < 0.18) {
      this.met.lostReplies += 1;
      this.#execute(pending, false);
      pending.reject(named('TimeoutError'));
    } else {
      if (fate < 0.26) this.#execute(pending, false); // The reply is lost, and the SDK sends the same request again.
      this.#execute(pending, true);
    }
  }

  /** A killed process sends nothing more; what it had sent may still take effect, and nobody hears of it. */
  kill(process: Process): void {
    process.alive = false;
    this.met.kills += 1;
    this.trace.push(`${process.name} is killed`);
    const unheard = { resolve: () => {}, reject: () => {} };
    this.#pending = this.#pending.flatMap((pending) => {
      if (pending.process !== process) return [pending];
      return pending.command !== 'sleep' && this.#chance.happens(0.5) ? [{ ...pending, ...unheard }] : [];
    });
  }

  #wait(process: Process, command: Command | 'sleep'): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (process.alive) this.#pending.push({ process, command, resolve, reject });
    });
  }

  #execute(pending: Pending, heard: boolean): void {
    const command = pending.command as Command;
    try {
      const result = this.table.execute(command);
      this.#remember(pending.process, command);
      if (!pending.process.alive) this.met.afterDeath += 1;
      if (heard) pending.resolve(result);
    } catch (error) {
      this.met.conflicts += 1;
      if (heard) pending.reject(error);
    }
  }

  #remember(process: Process, command: Command): void {
    const item = 'Item' in command.input ? command.input.Item : undefined;
    const key = `${item?.['pk']?.S ?? ''} ${item?.['sk']?.S ?? ''}`;
    this.trace.push(`  ${process.name} ${command.constructor.name} ${key}`);
    if (item?.['sk']?.S?.startsWith('entry#')) this.archive.set(key, readEntry(item));
  }
}

function named(name: string): Error {
  const error = new Error('simulated');
  error.name = name;
  return error;
}
