/**
 * The register of all processes that the local runtime has started. It is updated when a process starts or ends, so that people
 * can use their own tools (and their own SIGKILL) on them. When the local runtime ends, every process that is still registered
 * is killed by its pid.
 */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';

export interface Child {
  readonly role: 'broker' | 'dynamodb' | 'poller' | 'function' | 'producer' | 'naive' | 'auditor';
  /** The consumer group that it works for. */
  readonly group?: string | undefined;
  /** Its name for people, such as the name of a function or the number of a poller. */
  readonly name: string;
  readonly pid: number;
}

/** For finding programs, home and temporary files; for language and time zone; and the folder that tells others whose child it is. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'CLICKLEDGER_FOLDER'];

/** The part of the shell's environment for a child process: no credentials, no profile, no options of Node or Java. */
export function buildChildEnvironment(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const WORDS_KEPT = 4_096;

/** Reads a child's standard error. Returns a getter of its last words: the line above a stack trace, which names an error, else the last line. */
export function captureLastWords(child: ChildProcess): () => string | undefined {
  let heard = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    heard = `${heard}${chunk.toString('utf8')}`.slice(-WORDS_KEPT);
  });
  return () => {
    const lines = heard.split('\n').filter((line) => line.trim() !== '');
    const stack = lines.findIndex((line) => /^\s+at /.test(line));
    return (lines[stack - 1] ?? lines.at(-1))?.trim();
  };
}

export class Children extends EventEmitter<{ change: [] }> {
  readonly #children = new Map<number, Child>();

  add(child: Child): void {
    this.#children.set(child.pid, child);
    this.emit('change');
  }

  remove(pid: number): void {
    if (this.#children.delete(pid)) this.emit('change');
  }

  list(): Child[] {
    return [...this.#children.values()];
  }

  /** Kills all registered processes. */
  killAll(): void {
    for (const { pid } of this.#children.values()) {
      killProcess(pid);
    }
  }
}

/** Throws if the process could not be started. Never use -1 for "no pid": for kill, it means all processes. */
export function getPid(child: ChildProcess): number {
  if (child.pid === undefined)
    throw new Error('the system starts no more processes: there are too many, or memory is low');
  return child.pid;
}

/** Sends SIGKILL to one process. It is not an error if the process has already ended. */
export function killProcess(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 1)
    throw new RangeError(`${pid} is not a process that may be killed`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
