/** What a redrive finds, what stays undone of it, and why: pure, from what was seen before and what the ledger says after. */
import {
  buildInterval,
  countOffsets,
  findGaps,
  intersectOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';
import type { Delivered } from './deliver.ts';
import type { OpenWork } from './open-work.ts';
import type { DocumentsEnd } from './redrive-documents.ts';

/** Offsets of a partition that share a reason. */
export interface Row {
  readonly partition: number;
  readonly journal: string;
  readonly what: 'parked' | 'gap' | 'void' | 'discarded' | 'gone' | 'batch';
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
export function listFound({ work, parked, gaps, gone, filled }: Seen, given: OffsetSet): Row[] {
  const { bounds, state, reasons } = work;
  const row = createRowBuilder(work);
  const held = subtractOffsets(gaps, filled.empty);
  const closing = intersectOffsets(findGaps(uniteOffsets(state.resolved, held)), filled.empty);
  const left = intersectOffsets(parked, buildInterval(0, bounds.start));
  return [
    ...reasons.flatMap(({ reason, offsets }) =>
      row('parked', reason, subtractOffsets(intersectOffsets(offsets, parked), left)),
    ),
    ...row('gap', 'passed over by the mapping', held),
    ...row('void', 'no record in the log', closing),
    ...row('discarded', 'in a destination document', subtractOffsets(given, held)),
    ...row('gone', `the log begins at ${bounds.start}`, subtractOffsets(uniteOffsets(gone, left), given)),
  ];
}

/**
 * What still is.
 * @param now the journal after all was done
 */
export function listUndone(
  seen: Seen,
  now: Pick<OpenWork, 'state' | 'parked'>,
  documents: DocumentsEnd | undefined,
): Row[] {
  const { partition, bounds } = seen.work;
  const row = createRowBuilder(seen.work);
  const { state } = now;
  const parked = intersectOffsets(seen.parked, now.parked);
  const left = intersectOffsets(parked, buildInterval(0, bounds.start));
  const erased = intersectOffsets(parked, seen.unparked.empty);
  const refused = subtractOffsets(parked, uniteOffsets(left, erased));
  const held = subtractOffsets(
    seen.gaps,
    uniteOffsets(state.resolved, uniteOffsets(seen.filled.empty, seen.filled.tooLarge)),
  );
  // Above the newest resolved offset, and below the first, a hole is no gap: it owes nothing and is void with what comes.
  const holes = intersectOffsets(
    findGaps(state.resolved),
    subtractOffsets(seen.filled.empty, state.resolved),
  );
  const given = subtractOffsets(documents?.open.get(partition) ?? noOffsets, state.resolved);
  const lost = subtractOffsets(uniteOffsets(subtractOffsets(seen.gone, state.resolved), left), given);
  const refusal = documents?.failed.get(partition);
  return [
    ...seen.work.reasons.flatMap(({ reason, offsets }) =>
      row(
        'parked',
        describeStop(seen.unparked) ?? `it is still refused: ${reason}`,
        intersectOffsets(offsets, refused),
      ),
    ),
    ...row('parked', 'the log holds no record there any more', erased),
    ...row(
      'gap',
      describeStop(seen.filled) ?? 'it was handed over, and the ledger has not resolved it',
      held,
    ),
    ...row('gap', TOO_LARGE, subtractOffsets(seen.filled.tooLarge, state.resolved)),
    ...row(
      'void',
      describeStop(seen.filled) ?? 'it was handed over, and the ledger has not closed it',
      holes,
    ),
    ...row(
      'discarded',
      refusal ?? 'it was handed over, and the ledger has not resolved it',
      subtractOffsets(given, held),
    ),
    ...row('gone', `can't be redriven any more, the log begins at ${bounds.start}`, lost),
  ];
}

export function createRowBuilder({ partition, journal }: OpenWork) {
  return (what: Row['what'], reason: string, offsets: OffsetSet): Row[] =>
    offsets.length === 0 ? [] : [{ partition, journal, what, reason, offsets }];
}

/** Why records can't be delivered. */
export const TOO_LARGE = 'the record is larger than the 6 MB that a function takes';

export function countRows(rows: readonly Row[]): number {
  return rows.reduce((sum, { offsets }) => sum + countOffsets(offsets), 0);
}

export function describeStop({ failed }: Pick<Delivered, 'failed'>): string | undefined {
  return failed === undefined ? undefined : `stopped at offset ${failed.at}: ${failed.why}`;
}
