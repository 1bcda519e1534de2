/**
 * What was billed at the moment at which the log was counted. A ledger that is read a second later has moved on, and would seem to have
 * billed more than there is. So the log is compared with the ledger as it was read just before. Bounded.
 */
export interface Billed {
  readonly clicks: number;
  readonly micros: bigint;
}

interface Totals {
  readonly at: number;
  /** By group. */
  readonly billed: ReadonlyMap<string, Billed>;
}

const KEPT = 60;

export class BilledTotals {
  readonly #seen: Totals[] = [];

  note(at: number, billed: ReadonlyMap<string, Billed>): void {
    this.#seen.push({ at, billed });
    if (this.#seen.length > KEPT) this.#seen.shift();
  }

  /** The newest that was read before the log was; undefined where all of it is younger. */
  before(at: number): ReadonlyMap<string, Billed> | undefined {
    return this.#seen.findLast((totals) => totals.at <= at)?.billed;
  }
}
