/** Where the log's ends were during the last minutes: how fast each partition grows, and how old a record at an offset is. */
import type { TopicView } from '../../local/page/view.ts';

interface Ends {
  readonly at: number;
  readonly ends: readonly number[];
}

const KEPT_MS = 5 * 60_000;
const LOOK_MS_MIN = 400;
const RATE_OVER_MS = 4_000;
/** Of the mean of all partitions. */
const HOT_FROM = 1.5;

export class LogEnds {
  readonly #seen: Ends[] = [];

  note(at: number, ends: readonly number[]): void {
    const newest = this.#seen.at(-1);
    if (ends.length === 0 || (newest !== undefined && at - newest.at < LOOK_MS_MIN)) return;
    this.#seen.push({ at, ends: [...ends] });
    while ((this.#seen[0]?.at ?? at) < at - KEPT_MS) this.#seen.shift();
  }

  partitions(): TopicView['partitions'] {
    const newest = this.#seen.at(-1);
    if (newest === undefined) return [];
    const before = this.#seen.find(({ at }) => newest.at - at <= RATE_OVER_MS) ?? newest;
    const ms = newest.at - before.at;
    const rates = newest.ends.map((end, partition) =>
      ms === 0 ? 0 : Math.round(((end - (before.ends[partition] ?? 0)) * 1000) / ms),
    );
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    return newest.ends.map((end, partition) => {
      const rate = rates[partition] ?? 0;
      return { partition, end, rate, hot: rates.length > 1 && rate > 0 && rate > HOT_FROM * mean };
    });
  }

  /** For how long the record at an offset has been in the log; undefined where that was before anybody looked. */
  ageMs(partition: number, offset: number, now: number): number | undefined {
    const endOf = ({ ends }: Ends) => ends[partition] ?? 0;
    const newest = this.#seen.at(-1);
    if (newest === undefined || offset >= endOf(newest)) return 0;
    const first = this.#seen.findIndex((ends) => endOf(ends) > offset);
    return first <= 0 ? undefined : now - (this.#seen[first]?.at ?? now);
  }
}
