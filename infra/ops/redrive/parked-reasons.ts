/** Why the parked records of a journal are parked: the rollup's list, and the entries that no rollup has folded yet. */
import { textOf } from '../../../shared/journal-items.ts';
import { entriesAfter, type Ledger, queryAll, readCheckpoint } from '../../../shared/journal-store.ts';
import { hasOffset, type OffsetSet, offsetSet, offsetsIn } from '../../../shared/offsets.ts';
import { tableAnswer } from './target.ts';

export interface ParkedFor {
  readonly reason: string;
  readonly offsets: OffsetSet;
}

/** @param parked the offsets that are asked about */
export function parkedReasons(ledger: Ledger, journal: string, parked: OffsetSet): Promise<ParkedFor[]> {
  if (parked.length === 0) return Promise.resolve([]);
  return tableAnswer(ledger, readReasons(ledger, journal, parked));
}

async function readReasons(ledger: Ledger, journal: string, parked: OffsetSet): Promise<ParkedFor[]> {
  const reasons = new Map<number, string>();
  const through = (await readCheckpoint(ledger, journal))?.version ?? 0;
  const listed = queryAll(ledger, {
    KeyConditionExpression: 'pk = :parked',
    ExpressionAttributeValues: { ':parked': { S: `parked#${journal}` } },
  });
  for await (const item of listed) reasons.set(Number(textOf(item['sk'])), item['reason']?.S ?? 'unknown');
  for await (const { changed } of entriesAfter(ledger, journal, through))
    for (const { offset, reason } of changed.parked) reasons.set(offset, reason);
  for (const offset of offsetsIn(parked)) if (!reasons.has(offset)) reasons.set(offset, 'unknown');
  const known = [...reasons].filter(([offset]) => hasOffset(parked, offset)).sort(([a], [b]) => a - b);
  return [...Map.groupBy(known, ([, reason]) => reason)].map(([reason, found]) => ({
    reason,
    offsets: offsetSet(found.map(([offset]) => offset)),
  }));
}
