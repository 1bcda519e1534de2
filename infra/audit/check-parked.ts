/**
 * The list of parked records against the entries: each one that an entry parked is listed with its reason, digest and
 * version, each that was applied or accepted says by which entry, nothing else is listed, and as many are open as the
 * checkpoint counts.
 */
import { formatQuantity } from '../terminal/text.ts';
import { hasAll, type Rolled } from './check-lines.ts';
import type { Findings } from './findings.ts';
import type { EntryRead, ParkedRead } from './layout.ts';
import { clipRanges, joinRanges, type Ranges } from './offset-ranges.ts';

interface Course {
  /** By which entry it was parked; undefined where that one has expired. */
  parked: { readonly version: number; readonly reason: string; readonly sha256: string } | undefined;
  settled: EntryRead | undefined;
}

type Fault = (offset: number, what: string) => void;

const DAY_SECONDS = 86_400;

export function checkParked(findings: Findings, rolled: Rolled, items: readonly ParkedRead[]): void {
  const { journal, entries, checkpoint } = rolled;
  const fault: Fault = (offset, what) => findings.add('parked', journal, `offset ${offset} ${what}`);
  const through = checkpoint?.through ?? 0;
  const courses = coursesOf(entries);
  const listed = new Set<number>();
  for (const item of items) {
    listed.add(item.offset);
    const course = courses.get(item.offset);
    if (course !== undefined) checkItem(rolled, item, course, fault);
    else if (!isOfExpired(rolled, item)) fault(item.offset, 'is listed as parked, and no entry parks it');
  }
  for (const [offset, { parked, settled }] of courses)
    if (!listed.has(offset)) {
      const version = parked?.version ?? settled?.version ?? 0;
      if (version <= through) fault(offset, `is parked by entry ${version} and not listed`);
    }
  checkOpen(findings, rolled, items);
}

/** What was open when the checkpoint was written: settled later or not at all. */
function checkOpen(findings: Findings, { journal, checkpoint }: Rolled, items: readonly ParkedRead[]): void {
  if (checkpoint === undefined) return;
  const { through, state } = checkpoint;
  const open = items.filter(
    ({ version, settled }) => version <= through && (settled?.version ?? through + 1) > through,
  );
  if (open.length !== state.openParked)
    findings.add(
      'parked',
      journal,
      `listed as open through version ${through}: ${formatQuantity(open.length, 'record')}; the checkpoint counts ${state.openParked}`,
    );
}

function checkItem(
  { checkpoint }: Rolled,
  item: ParkedRead,
  { parked, settled }: Course,
  fault: Fault,
): void {
  const { offset, reason, sha256, version } = item;
  if (parked !== undefined && (reason !== parked.reason || sha256 !== parked.sha256))
    fault(
      offset,
      `is listed for ${reason} ${sha256}, entry ${parked.version} has ${parked.reason} ${parked.sha256}`,
    );
  if (parked !== undefined && version !== parked.version)
    fault(offset, `is listed as parked by entry ${version}, entry ${parked.version} did`);
  if (item.settled === undefined) {
    if (settled !== undefined && settled.version <= (checkpoint?.through ?? 0))
      fault(offset, `was settled by entry ${settled.version}, and the list does not say so`);
    return;
  }
  if (item.settled.version !== settled?.version)
    fault(offset, `is listed as settled by entry ${item.settled.version}, by the entries ${by(settled)} did`);
  const longer = item.settled.expiresSeconds - (settled?.expiresSeconds ?? 0);
  if (settled !== undefined && (longer <= 0 || longer % DAY_SECONDS !== 0))
    fault(offset, `expires ${longer} seconds after entry ${settled.version}, which is no number of days`);
}

function by(entry: EntryRead | undefined): string {
  return entry === undefined ? 'none' : `entry ${entry.version}`;
}

/** The entries that would tell have expired; the state still tells whether it is resolved. */
function isOfExpired({ entries, checkpoint }: Rolled, { offset, version, settled }: ParkedRead): boolean {
  if (hasAll(entries)) return false;
  const oldest = entries[0]?.version ?? (checkpoint?.through ?? 0) + 1;
  const state = entries[0]?.state ?? checkpoint?.state;
  return (
    (settled?.version ?? version) < oldest && clipRanges(state?.resolved ?? [], offset, offset).length > 0
  );
}

function coursesOf(entries: readonly EntryRead[]): Map<number, Course> {
  const courses = new Map<number, Course>();
  for (const entry of entries) {
    const { version } = entry;
    for (const [offset, why] of entry.parked)
      courses.set(offset, { parked: { version, ...why }, settled: undefined });
    for (const [from, to] of entry.settled)
      for (let offset = from; offset <= to; offset++)
        courses.set(offset, { parked: courses.get(offset)?.parked, settled: entry });
  }
  return courses;
}

/** The offsets that are parked and not settled, by list and entries. */
export function findOpenParked(entries: readonly EntryRead[], items: readonly ParkedRead[]): Ranges {
  const courses = coursesOf(entries);
  const listed = items.filter(({ offset, settled }) => settled === undefined && !courses.has(offset));
  const own = [...courses].filter(([, { settled }]) => settled === undefined).map(([offset]) => offset);
  const offsets = [...listed.map(({ offset }) => offset), ...own];
  return joinRanges([offsets.map((offset) => [offset, offset] as const)]);
}
