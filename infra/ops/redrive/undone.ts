/** What a redrive finds, what stays undone of it, and why: pure, from what was seen before and what the ledger says after. */
import {
  countOffsets,
  gapsOf,
  intersection,
  noOffsets,
  type OffsetSet,
  offsetsFrom,
  union,
  without,
} from '../../../shared/journal/offsets.ts';
import type { Delivered } from './deliver.ts';
import type { OpenWork } from './open-work.ts';
import type { DocumentsEnd } from './redrive-documents.ts';

/** Offsets of a partition that share a reason. */
export interface Row {
  readonly partition: number;
  readonly journal: string;
  readonly what: 'parked' | 'gap' | 'void' | 'given up' | 'gone' | 'batch';
  readonly reason: string;
  readonly offsets: OffsetSet;
}

/** A partition as it was found, and what came of handing over what the log holds of it. */
export interface Seen {
  readonly work: OpenWork;
  readonly parked: OffsetSet;
  readonly unparked: Delivered;
  readonly gaps: OffsetSet;
  readonly gone: OffsetSet;
  readonly filled: Delivered;
}

/**
 * What was open.
 * @param given what documents hold of it
 */
export function foundIn({ work, parked, gaps, gone, filled }: Seen, given: OffsetSet): Row[] {
  const { bounds, state, reasons } = work;
  const row = rowsOf(work);
  const held = without(gaps, filled.empty);
  const closing = intersection(gapsOf(union(state.resolved, held)), filled.empty);
  const left = intersection(parked, offsetsFrom(0, bounds.start));
  return [
    ...reasons.flatMap(({ reason, offsets }) =>
      row('parked', reason, without(intersection(offsets, parked), left)),
    ),
    ...row('gap', 'passed over by the mapping', held),
    ...row('void', 'no record in the log', closing),
    ...row('given up', 'in a destination document', without(given, held)),
    ...row('gone', `the log begins at ${bounds.start}`, without(union(gone, left), given)),
  ];
}

/**
 * What still is.
 * @param now the journal after all was done
 */
export function undoneIn(
  seen: Seen,
  now: Pick<OpenWork, 'state' | 'parked'>,
  documents: DocumentsEnd | undefined,
): Row[] {
  const { partition, bounds } = seen.work;
  const row = rowsOf(seen.work);
  const { state } = now;
  const parked = intersection(seen.parked, now.parked);
  const left = intersection(parked, offsetsFrom(0, bounds.start));
  const erased = intersection(parked, seen.unparked.empty);
  const refused = without(parked, union(left, erased));
  const held = without(seen.gaps, union(state.resolved, union(seen.filled.empty, seen.filled.tooLarge)));
  // Above the newest resolved offset, and below the first, a hole is no gap: it owes nothing and is void with what comes.
  const holes = intersection(gapsOf(state.resolved), without(seen.filled.empty, state.resolved));
  const given = without(documents?.open.get(partition) ?? noOffsets, state.resolved);
  const lost = without(union(without(seen.gone, state.resolved), left), given);
  const refusal = documents?.failed.get(partition);
  return [
    ...seen.work.reasons.flatMap(({ reason, offsets }) =>
      row(
        'parked',
        stopped(seen.unparked) ?? `it is still refused: ${reason}`,
        intersection(offsets, refused),
      ),
    ),
    ...row('parked', 'the log holds no record there any more', erased),
    ...row('gap', stopped(seen.filled) ?? 'it was handed over, and the ledger has not resolved it', held),
    ...row('gap', TOO_LARGE, without(seen.filled.tooLarge, state.resolved)),
    ...row('void', stopped(seen.filled) ?? 'it was handed over, and the ledger has not closed it', holes),
    ...row(
      'given up',
      refusal ?? 'it was handed over, and the ledger has not resolved it',
      without(given, held),
    ),
    ...row('gone', `can't be redriven any more, the log begins at ${bounds.start}`, lost),
  ];
}

export function rowsOf({ partition, journal }: OpenWork) {
  return (what: Row['what'], reason: string, offsets: OffsetSet): Row[] =>
    offsets.length === 0 ? [] : [{ partition, journal, what, reason, offsets }];
}

/** For whoever reads that something can't be handed over. */
export const TOO_LARGE = 'the record is larger than the 6 MB that a function takes';

export function countRows(rows: readonly Row[]): number {
  return rows.reduce((sum, { offsets }) => sum + countOffsets(offsets), 0);
}

export function stopped({ failed }: Pick<Delivered, 'failed'>): string | undefined {
  return failed === undefined ? undefined : `stopped at offset ${failed.at}: ${failed.why}`;
}
