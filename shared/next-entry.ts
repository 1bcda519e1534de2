/**
 * The decision at the heart of the write path, free of I/O: from the head and the decoded records of a delivery to the
 * entry that comes next, or to none if every record is resolved already, or to a failure that halts the partition.
 *
 * An entry resolves a prefix of the fresh records in offset order (I5): all of them, unless the item would grow too
 * large; then the rest is left to the entry after it. Bounds halt rather than forget: a set of gaps or of parked
 * records that may not grow further stops the partition with an alarm (I2).
 */
import { type Click, fingerprintOf, isRejected, type Rejected, timeOf, valueSha256 } from './decode.ts';
import { formatLines } from './delta.ts';
import { AppError } from './errors.ts';
import type { KafkaRecord } from './event.ts';
import type { Fold } from './fold.ts';
import { type Folded, foldRecords } from './fold-records.ts';
import type { GroupSpec } from './group.ts';
import type { Changed, Entry, Mark, Parked, Provenance, State } from './journal.ts';
import {
  countIntervals,
  formatOffsets,
  gapsOf,
  hasOffset,
  intersection,
  nextOffset,
  noOffsets,
  type OffsetSet,
  offsetSet,
  union,
  without,
} from './offsets.ts';

export interface Rules<S> {
  readonly group: Pick<GroupSpec, 'offsets' | 'rejects'>;
  readonly fold: Fold<S>;
  /** Parked records are fresh too: the operator asked for it. */
  readonly unpark: boolean;
  /** Where the operator has seen that the log holds no record. */
  readonly empty: OffsetSet;
  readonly by: Provenance;
}

export interface Draft {
  readonly entry: Entry;
  /** Clicks that it counts. */
  readonly applied: number;
}

/** An item holds 409 600 bytes; what is left covers the names of attributes and the provenance. */
export const ENTRY_BYTES_MAX = 400_000;
/** Intervals of the resolved set, and of the parked one: about 30 KB each at sixteen-digit offsets. */
export const INTERVALS_MAX = 1_000;

type Decoded = Click | Rejected;

/** Throws `AppError` where the partition must halt. */
export function nextEntry<S>(head: State, decoded: readonly Decoded[], rules: Rules<S>): Draft | undefined {
  const fresh = freshOf(head, decoded, rules.unpark);
  if (fresh.length === 0 && rules.empty.length === 0) return undefined;
  for (let size = fresh.length; ; size = Math.ceil(size / 2)) {
    const folded = foldRecords(head.carried, fresh.slice(0, size), rules.fold);
    if (!rules.unpark) assertFewRejects(folded.rejected.length, fresh.length, rules.group.rejects);
    const draft = draftEntry(head, decoded, folded, rules);
    if (draft === undefined || entryBytes(draft.entry) <= ENTRY_BYTES_MAX) return draft;
    if (size <= 1) throw new AppError('entry.large', `${entryBytes(draft.entry)} bytes for ${size} records`);
  }
}

/** Also finds out whether the log is still the one that was counted (I10). */
function freshOf(head: State, decoded: readonly Decoded[], unpark: boolean): Decoded[] {
  const next = nextOffset(head.resolved);
  return decoded.filter((item) => {
    const { record } = item;
    if (record.offset >= next || !hasOffset(head.resolved, record.offset)) return true;
    assertSameRecord(head, record);
    return unpark && !isRejected(item) && hasOffset(head.parked, record.offset);
  });
}

/**
 * A record that comes again carries the timestamp it had, so at a resolved offset none is newer than the newest
 * resolved one. Of two records the digest is known too, which also finds a rewrite within one millisecond.
 */
function assertSameRecord(head: State, record: KafkaRecord): void {
  const where = `${record.topic} partition ${record.partition} offset ${record.offset}`;
  if (timeOf(record) > head.newest) {
    const times = `is of ${record.timestamp} ms, but the newest counted record was of ${head.newest} ms`;
    throw new AppError('log.mismatch', `the record at ${where} ${times}`);
  }
  const mark = head.marks.find(({ offset }) => offset === record.offset);
  if (mark !== undefined && mark.fingerprint !== fingerprintOf(record)) {
    throw new AppError(
      'log.mismatch',
      `the record at ${where} is not the one with fingerprint ${mark.fingerprint}`,
    );
  }
}

