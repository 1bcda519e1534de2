/**
 * DynamoDB removes expired items within days and in no stated order, so of the oldest entries some may be gone while older ones
 * still stand. Those before such a hole are looked at each by itself; the chain begins after the last one.
 */
import { checkEntry } from './check-entry.ts';
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead } from './layout.ts';

/**
 * The entries from which on none may be missing.
 * @param entries in the order of versions
 * @param now epoch seconds
 */
export function findUnexpired(
  findings: Findings,
  journal: string,
  entries: readonly EntryRead[],
  checkpoint: CheckpointRead | undefined,
  now: number,
): readonly EntryRead[] {
  const through = checkpoint?.through ?? 0;
  const from = entries.findLastIndex((entry, i) => {
    const before = entries[i - 1];
    const isAfterHole = before !== undefined && entry.version > before.version + 1;
    return isAfterHole && before.expiresSeconds <= now && entry.version <= through + 1;
  });
  for (const entry of entries.slice(0, Math.max(0, from))) checkEntry(findings, journal, entry);
  return entries.slice(Math.max(0, from));
}
