/** Waits for a condition, with a bound, instead of for a time. */
import { setTimeout } from 'node:timers/promises';

const LOOK_EVERY_MS = 25;

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