function assertFewRejects(rejected: number, fresh: number, limits: GroupSpec['rejects']): void {
  if (rejected < limits.countMin || rejected <= limits.shareMax * fresh) return;
  throw new AppError(
    'batch.rejected',
    `${rejected} of ${fresh} fresh records, allowed are ${limits.shareMax * 100} %`,
  );
}

/** Undefined where nothing would change: every record is parked already and rejected again, and no gap is empty. */
function draftEntry<S>(
  head: State,
  decoded: readonly Decoded[],
  folded: Folded,
  rules: Rules<S>,
): Draft | undefined {
  const { delta, carried } = folded;
  const rejected = folded.rejected.filter(({ record }) => !hasOffset(head.parked, record.offset));
  const stillParked = offsetSet(
    folded.rejected
      .filter(({ record }) => hasOffset(head.parked, record.offset))
      .map(({ record }) => record.offset),
  );
  const taken = folded.records.filter(({ offset }) => !hasOffset(stillParked, offset));
  const first = taken[0];
  const last = taken.at(-1);
  const offsets = offsetSet(taken.map(({ offset }) => offset));
  const unparked = without(offsets, without(offsets, head.parked));
  const delivered = rules.group.offsets === 'sparse' && !rules.unpark;
  const holes = delivered && first && last ? voidOf(head, decoded, first, last) : noOffsets;
  const voided = union(holes, emptyIn(union(head.resolved, offsets), rules.empty));
  if (taken.length === 0 && voided.length === 0) return undefined;
  const changed: Changed = {
    offsets: union(without(offsets, unparked), voided),
    void: voided,
    parked: rejected.map(parkedOf),
    unparked,
    lines: formatLines(delta.hours),
    flags: delta.flags,
  };
  const parkedNow = offsetSet(rejected.map(({ record }) => record.offset));
  const state: State = {
    version: head.version + 1,
    resolved: bounded('resolved', head.resolved, union(head.resolved, changed.offsets)),
    parked: bounded('parked', head.parked, union(without(head.parked, unparked), parkedNow)),
    newest: taken.reduce((newest, record) => Math.max(newest, timeOf(record)), head.newest),
    marks: first && last ? marksOf(first, last) : head.marks,
    carried: first ? carried : head.carried,
    clicks: head.clicks + BigInt(delta.clicks),
    micros: head.micros + BigInt(delta.micros),
  };
  return { entry: { changed, state, by: rules.by }, applied: delta.clicks };
}

function parkedOf({ record, rejected }: Rejected): Parked {
  return { offset: record.offset, reason: rejected, sha256: valueSha256(record) };
}

/** Offsets without a record: between the delivered ones, and one alone between the last entry and this batch. */
function voidOf(head: State, decoded: readonly Decoded[], first: KafkaRecord, last: KafkaRecord): OffsetSet {
  const holes: number[] = [];
  for (let i = 1; i < decoded.length; i++) {
    const before = (decoded[i - 1] as Decoded).record.offset;
    const after = (decoded[i] as Decoded).record.offset;
    if (after > last.offset) break;
    if (after > before + 1) holes.push(before + 1, after - 1);
  }
  const next = nextOffset(head.resolved);
  const single = head.version > 0 && first.offset === next + 1 ? [next, next] : noOffsets;
  return without(union(holes, single), head.resolved);
}

/** Only gaps are closed: above the newest resolved offset, and below the first, a record may still come (I2). */
function emptyIn(resolved: OffsetSet, empty: OffsetSet): OffsetSet {
  return empty.length === 0 ? noOffsets : intersection(gapsOf(resolved), empty);
}

function bounded(name: string, before: OffsetSet, after: OffsetSet): OffsetSet {
  const intervals = countIntervals(after);
  if (intervals <= INTERVALS_MAX || intervals <= countIntervals(before)) return after;
  throw new AppError(
    'journal.full',
    `the ${name} offsets would take ${intervals} intervals, allowed are ${INTERVALS_MAX}`,
  );
}

function marksOf(first: KafkaRecord, last: KafkaRecord): Mark[] {
  const records = first === last ? [first] : [first, last];
  return records.map((record) => ({ offset: record.offset, fingerprint: fingerprintOf(record) }));
}

function entryBytes({ changed, state }: Entry): number {
  const sets = [changed.offsets, changed.void, changed.unparked, state.resolved, state.parked];
  const lists = JSON.stringify(changed.parked).length + JSON.stringify(changed.flags).length;
  return (
    changed.lines.length +
    lists +
    Buffer.byteLength(state.carried) +
    sets.reduce((sum, set) => sum + formatOffsets(set).length, 0)
  );
}
