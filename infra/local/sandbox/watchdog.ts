/**
 * Watches over a sandbox from a thread beside it, because a handler may block its process for ever: ends the process when
 * the one that started it is gone, and when an invocation is past its deadline. Who invoked it does the latter as well,
 * and sooner; but it may have died, or be frozen.
 */
import { workerData } from 'node:worker_threads';
import { killProcess } from '../children.ts';

const { deadlines, parent } = workerData as { readonly deadlines: BigInt64Array; readonly parent: number };
const LOOK_EVERY_MS = 500;
const GRACE_MS = 1_000;

const nothing = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(nothing, 0, 0, LOOK_EVERY_MS);
  const deadline = Number(Atomics.load(deadlines, 0));
  const isLate = deadline > 0 && Date.now() > deadline + GRACE_MS;
  if (isLate || process.ppid !== parent) killProcess(process.pid);
}
