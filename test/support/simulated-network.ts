/**
 * The way between processes and the simulated table. Every request waits until the scheduler lets it happen, and the
 * scheduler decides what its sender hears of it: the reply, an error, nothing. What has happened is remembered.
 */
import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../shared/clock.ts';
import { type Entry, findSettled } from '../../shared/journal/journal.ts';
import { readEntry } from '../../shared/journal/journal-items.ts';
import type { Sender } from '../../shared/journal/journal-store.ts';
import { countOffsets, intersectOffsets } from '../../shared/journal/offsets.ts';
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
  readonly met = new Map<string, number>();
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

  meet(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
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
      this.meet('throttles');
      pending.reject(named('ProvisionedThroughputExceededException'));
    } else if (fate < 0.18) {
      this.meet('lostReplies');
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
    this.meet('kills');
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
      if (!pending.process.alive) this.meet('effects after death');
      if (heard) pending.resolve(result);
    } catch (error) {
      this.meet(conflictIn(error));
      if (heard) pending.reject(error);
    }
  }

  #remember(process: Process, command: Command): void {
    const item =
      command instanceof TransactWriteItemsCommand
        ? command.input.TransactItems?.[0]?.Put?.Item
        : 'Item' in command.input
          ? command.input.Item
          : undefined;
    const key = `${item?.['pk']?.S ?? ''} ${item?.['sk']?.S ?? ''}`;
    this.trace.push(`  ${process.name} ${command.constructor.name} ${key}`);
    if (!item?.['sk']?.S?.startsWith('entry#')) return;
    const entry = readEntry(item);
    this.archive.set(key, entry);
    if (entry.changed.unparked.length > 0) this.meet('parked records applied');
    if (findSettled(entry.changed).length > countOffsets(entry.changed.unparked))
      this.meet('parked records accepted');
    if (intersectOffsets(entry.changed.accepted?.offsets ?? [], entry.changed.offsets).length > 0)
      this.meet('open offsets accepted');
  }

  /** The table and what it vouches for, to go back to: what was under way took effect on the one that was, and is lost. */
  snapshot(): () => void {
    const [items, archive] = [this.table.copy(), [...this.archive]];
    return () => {
      this.#pending = [];
      this.table.restore(items);
      this.archive.clear();
      for (const [key, entry] of archive) this.archive.set(key, entry);
      this.trace.push('the table is restored');
    };
  }
}

/** Which condition failed: of an entry alone, of one that settles, or of a parked record that it would settle. */
function conflictIn(error: unknown): string {
  if (!(error instanceof TransactionCanceledException)) return 'conflicts';
  const [ofEntry] = error.CancellationReasons ?? [];
  return ofEntry?.Code === 'None' ? 'records settled already' : 'conflicts of settling entries';
}

function named(name: string): Error {
  const error = new Error('simulated');
  error.name = name;
  return error;
}
