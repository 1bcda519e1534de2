/**
 * The operator's list of parked records against the entries: each one that an entry parked is listed with its reason, digest and
 * version, each that was applied after all says by which entry, and nothing else is listed.
 */
import { hasAll, type Rolled } from './check-lines.ts';
import type { Findings } from './findings.ts';
import type { EntryRead, ParkedRead } from './layout.ts';
import { within } from './offset-ranges.ts';

interface Course {
  /** By which entry it was parked; undefined where that one has expired. */
  parked: { readonly version: number; readonly reason: string; readonly sha256: string } | undefined;
  applied: number | undefined;
}

export function checkParked(findings: Findings, rolled: Rolled, items: readonly ParkedRead[]): void {
  const { journal, entries, checkpoint } = rolled;
  const fault = (offset: number, what: string) => findings.add('parked', journal, `offset ${offset} ${what}`);
  const through = checkpoint?.through ?? 0;
  const courses = coursesOf(entries);
  const listed = new Set<number>();
  for (const item of items) {
    listed.add(item.offset);
    const course = courses.get(item.offset);
    if (course !== undefined) checkItem(item, course, through, fault);
    else if (!isOfExpired(rolled, item)) fault(item.offset, 'is listed as parked, and no entry parks it');
  }
  for (const [offset, { parked, applied }] of courses)
    if (!listed.has(offset)) {
      const version = parked?.version ?? applied ?? 0;
      if (version <= through) fault(offset, `is parked by entry ${version} and not listed`);
    }
  for (const [from, to] of checkpoint?.state.parked ?? [])
    for (let offset = from; offset <= to; offset++)
      if (!listed.has(offset) && !courses.has(offset))
        fault(offset, 'is parked by the checkpoint and not listed');
}

function checkItem(
  item: ParkedRead,
  { parked, applied }: Course,
  through: number,
  fault: (offset: number, what: string) => void,
): void {
  const { offset, reason, sha256 } = item;
  const bare = reason === '' && sha256 === '' && item.applied !== undefined;
  if (parked !== undefined && !bare && (reason !== parked.reason || sha256 !== parked.sha256))
    fault(
      offset,
      `is listed for ${reason} ${sha256}, entry ${parked.version} has ${parked.reason} ${parked.sha256}`,
    );
  if (item.applied !== undefined && item.applied !== applied)
    fault(offset, `is listed as applied by entry ${item.applied}, by the entries ${by(applied)} did`);
  if (item.applied === undefined && applied !== undefined && applied <= through)
    fault(offset, `was applied by entry ${applied}, and the list does not say so`);
  const should = item.applied === undefined ? parked?.version : applied;
  if (should !== undefined && item.through !== should)
    fault(offset, `is listed through version ${item.through}, its entry is ${should}`);
}

function by(version: number | undefined): string {
  return version === undefined ? 'none' : `entry ${version}`;
}

/** The entries that would tell have expired; the state tells whether it is still parked. */
function isOfExpired({ entries, checkpoint }: Rolled, { offset, applied }: ParkedRead): boolean {
  if (hasAll(entries)) return false;
  const state = entries[0]?.state ?? checkpoint?.state;
  const holds = (set: 'parked' | 'resolved') => within(state?.[set] ?? [], offset, offset).length > 0;
  return applied === undefined ? holds('parked') : holds('resolved') && !holds('parked');
}

function coursesOf(entries: readonly EntryRead[]): Map<number, Course> {
  const courses = new Map<number, Course>();
  for (const { version, parked, unparked } of entries) {
    for (const [offset, why] of parked)
      courses.set(offset, { parked: { version, ...why }, applied: undefined });
    for (const [from, to] of unparked)
      for (let offset = from; offset <= to; offset++)
        courses.set(offset, { parked: courses.get(offset)?.parked, applied: version });
  }
  return courses;
}
