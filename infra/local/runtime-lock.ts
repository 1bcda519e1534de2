/**
 * One ground at a time in a folder: two would share ports' files, tables and log. The lock names the process that holds it;
 * one whose process has ended is taken over, so a ground that was killed leaves nothing to clean up by hand.
 *
 *   ground.lock.<n>    the newest counts: pid and start of its holder, empty once it was given back
 *
 * The system gives a pid away again, after a restart to anybody. So a lock counts only while its pid belongs to the process that
 * started when the lock says.
 *
 * A file system can put a whole file where none stands (link), but can't replace one only if it is still the one that was
 * judged. So a lock is never replaced: who finds the newest free puts the next number, which only one can. The newest is
 * never removed except by the holder of a newer one; who finds a newer one than its own has looked too early, and looks again.
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

/** Of a mode: the group's and everybody's right to write. */
const OTHERS_WRITE = 0o022;

/** Returns what gives the lock back. */
export function lockGround(folder: string): () => void {
  createOwnFolder(folder);
  const lock = (number: number) => join(folder, `ground.lock.${number}`);
  const own = join(folder, `ground.lock.of-${process.pid}`);
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
 * Makes the folder that keeps keys, data and jars, for its owner alone. Throws `UserError` where it can't be made, and where it is
 * another user's or others may write in it: whoever can write in it can put code and links there.
 */
export function createOwnFolder(folder: string): void {
  const choose = 'choose another folder with CLICKLEDGER_FOLDER';
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UserError(
      `${folder} can't be made (${cause instanceof Error ? cause.message : cause}): ${choose}`,
      cause,
    );
  }
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    throw new UserError(`${folder} belongs to another user (uid ${uid}, yours is ${own}): ${choose}`);
  if ((mode & OTHERS_WRITE) !== 0)
    throw new UserError(
      `others may write in ${folder} (mode ${(mode & 0o777).toString(8)}): chmod 700 it if all that it holds is yours, or ${choose}`,
    );
}

function giveBack(own: string, lock: string): void {
  try {
    writeFileSync(own, '');
    renameSync(own, lock);
  } catch {
    // On a full disk it stays, names a process that ends now, and is taken over.
  }
}

/** Ascending. */
function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => /^ground\.lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whether the file stands there now by our doing; false where one stood already. */
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
  /** As `startOf` tells it; empty where the system did not tell. */
  readonly start: string;
}

/** Undefined where nobody is named. */
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
    `it runs already in ${folder} (pid ${pid}): stop that one with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER; if process ${pid} is not Clickledger's, remove ${lock}`,
  );
}

/** When a process started, in words or numbers of the system; empty where it does not tell. */
function startOf(pid: number): string {
  try {
    // After the name in brackets, which may hold anything, come field 3 and on; the 22nd is the start (man 5 proc).
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
