/** Which records of a journal are parked and open, and why: the list, and the entries that no rollup has folded yet. */
import { findSettled } from '../../../shared/journal/journal.ts';
import { type Ledger, readCheckpoint, readEntriesAfter } from '../../../shared/journal/journal-store.ts';
import { buildOffsetSet, hasOffset, listOffsets, type OffsetSet } from '../../../shared/journal/offsets.ts';
import { listOpenParked } from '../../../shared/journal/parked-items.ts';
import { awaitTableAnswer } from './target.ts';

export interface ParkedFor {
  readonly reason: string;
  readonly offsets: OffsetSet;
}

/** @param asked one interval, or none */
export function readParkedReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  return awaitTableAnswer(ledger, readReasons(ledger, journal, asked));
}

async function readReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  const reasons = new Map<number, string>();
  const [from = 0, to = -1] = asked;
  if (to < from) return [];
  const through = (await readCheckpoint(ledger, journal))?.version ?? 0;
  for await (const { offset, reason } of listOpenParked(ledger, journal, from, to))
    reasons.set(offset, reason);
  for await (const { changed } of readEntriesAfter(ledger, journal, through)) {
    for (const { offset, reason } of changed.parked) reasons.set(offset, reason);
    for (const offset of listOffsets(findSettled(changed))) reasons.delete(offset);
  }
  const open = [...reasons].filter(([offset]) => hasOffset(asked, offset)).sort(([a], [b]) => a - b);
  return [...Map.groupBy(open, ([, reason]) => reason)].map(([reason, found]) => ({
    reason,
    offsets: buildOffsetSet(found.map(([offset]) => offset)),
  }));
}
