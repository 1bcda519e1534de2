/**
 * One ground at a time in a folder: two would share ports' files, tables and log. The lock names the process that holds it;
 * one whose process has ended is taken over, so a ground that was killed leaves nothing to clean up by hand.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GroundError } from './ground-error.ts';

/** Returns what gives the lock back. */
export function lockGround(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'ground.lock');
  if (!taken(file) && !(putAside(file, folder) && taken(file))) throw runsAlready(folder, file);
  return () => rmSync(file, { force: true });
}

/** Whether the lock is ours now. */
function taken(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Whether the lock was that of a process that has ended, and is gone. It is moved before it is judged, as another that starts
 * now may have put its own in place since; such a one is moved back.
 */
function putAside(file: string, folder: string): boolean {
  if (isAlive(holderOf(file))) return false;
  const aside = join(folder, `ground.lock.${process.pid}`);
  try {
    renameSync(file, aside);
  } catch {
    return true;
  }
  const wasAlive = isAlive(holderOf(aside));
  if (wasAlive) linkSync(aside, file);
  rmSync(aside, { force: true });
  return !wasAlive;
}

function holderOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').trim());
  } catch {
    return Number.NaN;
  }
}

function runsAlready(folder: string, file: string): GroundError {
  return new GroundError(
    `it runs already in ${folder} (pid ${holderOf(file)}): stop that one with Ctrl-C first, or choose another folder with CLICKLEDGER_FOLDER`,
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
