/**
 * Supervises the producer of a topic, of clicks or of what its contract says. If it ends before its work is done, it is restarted and continues at the end of the log. At a
 * rate of 0, no process is started.
 */

import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../terminal/user-error.ts';
import type { Children } from '../children.ts';
import { ManagedProcess } from '../managed-process.ts';
import type { Pace, ProducerAssignment, ProducerMessage } from './producer-process.ts';

interface ClickProducerOptions {
  readonly assignment: ProducerAssignment;
  readonly children: Children;
  readonly logFolder: string;
  readonly say: (line: string) => void;
  /** It keeps ending before it comes up, and is not started again. */
  readonly fail: (error: UserError) => void;
}

const PROCESS_FILE = join(import.meta.dirname, 'producer-process.ts');
const RESTART_PAUSE_MS = 500;

export class ClickProducer {
  readonly #options: ClickProducerOptions;
  readonly #log: WriteStream;
  readonly #name: string;
  #pace: Pace;
  #process: ManagedProcess<Pace, ProducerMessage> | undefined;
  #produced = 0;
  #done = false;

  constructor(options: ClickProducerOptions) {
    this.#options = options;
    this.#pace = options.assignment;
    const { contract, topic } = options.assignment;
    this.#name = contract === undefined ? 'click producer' : `producer of ${topic}`;
    const file = contract === undefined ? 'producer.log' : `producer-${topic}.log`;
    this.#log = createWriteStream(join(options.logFolder, file), { flags: 'a' });
    if (this.#pace.rate !== 0) this.#process = this.#start();
  }

  /** Clicks that the broker has acknowledged. */
  get produced(): number {
    return this.#produced;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** Applies from now on, also after a restart. */
  setPace(pace: Pace): void {
    this.#pace = pace;
    if (this.#process === undefined && pace.rate !== 0) this.#process = this.#start();
    else this.#process?.send(pace);
  }

  get done(): boolean {
    return this.#done;
  }

  stop(): void {
    this.#process?.disconnect();
    this.#log.end();
  }

  #start(): ManagedProcess<Pace, ProducerMessage> {
    const { assignment, children, say, fail } = this.#options;
    return new ManagedProcess({
      file: PROCESS_FILE,
      argument: () => ({ ...assignment, ...this.#pace }),
      listed: { child: { role: 'producer', name: this.#name }, children },
      writeLine: (line) => void (this.#log.writableEnded || this.#log.write(`${line}\n`)),
      hear: (message) => {
        this.#process?.cameUp();
        this.#produced = message.clicks;
        this.#done = message.done;
      },
      keepAlive: {
        name: `the ${this.#name}`,
        pauseMs: RESTART_PAUSE_MS,
        isDone: () => this.#done,
        restarting: say,
        exhausted: (sentence) => fail(new UserError(sentence)),
      },
    });
  }
}
