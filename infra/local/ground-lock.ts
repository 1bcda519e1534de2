/**
 * One ground at a time in a folder: two would share ports' files, tables and log. The lock names the process that holds it;
 * one whose process has ended is taken over, so a ground that was killed leaves nothing to clean up by hand.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GroundError } from './ground-error.ts';

/** Returns what gives the lock back. */
export function lockGround(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'ground.lock');
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(readFileSync(file, 'utf8').trim());
      if (attempt > 1 || isAlive(holder))
        throw new GroundError(
          `it runs already in ${folder} (pid ${holder}): stop that one with Ctrl-C first, or start this one in another checkout`,
          error,
        );
      rmSync(file, { force: true });
    }
  }
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
