/** `npm start` as people run it: a process in a folder, of which a test knows what anybody could know from outside. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../../infra/local/children.ts';
import { getRunFile, type RunFile } from '../../infra/local/run-file.ts';
import { isAlive } from './pids.ts';
import { processesOf } from './processes-of.ts';
import { root } from './runtime-folder.ts';
import { until } from './until.ts';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface StartOptions {
  readonly folder: string;
  readonly given?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of the Node that runs the test, with `clickledger start`. */
  readonly command?: readonly [program: string, ...given: string[]];
}

const STARTED_WITHIN_MS = 90_000;
const ENDED_WITHIN_MS = 120_000;

export class RunningStart {
  readonly folder: string;
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<Ended>;
  readonly #seen = new Set<number>();
  #end: Ended | undefined;

  constructor({ folder, given = [], environment = {}, command }: StartOptions) {
    const [program, ...before] = command ?? [process.execPath, join(root, 'infra/cli/main.ts'), 'start'];
    this.folder = folder;
    this.process = spawn(program, [...before, ...given], {
      cwd: root,
      env: { ...unset(process.env), CLICKLEDGER_FOLDER: folder, ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  /** Sends a signal to one of its processes: itself, or one that has stood in run.json. Any other number is refused. */
  signal(pid: number | undefined, name: NodeJS.Signals): void {
    assert.ok(
      pid !== undefined && pid > 1 && (pid === this.process.pid || this.#seen.has(pid)),
      `pid ${pid}`,
    );
    process.kill(pid, name);
  }

  /** What a terminal does at Ctrl-C: the signal goes to the whole foreground group, npm and its shell included. */
  interrupt(): void {
    const { pid } = this.process;
    assert.ok(pid !== undefined && pid > 1, `pid ${pid}`);
    process.kill(-pid, 'SIGINT');
  }

  /** What `run.json` says now; undefined before it is written and after it is removed. */
  runFile(): RunFile | undefined {
    let text: string;
    try {
      text = readFileSync(getRunFile(this.folder), 'utf8');
    } catch {
      return undefined;
    }
    const content = JSON.parse(text) as RunFile;
    for (const { pid } of content.children) this.#seen.add(pid);
    return content;
  }

  pids(role: Child['role'], group?: string): number[] {
    const children = this.runFile()?.children ?? [];
    return children.filter((child) => child.role === role && child.group === group).map(({ pid }) => pid);
  }

  /** Resolves with the file once everything runs. */
  async running(): Promise<RunFile> {
    await this.until('run.json is written', () => this.runFile() !== undefined, STARTED_WITHIN_MS);
    return this.runFile() as RunFile;
  }

  /** Waits while it runs; says what it has printed where it ends, or takes too long. */
  async until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
    try {
      await until(
        what,
        async () => {
          if (this.#end !== undefined)
            throw new Error(`it ended (${JSON.stringify(this.#end)}) before: ${what}`);
          return await holds();
        },
        withinMs,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${this.stdout.slice(-3_000)}\n${this.stderr.slice(-3_000)}`);
    }
  }

  async ended(withinMs = ENDED_WITHIN_MS): Promise<Ended> {
    await until(
      `it ends; it has printed\n${this.stdout.slice(-3_000)}\n${this.stderr.slice(-3_000)}`,
      () => this.#end !== undefined,
      withinMs,
    );
    return this.#ended;
  }

  /** Processes that stand in a `run.json` that was read, or that name the folder, and still run. */
  left(): number[] {
    const found = processesOf(this.folder).map(({ pid }) => pid);
    return [...new Set([...this.#seen, ...found])].filter(isAlive);
  }

  /** What should not stay in the folder when it has ended: addresses that nobody answers, sockets, a lock that names somebody. */
  remains(): string[] {
    return readdirSync(this.folder).filter(
      (name) =>
        /^run\.json|^sockets$/.test(name) ||
        (name.startsWith('runtime.lock') && readFileSync(join(this.folder, name), 'utf8') !== ''),
    );
  }

  lastLine(): string {
    return this.stdout.trimEnd().split('\n').at(-1) ?? '';
  }
}

/** Without what the person who runs the tests has set for a localRuntime of their own, and what npm and node say of the tests. */
function unset(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { CLICKLEDGER_KAFKA, CLICKLEDGER_DYNAMODB, NODE_TEST_CONTEXT, npm_lifecycle_event, ...rest } =
    environment;
  return rest;
}
