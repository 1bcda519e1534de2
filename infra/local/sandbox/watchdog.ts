/**
 * Watches a sandbox from a thread of its own, because a handler may block the main thread for ever. It kills the process when
 * the parent process is gone, and when an invocation is past its deadline. The invoker kills it at the deadline too, and
 * sooner; but the invoker may be dead or frozen.
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
