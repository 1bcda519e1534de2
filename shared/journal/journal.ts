/**
 * A journal in memory: what one entry changed, what is true after it, and who wrote it.
 *
 * Entries are put once and never changed; versions are dense (I4). The state in an entry is all that its successor is
 * computed from, so nothing else has to be read.
 */
import type { Acceptance } from '../event/event.ts';
import type { Flag } from '../fold/delta.ts';
import { noOffsets, type OffsetSet, subtractOffsets, uniteOffsets } from './offsets.ts';

/** A record set aside: its position, why, and a digest that names its bytes without keeping them. */
export interface Parked {
  readonly offset: number;
  readonly reason: string;
  readonly sha256: string;
}

/** Which record stood at an offset when it was resolved (I10). */
export interface Mark {
  readonly offset: number;
  readonly fingerprint: string;
}

/** What is true of a partition after `version` entries. */
export interface State {
  readonly version: number;
  /** Applied, parked, void or accepted: every offset that is not fresh any more (I2). */
  readonly resolved: OffsetSet;
  /** How many parked records are neither applied nor accepted. Which ones: the items of parked-items.ts. */
  readonly openParked: number;
  /** Distinct keys of the first 1,000 records that the newest entry with any has counted (docs/adr/0017-bad-batches.md). */
  readonly keys: number;
  /** Timestamp of the newest resolved record, epoch milliseconds; -1 before the first. */
  readonly newest: number;
  /** The first and the last record of the newest entry. */
  readonly marks: readonly Mark[];
  /** What the fold carries on; '' for none. */
  readonly carried: string;
  /** By which fields and measures the ledger counts, see `formatCounted`. */
  readonly counted: string | undefined;
  /** Of all entries together, in the order of the measures. */
  readonly totals: readonly bigint[];
}

/** What one batch changed. */
export interface Changed {
  /** Resolved by this entry: applied, parked, void or accepted. */
  readonly offsets: OffsetSet;
  /** Of those, the ones where the topic holds no record (sparse topics only). */
  readonly void: OffsetSet;
  readonly parked: readonly Parked[];
  /** Parked by an earlier entry and applied by this one. */
  readonly unparked: OffsetSet;
  /** Parked by an earlier entry, or resolved by this one without a record: not counted, now or later. */
  readonly accepted: Acceptance | undefined;
  /** The delta, as `formatLines` writes it; text until somebody sums it. */
  readonly lines: string;
  readonly flags: readonly Flag[];
}

export interface Provenance {
  readonly code: string;
  readonly request: string;
  /** ISO 8601, by the writer's clock; information only. */
  readonly at: string;
}

export interface Entry {
  readonly changed: Changed;
  readonly state: State;
  readonly by: Provenance;
}

/** What the write path reads of the newest entry. */
export interface Head {
  readonly state: State;
  /** The request that wrote it; '' where the state comes from no entry. */
  readonly request: string;
}

/** Parked by an earlier entry, and applied or accepted by this one. */
export function findSettled({ offsets, unparked, accepted }: Changed): OffsetSet {
  return accepted === undefined
    ? unparked
    : uniteOffsets(unparked, subtractOffsets(accepted.offsets, offsets));
}

/** Before the first entry. */
export const emptyState: State = {
  version: 0,
  resolved: noOffsets,
  openParked: 0,
  keys: 0,
  newest: -1,
  marks: [],
  carried: '',
  counted: undefined,
  totals: [0n, 0n],
};
