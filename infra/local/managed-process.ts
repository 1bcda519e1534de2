/**
 * A Node process that another one supervises: forked with an argument, registered, its output in a log, messages both ways, ended by
 * SIGKILL if it does not end when asked. Kept alive on demand: whenever it ends, another one starts after a pause, until too many in a row
 * have ended before they had come up.
 *
 *   start ──► running ──exit──► pause ──► running …      stop(): ask ──► exit, or SIGKILL after a bound
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  buildChildEnvironment,
  type Child,
  type Children,
  captureLastWords,
  getPid,
  killProcess,
} from './children.ts';

/** So many processes in a row that ended before they had come up: another one would end likewise. */
export const FRUITLESS_STARTS_MAX = 10;

export interface ManagedProcessOptions<Heard> {
  readonly file: string;
  /** What the process is told at each start, as JSON. */
  readonly argument: () => unknown;
  /** Instead of the few variables of the shell that a process gets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** How it is listed; without it, it is not. */
  readonly listed?: { readonly child: Omit<Child, 'pid'>; readonly children: Children };
  /** Takes each line of its output; without it, standard output goes nowhere. */
  readonly writeLine?: (line: string) => void;
  readonly hear: (message: Heard) => void;
  /** It has ended, and its pid is free. */
  readonly ended?: () => void;
  /** It has ended, and all that it said has been heard; `how` is a signal or an exit code. */
  readonly closed?: (how: string, lastWords: string | undefined) => void;
  readonly keepAlive?: KeepAlive;
}

export interface KeepAlive {
  /** As in a sentence, for people. */
  readonly name: string;
  readonly pauseMs: number;
  /** Its work is done, so that none is started after it. */
  readonly isDone?: () => boolean;
  /** It ended, and another one starts. */
  readonly restarting?: (sentence: string) => void;
  /** It does not come up, and no other is started. The sentence names it and has its last line. */
  readonly exhausted: (sentence: string) => void;
}

export class ManagedProcess<Said extends object | string, Heard> {
  readonly #options: ManagedProcessOptions<Heard>;
  #process: ChildProcess | undefined;
  #stopping = false;
  #fruitless = 0;
  #pause: NodeJS.Timeout | undefined;
  #lastLine = 'it said nothing';

  constructor(options: ManagedProcessOptions<Heard>) {
    this.#options = options;
    this.#start();
  }

  /** Undefined between two processes. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it can be spoken to. One that has just been killed may still be called connected; its end is heard by itself. */
  get connected(): boolean {
    return this.#process?.connected === true;
  }

  /** It does what it is for, so later ends count from 0 again. */
  cameUp(): void {
    this.#fruitless = 0;
  }

  /** What it says by message and not on its standard error, for the sentence of one that does not come up. */
  noteLine(line: string): void {
    this.#lastLine = line;
  }

  /** Lost where there is no process to hear it. */
  send(message: Said): void {
    if (this.#process?.connected) this.#process.send(message, () => {});
  }

  /** It has no time to end in order. False if none runs. */
  kill({ forGood = false } = {}): boolean {
    this.#stopping ||= forGood;
    if (this.#process !== undefined) killProcess(getPid(this.#process));
    return this.#process !== undefined;
  }

  /** Closes the channel, whereupon it ends by itself; none is started after it. */
  disconnect(): void {
    this.#stopping = true;
    clearTimeout(this.#pause);
    if (this.#process?.connected) this.#process.disconnect();
  }

  /** Asks it to end, and kills it if it has not after the bound; resolves when it has ended. None is started after it. */
  async stop(message: Said, withinMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    const child = this.#process;
    if (child === undefined) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    this.send(message);
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    await exit;
    clearTimeout(timer);
  }

  #start(): void {
    const { file, argument, environment, nodeOptions, listed, writeLine, hear } = this.#options;
    const child = fork(file, [JSON.stringify(argument())], {
      env: environment ?? buildChildEnvironment(),
      ...(nodeOptions !== undefined && { execArgv: [...nodeOptions] }),
      detached: true,
      stdio: ['ignore', writeLine === undefined ? 'ignore' : 'pipe', 'pipe', 'ipc'],
    });
    const lastWords = captureLastWords(child);
    const pid = getPid(child);
    this.#process = child;
    listed?.children.add({ ...listed.child, pid });
    if (writeLine !== undefined)
      for (const stream of [child.stdout, child.stderr])
        if (stream !== null) createInterface({ input: stream }).on('line', writeLine);
    child.on('message', (message) => hear(message as Heard));
    let how = '';
    child.on('exit', (code, signal) => {
      how = signal ?? String(code);
      listed?.children.remove(pid);
      this.#process = undefined;
      this.#options.ended?.();
    });
    // Its last words may come after its exit.
    child.on('close', () => {
      this.#lastLine = lastWords() ?? this.#lastLine;
      this.#options.closed?.(how, lastWords());
      this.#startAgain(how, pid);
    });
  }

  #startAgain(how: string, pid: number): void {
    const { keepAlive } = this.#options;
    if (keepAlive === undefined || this.#stopping || keepAlive.isDone?.()) return;
    const { name, pauseMs, restarting, exhausted } = keepAlive;
    this.#fruitless += 1;
    if (this.#fruitless < FRUITLESS_STARTS_MAX) {
      restarting?.(`${name} (pid ${pid}) ended with ${how}; another one starts`);
      this.#pause = setTimeout(() => this.#start(), pauseMs);
      return;
    }
    this.#stopping = true;
    exhausted(
      `${name} ended ${FRUITLESS_STARTS_MAX} times before it had come up, and no other is started; its last line: ${this.#lastLine}`,
    );
  }
}
