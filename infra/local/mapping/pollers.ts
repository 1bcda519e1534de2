/**
 * The pollers of one mapping: starts as many as its minimum says, starts another wherever one dies, brings them
 * sandboxes, and knows from their reports who owns which partition and how far the group is.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Children, pidOf } from '../children.ts';
import type { PlannedMapping } from '../plan.ts';
import type { Sandboxes } from '../sandbox/sandboxes.ts';
import type { GroundMessage, PollerAssignment, PollerMessage, PollerStatus } from './poller-process.ts';

export interface PollersOptions {
  readonly mapping: PlannedMapping;
  readonly assignment: PollerAssignment;
  readonly sandboxes: Sandboxes;
  readonly children: Children;
  readonly logFolder: string;
  /** Something that a person wants to see: joined, restarted, a function that does not start. */
  readonly say: (message: string) => void;
}

interface RunningPoller {
  readonly number: number;
  readonly process: ChildProcess;
  status: PollerStatus | undefined;
}

/** What is known of one partition of the group. */
export interface OwnedPartition {
  /** Undefined while nobody owns it. */
  readonly poller: number | undefined;
  /** What was heard last, of this owner or the one before. */
  readonly committed: number | undefined;
}

const PROCESS_FILE = new URL('./poller-process.ts', import.meta.url).pathname;
const RESTART_PAUSE_MS = 300;
const STOP_WAIT_MS = 5_000;

export class Pollers {
  readonly #options: PollersOptions;
  readonly #log: WriteStream;
  readonly #running = new Map<number, RunningPoller>();
  readonly #committed = new Map<number, number>();
  #stopping = false;

  constructor(options: PollersOptions) {
    this.#options = options;
    this.#log = createWriteStream(join(options.logFolder, `pollers-${options.mapping.groupId}.log`), {
      flags: 'a',
    });
    for (let number = 1; number <= (options.mapping.pollers?.min ?? 1); number++) this.#start(number);
  }

  /** By partition. */
  owned(): Map<number, OwnedPartition> {
    const owned = new Map<number, OwnedPartition>();
    const newestFirst = [...this.#running.values()].sort(
      (a, b) => (b.status?.generation ?? -1) - (a.status?.generation ?? -1),
    );
    for (const { number, status } of newestFirst) {
      for (const { partition, committed } of status?.partitions ?? []) {
        if (!owned.has(partition)) owned.set(partition, { poller: number, committed });
      }
    }
    for (const [partition, committed] of this.#committed)
      if (!owned.has(partition)) owned.set(partition, { poller: undefined, committed });
    return owned;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const ended = Array.from(this.#running.values(), ({ process }) => {
      const exit = new Promise((resolve) => process.once('exit', resolve));
      tell(process, { kind: 'stop' });
      const timer = setTimeout(() => process.kill('SIGKILL'), STOP_WAIT_MS);
      return exit.then(() => clearTimeout(timer));
    });
    await Promise.all(ended);
    this.#log.end();
  }

  #start(number: number): void {
    const child = fork(PROCESS_FILE, [JSON.stringify(this.#options.assignment)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const poller: RunningPoller = { number, process: child, status: undefined };
    const pid = pidOf(child);
    this.#running.set(number, poller);
    this.#options.children.add({
      role: 'poller',
      group: this.#options.mapping.groupId,
      name: `poller ${number}`,
      pid,
    });
    child.on('message', (message: PollerMessage) => this.#hear(poller, message));
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(this.#log, { end: false });
    child.on('exit', (code, signal) => this.#ended(poller, pid, signal ?? String(code)));
  }

  #hear(poller: RunningPoller, message: PollerMessage): void {
    if (message.kind === 'status') this.#note(poller, message.status);
    else if (message.kind === 'log') this.#write(`poller ${poller.number} ${message.message}`);
    else void this.#lendTo(poller);
  }

  #note(poller: RunningPoller, status: PollerStatus): void {
    poller.status = status;
    for (const { partition, committed } of status.partitions)
      if (committed !== undefined) this.#committed.set(partition, committed);
  }

  async #lendTo(poller: RunningPoller): Promise<void> {
    while (!this.#stopping && poller.process.connected) {
      try {
        tell(poller.process, { kind: 'lease', lease: await this.#options.sandboxes.lend() });
        return;
      } catch (error) {
        this.#options.say(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  #ended(poller: RunningPoller, pid: number, how: string): void {
    const { children, mapping, say } = this.#options;
    children.remove(pid);
    this.#running.delete(poller.number);
    if (this.#stopping) return;
    say(`${mapping.groupId}: poller ${poller.number} (pid ${pid}) ended with ${how}; another one starts`);
    setTimeout(() => {
      if (!this.#stopping) this.#start(poller.number);
    }, RESTART_PAUSE_MS);
  }

  #write(line: string): void {
    if (!this.#log.writableEnded) this.#log.write(`${new Date().toISOString()} ${line}\n`);
  }
}

function tell(child: ChildProcess, message: GroundMessage): void {
  if (child.connected) child.send(message);
}
