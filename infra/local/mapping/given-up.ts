/**
 * What a mapping has given up, as its pollers report it: counted as AWS's metrics would count it, and said loudly, since a
 * record that is given up is counted in no ledger until somebody applies it (AWS Lambda docs: monitoring-metrics-types).
 */

export interface GaveUp {
  readonly records: number;
  /** For people: `ad_clicks-0 5..9`. */
  readonly offsets: string;
  readonly because: string;
  /** Where the destination has it; undefined where it was dropped. */
  readonly at?: string;
  /** Why the destination has it not. */
  readonly undelivered?: string;
}

export interface GivenUpCounts {
  /** Records that a destination has. */
  readonly delivered: number;
  /** Records without a trace: no destination, or one that could not be reached. */
  readonly dropped: number;
}

export class GivenUpRecords {
  #counts: GivenUpCounts = { delivered: 0, dropped: 0 };

  get counts(): GivenUpCounts {
    return this.#counts;
  }

  /** In words, what has happened. */
  add({ records, offsets, because, at, undelivered }: GaveUp): string {
    const { delivered, dropped } = this.#counts;
    this.#counts =
      at === undefined
        ? { delivered, dropped: dropped + records }
        : { delivered: delivered + records, dropped };
    const whither =
      at !== undefined
        ? `they are in ${at}`
        : undelivered !== undefined
          ? `LOST to the mapping, its destination refused them: ${undelivered}`
          : 'DROPPED, the mapping has no destination';
    return `gave up ${records} records (${offsets}; ${because}): ${whither}`;
  }
}
