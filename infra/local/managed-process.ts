/**
 * A supervised Node process. It is forked with an argument and registered; its output goes to a log; messages go both ways. It is ended
 * by SIGKILL if it does not end when asked. With `keepAlive`, another process starts after a pause whenever it ends, until too many in a
 * row have ended before they came up.
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

/** After this many processes in a row that ended before they came up, no other is started. */
export const FRUITLESS_STARTS_MAX = 10;

export interface ManagedProcessOptions<Heard> {
  readonly file: string;
  /** The argument of the process at each start, passed as JSON. */
  readonly argument: () => unknown;
  /** Replaces the default environment, which is a few variables of the shell. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Its row in the register of processes. Default: not registered. */
  readonly listed?: { readonly child: Omit<Child, 'pid'>; readonly children: Children };
  /** Gets each line of its output. Default: standard output is ignored. */
  readonly writeLine?: (line: string) => void;
  readonly hear: (message: Heard) => void;
  /** Called when it has ended, and its pid is free. */
  readonly ended?: () => void;
  /** Called when it has ended and all its output has been read. `how` is a signal or an exit code. */
  readonly closed?: (how: string, lastWords: string | undefined) => void;
  readonly keepAlive?: KeepAlive;
}

interface KeepAlive {
  /** Its name in a sentence, for people. */
  readonly name: string;
  readonly pauseMs: number;
  /** Whether its work is done, so that no other process starts. */
  readonly isDone?: () => boolean;
  /** Called when it has ended and another one starts. */
  readonly restarting?: (sentence: string) => void;
  /** Called when it keeps ending before it comes up, and no other is started. The sentence has its name and its last line. */
  readonly exhausted: (sentence: string) => void;
}

export class ManagedProcess<Said extends object | string, Heard> {
  readonly #options: ManagedProcessOptions<Heard>;
  #process: ChildProcess | undefined;
  #stopping = false;
  #fruitless = 0;
  #pause: NodeJS.Timeout | undefined;
  #lastLine = 'it printed nothing';

  constructor(options: ManagedProcessOptions<Heard>) {
    this.#options = options;
    this.#start();
  }

  /** Undefined between two processes. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Whether it can get messages. Just after a kill it may still be true; `ended` follows. */
  get connected(): boolean {
    return this.#process?.connected === true;
  }

  /** Call it when the process works: the count of ends before it came up restarts at 0. */
  cameUp(): void {
    this.#fruitless = 0;
  }

  /** Sets the last line for `exhausted`, for a process that reports by message instead of standard error. */
  noteLine(line: string): void {
    this.#lastLine = line;
  }

  /** The message is lost if no process runs. */
  send(message: Said): void {
    if (this.#process?.connected) this.#process.send(message, () => {});
  }

  /** Sends SIGKILL. Returns false if no process runs. */
  kill({ forGood = false } = {}): boolean {
    this.#stopping ||= forGood;
    if (this.#process !== undefined) killProcess(getPid(this.#process));
    return this.#process !== undefined;
  }

  /** Closes the channel; the process then ends by itself, and no other is started. */
  disconnect(): void {
    this.#stopping = true;
    clearTimeout(this.#pause);
    if (this.#process?.connected) this.#process.disconnect();
  }

  /** Asks it to end, and kills it after the bound. Resolves when it has ended. No other is started. */
  async stop(message: Said, withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await this.#end(() => {
      this.send(message);
      timer = setTimeout(() => this.kill(), withinMs);
    });
    clearTimeout(timer);
  }

  /** Kills it, without a word before; resolves when it has ended. None is started after it. */
  async crash(): Promise<void> {
    await this.#end(() => this.kill());
  }

  async #end(act: () => void): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    const child = this.#process;
    if (child === undefined) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    act();
    await exit;
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
    // Its last output may arrive after its exit.
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
      `${name} ended ${FRUITLESS_STARTS_MAX} times before it came up, and is not started again; its last line: ${this.#lastLine}`,
    );
  }
}
