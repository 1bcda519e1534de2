/** One entry by itself: it bears its seal, and what it says of its offsets, lines, marks and flags fits together. */
import type { Findings } from './findings.ts';
import type { EntryRead } from './layout.ts';
import { countOffsets, formatRanges, joinRanges, type Ranges, subtractRanges } from './offset-ranges.ts';

export function checkEntry(findings: Findings, journal: string, entry: EntryRead): void {
  const { version, offsets, unparked, accepted, state } = entry;
  const fault = (what: string) => findings.add('chain', journal, `entry ${version} ${what}`);
  if (entry.broken !== undefined) findings.add('seal', journal, `entry ${version}: ${entry.broken}`);
  const parked = setOf([...entry.parked.keys()]);
  const strange = subtractRanges(joinRanges([parked, entry.void]), offsets);
  if (strange.length > 0) fault(`parks or voids offsets ${formatRanges(strange)}, which it does not resolve`);
  const forgotten = subtractRanges(joinRanges([offsets, unparked, accepted]), state.resolved);
  if (forgotten.length > 0)
    fault(`resolves offsets ${formatRanges(forgotten)}, and its own state lacks them`);
  const both = subtractRanges(accepted, subtractRanges(accepted, joinRanges([parked, entry.void, unparked])));
  if (both.length > 0) fault(`accepts offsets ${formatRanges(both)}, which it parks, voids or applies`);
  const taken = findTaken(entry);
  const applied = subtractRanges(taken, parked);
  const { clicks, flagged } = entry.lines.sum;
  if (BigInt(countOffsets(applied)) !== clicks)
    fault(`applies ${countOffsets(applied)} offsets and its lines hold ${clicks} clicks`);
  if (BigInt(entry.flagged.length) !== flagged)
    fault(`flags ${entry.flagged.length} clicks and its lines hold ${flagged} flagged`);
  const free = subtractRanges(setOf(entry.flagged), applied);
  if (free.length > 0) fault(`flags offsets ${formatRanges(free)}, which it does not apply`);
  checkMarks(entry, taken, fault);
}

/** Offsets of the records that it applied or parked. */
export function findTaken({ offsets, unparked, accepted, void: empty }: EntryRead): Ranges {
  return joinRanges([subtractRanges(subtractRanges(offsets, empty), accepted), unparked]);
}

/** The first and the last record that it took. An entry that only voids took none. */
function checkMarks({ state }: EntryRead, taken: Ranges, fault: (what: string) => void): void {
  const [first, last] = [taken[0]?.[0], taken.at(-1)?.[1]];
  const should = [...new Set([first, last])].filter((offset) => offset !== undefined);
  const is = [...state.marks.keys()];
  if (taken.length > 0 && is.join() !== should.join())
    fault(`has fingerprints of offsets ${is.join(' and ')}, its first and last are ${should.join(' and ')}`);
}

function setOf(offsets: readonly number[]): Ranges {
  return joinRanges(offsets.map((offset): Ranges => [[offset, offset]]));
}
