/**
 * Counts the records that a mapping has discarded, from the reports of its pollers, as AWS's metrics do (AWS Lambda docs:
 * monitoring-metrics-types). Each report becomes a sentence for people, because no ledger counts a discarded record until somebody
 * redrives it.
 */
import { formatQuantity } from '../../terminal/text.ts';

export interface DiscardReport {
  readonly records: number;
  /** For people, such as `ad_clicks-0 5..9`. */
  readonly offsets: string;
  readonly because: string;
  /** Its place in the destination; undefined if it was dropped. */
  readonly at?: string;
  /** Why the delivery to the destination failed. */
  readonly undelivered?: string;
}

export class DiscardedRecords {
  /** The destination, for people; undefined if the mapping has none. */
  readonly destination: string | undefined;
  /** Records that reached the destination. */
  delivered = 0;
  /** Records that are kept nowhere: there is no destination, or it refused them. */
  dropped = 0;

  constructor(destination: string | undefined) {
    this.destination = destination;
  }

  /** Counts a report, and returns it as a sentence. */
  add({ records, offsets, because, at, undelivered }: DiscardReport): string {
    if (at === undefined) this.dropped += records;
    else this.delivered += records;
    const outcome =
      at !== undefined
        ? `they are in ${at}`
        : undelivered !== undefined
          ? `LOST to the mapping, its destination refused them: ${undelivered}`
          : 'DROPPED, the mapping has no destination';
    return `discarded ${formatQuantity(records, 'record')} (${offsets}; ${because}): ${outcome}`;
  }
}
