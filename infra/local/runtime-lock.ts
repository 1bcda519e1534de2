/**
 * Locks a folder for one local runtime, because two would share tables and log. The lock names the process that holds it. If
 * that process has ended, the lock is taken over, so a killed runtime leaves nothing to clean up by hand.
 *
 *   runtime.lock.<n>    the highest number counts: pid and start time of its holder, empty once released
 *
 * The system reuses pids. So a lock counts only while its pid belongs to the process that started at the time in the lock.
 *
 * A file system can create a complete file if none exists (link), but it can't compare and replace a file in one step. So a lock is never
 * replaced: a process that finds the newest lock free creates the next number, and only one process can. Only the holder of a newer
 * lock removes an older one. A process that finds a newer lock than its own has read too early, and tries again.
 */

import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../terminal/user-error.ts';

/** The mode bits that let the group or everybody write. */
const OTHERS_WRITE = 0o022;

/** Locks the folder; returns the function that releases the lock. */
export function lockRuntime(folder: string): () => void {
  createOwnFolder(folder);
  const lock = (number: number) => join(folder, `runtime.lock.${number}`);
  const own = join(folder, `runtime.lock.of-${process.pid}`);
  try {
    for (;;) {
      const newest = numbersIn(folder).at(-1) ?? 0;
      const holder = holderOf(lock(newest));
      if (holder !== undefined && isRunning(holder)) throw runsAlready(folder, lock(newest), holder);
      const mine = newest + 1;
      writeFileSync(own, [process.pid, startOf(process.pid)].join(' '));
      if (!linked(own, lock(mine))) continue;
      const [now, ...older] = numbersIn(folder).reverse();
      if (now !== mine) {
        rmSync(lock(mine), { force: true });
        continue;
      }
      for (const number of older) rmSync(lock(number), { force: true });
      return () => giveBack(own, lock(mine));
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Creates the folder for keys, data and jars, which only its owner can open. Throws a `UserError` if it can't be created, belongs to
 * another user, or is writable by others: whoever can write in it can place code and links there.
 */
export function createOwnFolder(folder: string): void {
  const choose = 'choose another folder with CLICKLEDGER_FOLDER';
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UserError(
      `${folder} can't be created (${cause instanceof Error ? cause.message : cause}): ${choose}`,
      cause,
    );
  }
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    throw new UserError(`${folder} belongs to another user (uid ${uid}, yours is ${own}): ${choose}`);
  if ((mode & OTHERS_WRITE) !== 0)
    throw new UserError(
      `others may write in ${folder} (mode ${(mode & 0o777).toString(8)}): run chmod 700 on it if all its content is yours, or ${choose}`,
    );
}

function giveBack(own: string, lock: string): void {
  try {
    writeFileSync(own, '');
    renameSync(own, lock);
  } catch {
    // On a full disk the lock stays. It names a process that ends now, so it is taken over.
  }
}

/** Ascending. */
function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => /^runtime\.lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Links the file to the place; false if something exists there. */
function linked(file: string, place: string): boolean {
  try {
    linkSync(file, place);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

interface Holder {
  readonly pid: number;
  /** The value of `startOf`; empty if the system did not tell. */
  readonly start: string;
}

/** Undefined if the lock names no process. */
function holderOf(lock: string): Holder | undefined {
  try {
    const [, pid, start = ''] = /^(\d+)(?: (.+))?$/.exec(readFileSync(lock, 'utf8').trim()) ?? [];
    return pid === undefined ? undefined : { pid: Number(pid), start };
  } catch {
    return undefined;
  }
}

function runsAlready(folder: string, lock: string, { pid }: Holder): UserError {
  return new UserError(
    `a local runtime already runs in ${folder} (pid ${pid}): stop it with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER; if process ${pid} is not a Clickledger process, remove ${lock}`,
  );
}

/** The start time of a process, in the system's own format; empty if the system does not tell. */
function startOf(pid: number): string {
  try {
    // The name in brackets may hold anything; after it comes field 3. Field 22 is the start time (man 5 proc).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3] ?? '';
  } catch {
    try {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
    } catch {
      return '';
    }
  }
}

function isRunning({ pid, start }: Holder): boolean {
  if (!isAlive(pid)) return false;
  const now = startOf(pid);
  return start === '' || now === '' || now === start;
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
