/**
 * The click producer, kept alive: one that ends before its work is done is started again and goes on where the log ends. At a rate
 * of 0 no process is started.
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
} from '../children.ts';
import type { Pace, ProducerAssignment, ProducerMessage } from './producer-process.ts';

interface ClickProducerOptions {
  readonly assignment: ProducerAssignment;
  readonly children: Children;
  readonly logFolder: string;
  readonly say: (line: string) => void;
  /** It does not come up, and won't. */
  readonly giveUp: (error: UserError) => void;
}

const PROCESS_FILE = join(import.meta.dirname, 'producer-process.ts');
const RESTART_PAUSE_MS = 500;

export class ClickProducer {
  readonly #options: ClickProducerOptions;
  readonly #log: WriteStream;
  #pace: Pace;
  #process: ChildProcess | undefined;
  #stopping = false;
  #produced = 0;
  #done = false;
  /** Ends since it was last heard of. */
  #fruitless = 0;

  constructor(options: ClickProducerOptions) {
    this.#options = options;
    this.#pace = options.assignment;
    this.#log = createWriteStream(join(options.logFolder, 'producer.log'), { flags: 'a' });
    if (this.#pace.rate !== 0) this.#start();
  }

  /** Clicks that the broker has acknowledged. */
  get produced(): number {
    return this.#produced;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** From now on, also for one that is started again. */
  setPace(pace: Pace): void {
    this.#pace = pace;
    if (this.#process === undefined && pace.rate !== 0) this.#start();
    else if (this.#process?.connected) this.#process.send(pace, () => {});
  }

  get done(): boolean {
    return this.#done;
  }

  stop(): void {
    this.#stopping = true;
    if (this.#process?.connected) this.#process.disconnect();
    this.#log.end();
  }

  #start(): void {
    const { children, say, giveUp } = this.#options;
    const assignment: ProducerAssignment = { ...this.#options.assignment, ...this.#pace };
    const child = fork(PROCESS_FILE, [JSON.stringify(assignment)], {
      env: buildChildEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const lastWords = captureLastWords(child);
    const pid = getPid(child);
    this.#process = child;
    children.add({ role: 'producer', name: 'click producer', pid });
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(this.#log, { end: false });
    child.on('message', (message: ProducerMessage) => {
      this.#fruitless = 0;
      this.#produced = message.clicks;
      this.#done = message.done;
    });
    child.on('exit', (code, signal) => {
      children.remove(pid);
      if (this.#stopping || this.#done) return;
      this.#fruitless += 1;
      if (this.#fruitless === FRUITLESS_STARTS_MAX) {
        const times = `ended ${FRUITLESS_STARTS_MAX} times before it had come up`;
        giveUp(
          new UserError(`the click producer ${times}, and no other is started; it says: ${lastWords()}`),
        );
        return;
      }
      say(`the click producer (pid ${pid}) ended with ${signal ?? code}; another one starts`);
      setTimeout(() => {
        if (!this.#stopping) this.#start();
      }, RESTART_PAUSE_MS);
    });
  }
}
