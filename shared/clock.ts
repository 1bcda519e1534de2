/**
 * Time, waiting and chance, as one thing that is handed in: the write path asks for all three (deadline, back-off,
 * jitter), and its property test must own all three to explore schedules. No promise rests on the clock being right.
 */

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};
