/**
 * The register of every process that the local runtime has started, kept current as they come and go, so that people can point
 * their own tools (and their own SIGKILL) at them, and so that nothing stays behind: whatever is still in it when
 * the runtime ends is killed by its pid.
 */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';

export interface Child {
  readonly role: 'broker' | 'dynamodb' | 'poller' | 'function' | 'producer' | 'naive' | 'auditor';
  /** The consumer group that it works for. */
  readonly group?: string | undefined;
  /** What it is, for people: the name of a function, the number of a poller. */
  readonly name: string;
  readonly pid: number;
}

/** How to find programs, home and temporary files; language and time zone; and by what folder an outsider knows whose child it is. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'CLICKLEDGER_FOLDER'];

/** What of the shell's environment a child process gets: no credentials, no profile, no options of Node or Java. */
export function buildChildEnvironment(): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const WORDS_KEPT = 4_096;

/** Listens to a child's standard error. Returns its last words: the line above a stack, which names an error, else the last line. */
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

  /** Ends what is left, at once. */
  killAll(): void {
    for (const { pid } of this.#children.values()) {
      killProcess(pid);
    }
  }
}

/** A process that could not be started has no pid, and -1, which means none elsewhere, means all processes to a kill. */
export function getPid(child: ChildProcess): number {
  if (child.pid === undefined)
    throw new Error('the system starts no further process: there are too many, or memory is short');
  return child.pid;
}

/** Sends SIGKILL to one process; one that has ended by itself is no error. */
export function killProcess(pid: number): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new RangeError(`${pid} is no process to be killed`);
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
