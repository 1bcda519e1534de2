/** Which records of a journal are parked and open, and why: the list, and the entries that no rollup has folded yet. */
import { settledBy } from '../../../shared/journal/journal.ts';
import { entriesAfter, type Ledger, readCheckpoint } from '../../../shared/journal/journal-store.ts';
import { hasOffset, type OffsetSet, offsetSet, offsetsIn } from '../../../shared/journal/offsets.ts';
import { openParked } from '../../../shared/journal/parked-items.ts';
import { tableAnswer } from './target.ts';

export interface ParkedFor {
  readonly reason: string;
  readonly offsets: OffsetSet;
}

/** @param asked one interval, or none */
export function parkedReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  return tableAnswer(ledger, readReasons(ledger, journal, asked));
}

async function readReasons(ledger: Ledger, journal: string, asked: OffsetSet): Promise<ParkedFor[]> {
  const reasons = new Map<number, string>();
  const [from = 0, to = -1] = asked;
  if (to < from) return [];
  const through = (await readCheckpoint(ledger, journal))?.version ?? 0;
  for await (const { offset, reason } of openParked(ledger, journal, from, to)) reasons.set(offset, reason);
  for await (const { changed } of entriesAfter(ledger, journal, through)) {
    for (const { offset, reason } of changed.parked) reasons.set(offset, reason);
    for (const offset of offsetsIn(settledBy(changed))) reasons.delete(offset);
  }
  const open = [...reasons].filter(([offset]) => hasOffset(asked, offset)).sort(([a], [b]) => a - b);
  return [...Map.groupBy(open, ([, reason]) => reason)].map(([reason, found]) => ({
    reason,
    offsets: offsetSet(found.map(([offset]) => offset)),
  }));
}
