/**
 * One ground at a time in a folder: two would share ports' files, tables and log. The lock names the process that holds it;
 * one whose process has ended is taken over, so a ground that was killed leaves nothing to clean up by hand.
 *
 *   ground.lock.<n>    the newest counts: the pid of its holder, empty once it was given back
 *
 * A file system can put a whole file where none stands (link), but can't replace one only if it is still the one that was
 * judged. So a lock is never replaced: who finds the newest free puts the next number, which only one can. The newest is
 * never removed except by the holder of a newer one; who finds a newer one than its own has looked too early, and looks again.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GroundError } from './ground-error.ts';

/** Returns what gives the lock back. */
export function lockGround(folder: string): () => void {
  makeFolder(folder);
  const lock = (number: number) => join(folder, `ground.lock.${number}`);
  const own = join(folder, `ground.lock.of-${process.pid}`);
  try {
    for (;;) {
      const newest = numbersIn(folder).at(-1) ?? 0;
      const holder = holderOf(lock(newest));
      if (isAlive(holder)) throw runsAlready(folder, holder);
      const mine = newest + 1;
      writeFileSync(own, String(process.pid));
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

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new GroundError(
      `${folder} can't be made (${cause instanceof Error ? cause.message : cause}): choose another folder with CLICKLEDGER_FOLDER`,
      cause,
    );
  }
}

function giveBack(own: string, lock: string): void {
  writeFileSync(own, '');
  renameSync(own, lock);
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

function holderOf(lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8').trim());
  } catch {
    return Number.NaN;
  }
}

function runsAlready(folder: string, pid: number): GroundError {
  return new GroundError(
    `it runs already in ${folder} (pid ${pid}): stop that one with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER`,
  );
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
