/**
 * The pollers of one mapping: starts as many as its minimum says, keeps them alive, brings them
 * sandboxes, and knows from their reports who owns which partition and how far the group is.
 */

import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';
import type { Children } from '../children.ts';
import { ManagedProcess } from '../managed-process.ts';
import type { Sandboxes } from '../sandbox/sandboxes.ts';
import type { PlannedMapping } from '../template/planned.ts';
import { describeDestination } from './destination.ts';
import { DiscardedRecords } from './discarded.ts';
import { listOwnedPartitions, type OwnedPartition } from './owned-partitions.ts';
import type { GroundMessage, PollerAssignment, PollerMessage, PollerStatus } from './poller-process.ts';

export interface PollersOptions {
  readonly mapping: PlannedMapping;
  readonly assignment: PollerAssignment;
  readonly sandboxes: Sandboxes;
  readonly children: Children;
  readonly logFolder: string;
  /** Something that a person wants to see: joined, restarted, a function that does not start. */
  readonly say: (message: string) => void;
  /** A poller does not come up, and no other is started. */
  readonly fail: (error: UserError) => void;
}

interface RunningPoller {
  readonly number: number;
  readonly process: ManagedProcess<GroundMessage, PollerMessage>;
  status: PollerStatus | undefined;
}

/** A member of the group, as it reported last. */
export interface SeenPoller {
  readonly number: number;
  readonly pid: number;
  /** Undefined until it has been dealt partitions, or none, for the first time. */
  readonly generation: number | undefined;
  readonly partitions: readonly number[];
}

const PROCESS_FILE = join(import.meta.dirname, 'poller-process.ts');
const RESTART_PAUSE_MS = 300;
const STOP_WAIT_MS = 5_000;

export class Pollers {
  /** Since the start. */
  readonly discarded: DiscardedRecords;
  readonly #options: PollersOptions;
  readonly #log: WriteStream;
  readonly #running = new Map<number, RunningPoller>();
  readonly #committed = new Map<number, number>();
  #stopping = false;

  constructor(options: PollersOptions) {
    this.#options = options;
    const { destination } = options.assignment;
    this.discarded = new DiscardedRecords(destination && describeDestination(destination));
    this.#log = createWriteStream(join(options.logFolder, `pollers-${options.mapping.groupId}.log`), {
      flags: 'a',
    });
    for (let number = 1; number <= (options.mapping.pollers?.min ?? 1); number++) this.add();
  }

  /** How often the group has dealt out its partitions, as far as its members have said. */
  get generation(): number {
    return Math.max(-1, ...Array.from(this.#running.values(), ({ status }) => status?.generation ?? -1));
  }

  get count(): number {
    return this.#running.size;
  }

  members(): SeenPoller[] {
    return Array.from(this.#running.values()).flatMap(({ number, process: { pid }, status }) => {
      if (pid === undefined) return [];
      const generation = status === undefined || status.generation < 0 ? undefined : status.generation;
      const partitions = status?.partitions.map(({ partition }) => partition) ?? [];
      return [{ number, pid, generation, partitions }];
    });
  }

  /** One more member for the group; beyond the number of partitions it stands by. */
  add(): void {
    if (this.#stopping) return;
    let number = 1;
    while (this.#running.has(number)) number += 1;
    this.#running.set(number, this.#start(number));
  }

  /** Ends one that has no time to leave. While more than the minimum run no other is started, so that a standby takes over. */
  kill(number: number): void {
    const forGood = this.#running.size > (this.#options.mapping.pollers?.min ?? 1);
    this.#running.get(number)?.process.kill({ forGood });
    if (forGood) this.#running.delete(number);
  }

  /** Stops one, which leaves the group by itself. */
  async remove(): Promise<void> {
    const number = Math.max(...this.#running.keys());
    const poller = this.#running.get(number);
    this.#running.delete(number);
    await poller?.process.stop({ kind: 'stop' }, STOP_WAIT_MS);
  }

  /** By partition. */
  owned(): Map<number, OwnedPartition> {
    return listOwnedPartitions(this.#running.values(), this.#committed);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const pollers = [...this.#running.values()];
    await Promise.all(pollers.map(({ process }) => process.stop({ kind: 'stop' }, STOP_WAIT_MS)));
    this.#log.end();
  }

  #start(number: number): RunningPoller {
    const { assignment, children, mapping, logFolder, say, fail } = this.#options;
    const log = join(logFolder, `pollers-${mapping.groupId}.log`);
    const poller: RunningPoller = {
      number,
      status: undefined,
      process: new ManagedProcess({
        file: PROCESS_FILE,
        argument: () => assignment,
        listed: { child: { role: 'poller', group: mapping.groupId, name: `poller ${number}` }, children },
        writeLine: (line) => this.#write(line),
        hear: (message) => this.#hear(poller, message),
        ended: () => {
          poller.status = undefined;
        },
        keepAlive: {
          name: `${mapping.groupId}: poller ${number}`,
          pauseMs: RESTART_PAUSE_MS,
          restarting: say,
          exhausted: (sentence) => fail(new UserError(`${sentence} (${log})`)),
        },
      }),
    };
    return poller;
  }

  #hear(poller: RunningPoller, message: PollerMessage): void {
    if (message.kind === 'status') this.#note(poller, message.status);
    else if (message.kind === 'borrow') void this.#lendTo(poller);
    else if (message.kind === 'log') {
      poller.process.noteLine(message.message);
      this.#report(poller, message.message);
    } else {
      const said = this.discarded.add(message.report);
      this.#report(poller, said);
      this.#options.say(`${this.#options.mapping.groupId}: ${said}`);
    }
  }

  #note(poller: RunningPoller, status: PollerStatus): void {
    poller.status = status;
    if (status.generation >= 0) poller.process.cameUp();
    for (const { partition, committed } of status.partitions)
      if (committed !== undefined) this.#committed.set(partition, committed);
  }

  async #lendTo({ process }: RunningPoller): Promise<void> {
    const { pid } = process;
    try {
      const lease = await this.#options.sandboxes.lend();
      // Another one in its place has asked for nothing; an unclaimed sandbox is free again by itself.
      if (process.pid === pid) process.send({ kind: 'lease', lease });
    } catch (error) {
      if (this.#stopping) return;
      const because = error instanceof Error ? error.message : String(error);
      this.#options.say(because);
      process.send({ kind: 'refused', because });
    }
  }

  #report({ number }: RunningPoller, line: string): void {
    this.#write(`${new Date().toISOString()} poller ${number} ${line}`);
  }

  #write(line: string): void {
    if (!this.#log.writableEnded) this.#log.write(`${line}\n`);
  }
}
