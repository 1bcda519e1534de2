/**
 * Whether awaited work still progresses. Its total time says nothing about right or wrong, least of all on a busy machine, so only a
 * standstill ends the wait. Time in which nothing was checked, because the machine slept or was busy, does not count.
 */
const LOOKED_MS_MAX = 5_000;

export class Standstill {
  readonly boundMs: number;
  readonly #now: () => number;
  #seen: string | undefined;
  #lookedAt: number;
  #stillMs = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(boundMs: number, now = () => performance.now()) {
    this.boundMs = boundMs;
    this.#now = now;
    this.#lookedAt = now();
  }

  /**
   * Looks once more; true once nothing has changed for longer than the bound.
   * @param seen all that changes as long as there is progress, and nothing else
   */
  lasts(seen: unknown): boolean {
    const [now, is] = [this.#now(), JSON.stringify(seen)];
    this.#stillMs = is === this.#seen ? this.#stillMs + Math.min(now - this.#lookedAt, LOOKED_MS_MAX) : 0;
    this.#seen = is;
    this.#lookedAt = now;
    return this.#stillMs > this.boundMs;
  }
}
