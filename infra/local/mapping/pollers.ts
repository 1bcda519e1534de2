/**
 * The pollers of one mapping: starts as many as its minimum says, starts another wherever one dies, brings them
 * sandboxes, and knows from their reports who owns which partition and how far the group is.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';
import {
  buildChildEnvironment,
  type Children,
  captureLastWords,
  FRUITLESS_STARTS_MAX,
  getPid,
  killProcess,
} from '../children.ts';
import type { Sandboxes } from '../sandbox/sandboxes.ts';
import type { PlannedMapping } from '../template/planned.ts';
import { describeDestination } from './destination.ts';
import { GivenUpRecords } from './given-up.ts';
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
  /** None of the pollers comes up, and none will. */
  readonly giveUp: (error: UserError) => void;
}

interface RunningPoller {
  readonly number: number;
  readonly process: ChildProcess;
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
  readonly givenUp: GivenUpRecords;
  readonly #options: PollersOptions;
  readonly #log: WriteStream;
  readonly #running = new Map<number, RunningPoller>();
  readonly #committed = new Map<number, number>();
  /** Numbers of the pollers that there should be. */
  readonly #wanted = new Set<number>();
  #stopping = false;
  /** Pollers that ended since one was last a member of the group. */
  #fruitless = 0;
  #lastLine = 'nothing was said';

  constructor(options: PollersOptions) {
    this.#options = options;
    const { destination } = options.assignment;
    this.givenUp = new GivenUpRecords(destination && describeDestination(destination));
    this.#log = createWriteStream(join(options.logFolder, `pollers-${options.mapping.groupId}.log`), {
      flags: 'a',
    });
    this.#log.setMaxListeners(0); // One for each stream of each poller that is written to it.
    for (let number = 1; number <= (options.mapping.pollers?.min ?? 1); number++) this.add();
  }

  /** How often the group has dealt out its partitions, as far as its members have said. */
  get generation(): number {
    return Math.max(-1, ...Array.from(this.#running.values(), ({ status }) => status?.generation ?? -1));
  }

  get count(): number {
    return this.#wanted.size;
  }

  members(): SeenPoller[] {
    return Array.from(this.#running.values(), ({ number, process, status }) => ({
      number,
      pid: getPid(process),
      generation: status === undefined || status.generation < 0 ? undefined : status.generation,
      partitions: status?.partitions.map(({ partition }) => partition) ?? [],
    }));
  }

  /** One more member for the group; beyond the number of partitions it stands by. */
  add(): void {
    if (this.#stopping) return;
    let number = 1;
    while (this.#wanted.has(number) || this.#running.has(number)) number += 1;
    this.#wanted.add(number);
    this.#start(number);
  }

  /** Ends one that has no time to leave. While more than the minimum run no other takes its place: that is for who stands by. */
  kill(number: number): void {
    const poller = this.#running.get(number);
    if (poller === undefined) return;
    if (this.#wanted.size > (this.#options.mapping.pollers?.min ?? 1)) this.#wanted.delete(number);
    killProcess(getPid(poller.process));
  }

  /** Stops one, which leaves the group by itself. */
  async remove(): Promise<void> {
    if (this.#wanted.size === 0) return;
    const number = Math.max(...this.#wanted);
    this.#wanted.delete(number);
    const poller = this.#running.get(number);
    if (poller !== undefined) await this.#end(poller);
  }

  /** By partition. */
  owned(): Map<number, OwnedPartition> {
    return listOwnedPartitions(this.#running.values(), this.#committed);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(Array.from(this.#running.values(), (poller) => this.#end(poller)));
    this.#log.end();
  }

  async #end({ process }: RunningPoller): Promise<void> {
    const exit = new Promise((resolve) => process.once('exit', resolve));
    tell(process, { kind: 'stop' });
    const timer = setTimeout(() => process.kill('SIGKILL'), STOP_WAIT_MS);
    await exit;
    clearTimeout(timer);
  }

  #start(number: number): void {
    const child = fork(PROCESS_FILE, [JSON.stringify(this.#options.assignment)], {
      env: buildChildEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const lastWords = captureLastWords(child);
    const poller: RunningPoller = { number, process: child, status: undefined };
    const pid = getPid(child);
    this.#running.set(number, poller);
    this.#options.children.add({
      role: 'poller',
      group: this.#options.mapping.groupId,
      name: `poller ${number}`,
      pid,
    });
    child.on('message', (message: PollerMessage) => this.#hear(poller, message));
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(this.#log, { end: false });
    child.on('exit', (code, signal) => {
      this.#lastLine = lastWords() ?? this.#lastLine;
      this.#ended(poller, pid, signal ?? String(code));
    });
  }

  #hear(poller: RunningPoller, message: PollerMessage): void {
    if (message.kind === 'status') this.#note(poller, message.status);
    else if (message.kind === 'log') {
      this.#lastLine = message.message;
      this.#write(`poller ${poller.number} ${message.message}`);
    } else if (message.kind === 'borrow') void this.#lendTo(poller);
    else {
      const said = this.givenUp.add(message.gaveUp);
      this.#write(`poller ${poller.number} ${said}`);
      this.#options.say(`${this.#options.mapping.groupId}: ${said}`);
    }
  }

  #note(poller: RunningPoller, status: PollerStatus): void {
    poller.status = status;
    if (status.generation >= 0) this.#fruitless = 0;
    for (const { partition, committed } of status.partitions)
      if (committed !== undefined) this.#committed.set(partition, committed);
  }

  async #lendTo(poller: RunningPoller): Promise<void> {
    try {
      tell(poller.process, { kind: 'lease', lease: await this.#options.sandboxes.lend() });
    } catch (error) {
      if (this.#stopping) return;
      const because = error instanceof Error ? error.message : String(error);
      this.#options.say(because);
      tell(poller.process, { kind: 'refused', because });
    }
  }

  #ended(poller: RunningPoller, pid: number, how: string): void {
    const { children, mapping, say } = this.#options;
    children.remove(pid);
    this.#running.delete(poller.number);
    if (this.#stopping || !this.#wanted.has(poller.number)) return;
    this.#fruitless += 1;
    if (this.#fruitless >= FRUITLESS_STARTS_MAX) {
      this.#giveUp();
      return;
    }
    say(`${mapping.groupId}: poller ${poller.number} (pid ${pid}) ended with ${how}; another one starts`);
    setTimeout(() => {
      // Meanwhile it may have been taken away, and another added under its number.
      if (!this.#stopping && this.#wanted.has(poller.number) && !this.#running.has(poller.number))
        this.#start(poller.number);
    }, RESTART_PAUSE_MS);
  }

  #giveUp(): void {
    const { mapping, logFolder, giveUp } = this.#options;
    giveUp(
      new UserError(
        `${mapping.groupId}: pollers ended ${this.#fruitless} times before any had joined the group, and no more are started; the last line of ${logFolder}/pollers-${mapping.groupId}.log: ${this.#lastLine}`,
      ),
    );
  }

  #write(line: string): void {
    if (!this.#log.writableEnded) this.#log.write(`${new Date().toISOString()} ${line}\n`);
  }
}

function tell(child: ChildProcess, message: GroundMessage): void {
  // One that has just been killed is still called connected; its exit is heard by itself.
  if (child.connected) child.send(message, () => {});
}
