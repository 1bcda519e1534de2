/** What a ledger holds of a journal, read from its items. */
import { parseLines } from '../../shared/fold/delta.ts';
import type { Entry } from '../../shared/journal/journal.ts';
import { readText } from '../../shared/journal/journal-items.ts';
import { type Ledger, queryAll, readEntriesAfter } from '../../shared/journal/journal-store.ts';
import { formatOffsets } from '../../shared/journal/offsets.ts';
import type { Held } from './published-events.ts';

export async function entriesOf(ledger: Ledger, journal: string): Promise<Entry[]> {
  return Array.fromAsync(readEntriesAfter(ledger, journal, 0));
}

export async function heldIn(ledger: Ledger, journal: string): Promise<Held> {
  const lines: Record<string, readonly [number, number]> = {};
  const parked: Record<number, string> = {};
  const entries = await entriesOf(ledger, journal);
  for (const { changed } of entries) {
    for (const { hour, key, line } of parseLines(changed.lines, 2)) {
      const [clicks, micros] = lines[`${hour} ${key}`] ?? [0, 0];
      const [moreClicks = 0, moreMicros = 0] = line.sums;
      lines[`${hour} ${key}`] = [clicks + moreClicks, micros + moreMicros];
    }
    for (const { offset, reason } of changed.parked) parked[offset] = reason;
  }
  const state = entries.at(-1)?.state;
  const { resolved = [], totals: [clicks = 0n, micros = 0n] = [] } = state ?? {};
  return { journal, resolved: formatOffsets(resolved), clicks, micros, lines, parked };
}

/** The operator's list, as the rollup writes it. */
export async function parkedIn(ledger: Ledger, journal: string): Promise<Record<number, string>> {
  const parked: Record<number, string> = {};
  const items = queryAll(ledger, {
    KeyConditionExpression: 'pk = :parked',
    ExpressionAttributeValues: { ':parked': { S: `parked#${journal}` } },
  });
  for await (const item of items) parked[Number(readText(item['sk']))] = readText(item['reason']);
  return parked;
}
