/** What the kernel of Linux says of a process (proc(5)); 0 of one that has just ended. */
import { readFileSync } from 'node:fs';

/** CPU is counted in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(saidOf(pid, 'status'))?.[1];
  return Math.round(Number(kb ?? 0) / 1024);
}

/** User and system time, of all its threads. */
export function cpuSecondsOf(pid: number): number {
  const stat = saidOf(pid, 'stat');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

function saidOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
