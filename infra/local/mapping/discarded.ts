/**
 * What a mapping has discarded, as its pollers report it: counted as AWS's metrics would count it, and said loudly, since a
 * record that is discarded is counted in no ledger until somebody applies it (AWS Lambda docs: monitoring-metrics-types).
 */

export interface DiscardReport {
  readonly records: number;
  /** For people: `ad_clicks-0 5..9`. */
  readonly offsets: string;
  readonly because: string;
  /** Where the destination has it; undefined where it was dropped. */
  readonly at?: string;
  /** Why the destination has it not. */
  readonly undelivered?: string;
}

export class DiscardedRecords {
  /** Where they go, in words; undefined where the mapping has no destination. */
  readonly destination: string | undefined;
  /** Records that the destination has. */
  delivered = 0;
  /** Records without a trace: no destination, or one that refused them. */
  dropped = 0;

  constructor(destination: string | undefined) {
    this.destination = destination;
  }

  /** In words, what has happened. */
  add({ records, offsets, because, at, undelivered }: DiscardReport): string {
    if (at === undefined) this.dropped += records;
    else this.delivered += records;
    const whither =
      at !== undefined
        ? `they are in ${at}`
        : undelivered !== undefined
          ? `LOST to the mapping, its destination refused them: ${undelivered}`
          : 'DROPPED, the mapping has no destination';
    return `discarded ${records} records (${offsets}; ${because}): ${whither}`;
  }
}
