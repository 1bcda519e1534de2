/**
 * The pollers of one mapping. Starts the mapping's minimum number of pollers, restarts those that end, and lends them
 * sandboxes. Their reports tell who owns which partition and which offsets the group has committed.
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
import type { PollerAssignment, PollerMessage, PollerStatus, RuntimeMessage } from './poller-process.ts';

interface PollersOptions {
  readonly mapping: PlannedMapping;
  readonly assignment: PollerAssignment;
  readonly sandboxes: Sandboxes;
  readonly children: Children;
  readonly logFolder: string;
  /** For people: a poller joined or was restarted, a function does not start. */
  readonly say: (message: string) => void;
  /** A poller keeps ending before it has come up, and is not started again. */
  readonly fail: (error: UserError) => void;
}

interface RunningPoller {
  readonly number: number;
  readonly process: ManagedProcess<RuntimeMessage, PollerMessage>;
  status: PollerStatus | undefined;
}

/** A member of the group, from its last report. */
export interface SeenPoller {
  readonly number: number;
  readonly pid: number;
  /** Undefined before its first assignment, which may be empty. */
  readonly generation: number | undefined;
  readonly partitions: readonly number[];
}

const PROCESS_FILE = join(import.meta.dirname, 'poller-process.ts');
const RESTART_PAUSE_MS = 300;
const STOP_WAIT_MS = 5_000;

export class Pollers {
  /** All since the start. */
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

  /** The newest generation of the group that a member has reported; -1 before the first. */
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

  /** Adds a member to the group. With more members than partitions, it is a standby. */
  add(): void {
    if (this.#stopping) return;
    let number = 1;
    while (this.#running.has(number)) number += 1;
    this.#running.set(number, this.#start(number));
  }

  /** Kills a poller, which has no time to leave the group. Above the minimum it is not replaced, so a standby takes over. */
  kill(number: number): void {
    const forGood = this.#running.size > (this.#options.mapping.pollers?.min ?? 1);
    this.#running.get(number)?.process.kill({ forGood });
    if (forGood) this.#running.delete(number);
  }

  /** Stops the poller with the highest number; it leaves the group in order. */
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
      // A process that has replaced it has asked for nothing. An unclaimed sandbox becomes free by itself.
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
