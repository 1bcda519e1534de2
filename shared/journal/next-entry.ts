/**
 * The decision at the heart of the write path, free of I/O: from the head and the decoded records of a delivery to the
 * entry that comes next, or to none if every record is resolved already, or to a failure that halts the partition.
 *
 * An entry resolves a prefix of the fresh records in offset order (I5): all of them, unless the item would grow too
 * large; then the rest is left to the entry after it. A bound halts rather than forgets: a set of gaps that may not grow
 * further stops the partition with an alarm (I2). Parked records need no bound, the head only counts them.
 */
import type { AnyEvent } from '../contract/contract.ts';
import {
  computeFingerprint,
  computeValueSha256,
  isRejected,
  type Rejected,
  readTime,
} from '../contract/decode.ts';
import { AppError } from '../errors.ts';
import type { Acceptance, KafkaRecord } from '../event/event.ts';
import { type Counting, parseCounted } from '../fold/count.ts';
import { formatLines } from '../fold/delta.ts';
import { CARRIED_BYTES_MAX, type Fold } from '../fold/fold.ts';
import { type Folded, foldRecords } from '../fold/fold-records.ts';
import type { GroupSpec } from '../group.ts';
import {
  type Changed,
  type Entry,
  findSettled,
  type Mark,
  type Parked,
  type Provenance,
  type State,
} from './journal.ts';

import {
  buildInterval,
  buildOffsetSet,
  countIntervals,
  countOffsets,
  findGaps,
  findNextOffset,
  formatOffsets,
  hasOffset,
  intersectOffsets,
  noOffsets,
  type OffsetSet,
  subtractOffsets,
  uniteOffsets,
} from './offsets.ts';

export interface Rules<S> {
  readonly group: Pick<GroupSpec, 'ledger' | 'offsets' | 'rejects'>;
  readonly fold: Fold<S>;
  readonly counting: Counting;
  /** Whether the time of the invocation is over. */
  readonly isLate: () => boolean;
  /** Parked records that the operator wants applied or accepted, and that are open. */
  readonly open: ReadonlyMap<number, Parked>;
  /** Whatever share is rejected is parked: nothing is retried for ever, or an operator has looked. */
  readonly park: boolean;
  /** By a mapping, which reads past nothing: holes of a sparse topic hold no record. */
  readonly delivered: boolean;
  /** Producers stamp the records, so that a time says nothing of whether the log is the same. */
  readonly producerTimes?: boolean;
  /** Where the operator has seen that the log holds no record. */
  readonly empty: OffsetSet;
  readonly accept: Acceptance | undefined;
  readonly by: Provenance;
}

export interface Draft {
  readonly entry: Entry;
  /** Records that the fold took. */
  readonly applied: number;
}

/** An item holds 409 600 bytes; what is left covers the names of attributes and the provenance. */
export const ENTRY_BYTES_MAX = 400_000;
/** Intervals of the resolved set: about 30 KB at sixteen-digit offsets. */
export const INTERVALS_MAX = 1_000;
/** Parked records that one entry settles: a transaction takes 100 items (Amazon DynamoDB docs: TransactWriteItems). */
const SETTLED_MAX = 99;
/** A longer hole between two deliveries of a sparse topic may be what retention took away, and stays a gap. */
export const HOLE_OFFSETS_MAX = 1_000;
/** Of so many records of an entry the distinct keys are remembered, by their number. */
const RECORDS_SAMPLED = 1_000;

type Decoded = AnyEvent | Rejected;

/** Throws `AppError` where the partition must halt. */
export function buildNextEntry<S>(
  head: State,
  decoded: readonly Decoded[],
  rules: Rules<S>,
): Draft | undefined {
  const fresh = freshOf(head, decoded, rules);
  assertSameCount(head, rules.counting);
  if (fresh.length === 0 && rules.empty.length === 0 && rules.accept === undefined) return undefined;
  const fold = (some: readonly Decoded[]) =>
    foldRecords(head.carried, some, rules, rules.group.ledger, rules.isLate);
  const whole = fold(fresh);
  if (!rules.park) assertFewRejects(head, decoded, whole.rejected, rules.group.rejects);
  const refused = new Set(whole.rejected.map(({ record }) => record.offset));
  const todo = fresh.filter(({ record: { offset } }) => !(rules.open.has(offset) && refused.has(offset)));
  for (let size = firstOf(todo, rules.open); ; size = Math.ceil(size / 2)) {
    const folded = size === fresh.length ? whole : fold(todo.slice(0, size));
    const draft = draftEntry(head, decoded, folded, rules);
    if (draft === undefined || entryBytes(draft.entry) <= ENTRY_BYTES_MAX) return draft;
    if (size <= 1) throw new AppError('entry.large', `${entryBytes(draft.entry)} bytes for ${size} records`);
  }
}

/** Sums of two kinds are never mixed: whoever counts otherwise needs another ledger. */
function assertSameCount(head: State, counting: Counting): void {
  if (head.version === 0 || head.counted === counting.named) return;
  const { by, measures } = parseCounted(head.counted);
  const names = counting.measures.map(({ name }) => name);
  throw new AppError(
    'ledger.count',
    `it counts ${measures.join(', ')} by ${by.join(', ')}, and the group now counts ${names.join(', ')} by ${counting.by.join(', ')}: ` +
      'take the change back, or name a new ledger in group.ts',
  );
}

/** Also finds out whether the log is still the one that was counted (I10). */
function freshOf<S>(
  head: State,
  decoded: readonly Decoded[],
  { open, producerTimes = false }: Rules<S>,
): Decoded[] {
  const next = findNextOffset(head.resolved);
  return decoded.filter((item) => {
    const { record } = item;
    if (record.offset >= next || !hasOffset(head.resolved, record.offset)) return true;
    assertSameRecord(head, record, open.get(record.offset), producerTimes);
    return !isRejected(item) && open.has(record.offset);
  });
}

/** How many of them one entry may take: a transaction settles no more than `SETTLED_MAX`. */
function firstOf(todo: readonly Decoded[], open: ReadonlyMap<number, Parked>): number {
  if (open.size <= SETTLED_MAX) return todo.length;
  let settled = 0;
  const end = todo.findIndex(({ record }) => open.has(record.offset) && ++settled > SETTLED_MAX);
  return end === -1 ? todo.length : end;
}

/**
 * A record that comes again carries the timestamp it had, so at a resolved offset none is newer than the newest
 * resolved one. Of some the digest is known too, which also finds a rewrite within one millisecond: of marked ones, and of
 * parked ones that an operator asks for. Times of producers prove nothing: there the digests alone do.
 */
function assertSameRecord(
  head: State,
  record: KafkaRecord,
  parked: Parked | undefined,
  producerTimes: boolean,
): void {
  const where = `${record.topic} partition ${record.partition} offset ${record.offset}`;
  if (!producerTimes && readTime(record) > head.newest) {
    const times = `is of ${record.timestamp} ms, but the newest counted record was of ${head.newest} ms`;
    throw new AppError('log.mismatch', `the record at ${where} ${times}`);
  }
  const mark = head.marks.find(({ offset }) => offset === record.offset);
  if (mark !== undefined && mark.fingerprint !== computeFingerprint(record)) {
    throw new AppError(
      'log.mismatch',
      `the record at ${where} is not the one with fingerprint ${mark.fingerprint}`,
    );
  }
  if (parked !== undefined && parked.sha256 !== computeValueSha256(record))
    throw new AppError('log.mismatch', `the record at ${where} is not the parked one, ${parked.sha256}`);
}

/**
 * A bad deploy rejects most records of most keys; a bad producer those of few (docs/adr/0017-bad-batches.md). The whole
 * delivery is judged, what is resolved already included: neither a split nor a retry changes the verdict.
 */
function assertFewRejects(
  head: State,
  decoded: readonly Decoded[],
  refused: readonly Rejected[],
  { countMin, shareMax }: GroupSpec['rejects'],
): void {
  const rejected = new Set([...decoded.filter(isRejected), ...refused].map(({ record }) => record));
  if (rejected.size < countMin || rejected.size <= shareMax * decoded.length) return;
  const keys = countKeys(rejected);
  const known = Math.max(head.keys, countKeys(decoded.map(({ record }) => record)));
  if (keys <= shareMax * known) return;
  throw new AppError(
    'batch.rejected',
    `${rejected.size} of ${decoded.length} records under ${keys} of ${known} keys, allowed are ${shareMax * 100} %: ` +
      'roll the deploy back, or, if the records are bad, npx clickledger redrive --park',
  );
}

/** Records without a key have one in common. */
function countKeys(records: Iterable<KafkaRecord>): number {
  const keys = new Set<string>();
  for (const { key } of records) keys.add(key ?? '');
  return keys.size;
}

/** Undefined where nothing would change: no record is taken, no gap is empty, nothing is left to accept. */
function draftEntry<S>(
  head: State,
  decoded: readonly Decoded[],
  folded: Folded,
  rules: Rules<S>,
): Draft | undefined {
  const { delta, carried, records } = folded;
  const [first, last] = [records[0], records.at(-1)];
  const offsets = buildOffsetSet(records.map(({ offset }) => offset));
  const ahead = new Set(
    folded.rejected.filter(({ rejected }) => rejected === 'record.ahead').map(({ record }) => record),
  );
  const unparked = intersectOffsets(offsets, head.resolved);
  const accepted = acceptedIn(head, rules);
  const bridges = rules.group.offsets === 'sparse' && rules.delivered;
  const holes = bridges && first && last ? voidOf(head, decoded, first, last) : noOffsets;
  const voided = uniteOffsets(holes, emptyIn(uniteOffsets(head.resolved, offsets), rules.empty));
  if (records.length === 0 && voided.length === 0 && accepted === undefined) return undefined;
  const changed: Changed = {
    offsets: uniteOffsets(
      uniteOffsets(subtractOffsets(offsets, unparked), voided),
      subtractOffsets(accepted?.offsets ?? noOffsets, head.resolved),
    ),
    void: voided,
    parked: folded.rejected.map(parkedOf),
    unparked,
    accepted,
    lines: formatLines(delta.hours),
    flags: delta.flags,
  };
  const applied = records.length - folded.rejected.length;
  const state: State = {
    version: head.version + 1,
    resolved: bounded(rules.group.offsets, head.resolved, uniteOffsets(head.resolved, changed.offsets)),
    openParked: head.openParked + changed.parked.length - countOffsets(findSettled(changed)),
    keys:
      applied > 0 && rules.open.size === 0
        ? countKeys(countedOf(folded).slice(0, RECORDS_SAMPLED))
        : head.keys,
    newest: records.reduce(
      (newest, record) => (ahead.has(record) ? newest : Math.max(newest, readTime(record))),
      head.newest,
    ),
    marks: first && last ? marksOf(first, last) : head.marks,
    carried: first ? carried : head.carried,
    counted: rules.counting.named,
    totals: delta.totals.map((total, i) => (head.totals[i] ?? 0n) + BigInt(total)),
  };
  return { entry: { changed, state, by: rules.by }, applied };
}

function countedOf({ records, rejected }: Folded): readonly KafkaRecord[] {
  if (rejected.length === 0) return records;
  const refused = new Set(rejected.map(({ record }) => record));
  return records.filter((record) => !refused.has(record));
}

/**
 * Of what the operator accepts: what nothing has resolved, below the newest resolved offset, above which records may still
 * come (I2, I10); and as many open parked records as one entry may settle.
 */
function acceptedIn(
  head: State,
  { accept, open }: Pick<Rules<unknown>, 'accept' | 'open'>,
): Acceptance | undefined {
  if (accept === undefined) return undefined;
  const parked = buildOffsetSet(
    [...open.keys()].filter((offset) => hasOffset(accept.offsets, offset)).slice(0, SETTLED_MAX),
  );
  const passed = intersectOffsets(accept.offsets, buildInterval(0, findNextOffset(head.resolved)));
  const offsets = uniteOffsets(subtractOffsets(passed, head.resolved), parked);
  return offsets.length === 0 ? undefined : { ...accept, offsets };
}

function parkedOf({ record, rejected }: Rejected): Parked {
  return { offset: record.offset, reason: rejected, sha256: computeValueSha256(record) };
}

/**
 * Offsets without a record: between the delivered ones, and between the newest resolved one and this delivery, where
 * transaction markers, aborted records and compaction leave holes. The audit holds each against the log.
 */
function voidOf(head: State, decoded: readonly Decoded[], first: KafkaRecord, last: KafkaRecord): OffsetSet {
  const holes: number[] = [];
  for (let i = 1; i < decoded.length; i++) {
    const before = (decoded[i - 1] as Decoded).record.offset;
    const after = (decoded[i] as Decoded).record.offset;
    if (after > last.offset) break;
    if (after > before + 1) holes.push(before + 1, after - 1);
  }
  const next = findNextOffset(head.resolved);
  const bridged = head.version > 0 && first.offset - next <= HOLE_OFFSETS_MAX;
  return subtractOffsets(
    uniteOffsets(holes, bridged ? buildInterval(next, first.offset) : noOffsets),
    head.resolved,
  );
}

/** Only gaps are closed: above the newest resolved offset, and below the first, a record may still come (I2). */
function emptyIn(resolved: OffsetSet, empty: OffsetSet): OffsetSet {
  return empty.length === 0 ? noOffsets : intersectOffsets(findGaps(resolved), empty);
}

function bounded(offsets: GroupSpec['offsets'], before: OffsetSet, after: OffsetSet): OffsetSet {
  const intervals = countIntervals(after);
  if (intervals <= INTERVALS_MAX || intervals <= countIntervals(before)) return after;
  throw new AppError(
    'journal.full',
    `the resolved offsets would take ${intervals} intervals, allowed are ${INTERVALS_MAX}: ` +
      (offsets === 'dense'
        ? "fill the gaps by npx clickledger redrive --gaps; a topic with transactions or compaction needs offsets: 'sparse' in group.ts"
        : 'fill or close the gaps by npx clickledger redrive --gaps'),
  );
}

/**
 * How much of what may halt the partition a state has used, in whole percent: intervals, carried bytes, and the bytes that are in
 * an entry before any record is.
 */
export function computeBoundUsed({ resolved, carried }: State): number {
  const carriedBytes = Buffer.byteLength(carried);
  const bytes = formatOffsets(resolved).length + carriedBytes;
  const shares = [
    countIntervals(resolved) / INTERVALS_MAX,
    carriedBytes / CARRIED_BYTES_MAX,
    bytes / ENTRY_BYTES_MAX,
  ];
  return Math.round(100 * Math.max(...shares));
}

function marksOf(first: KafkaRecord, last: KafkaRecord): Mark[] {
  const records = first === last ? [first] : [first, last];
  return records.map((record) => ({ offset: record.offset, fingerprint: computeFingerprint(record) }));
}

function entryBytes({ changed, state }: Entry): number {
  const sets = [changed.offsets, changed.void, changed.unparked, state.resolved];
  const lists = [changed.parked, changed.flags, changed.accepted ?? ''];
  return (
    changed.lines.length +
    lists.reduce<number>((sum, list) => sum + Buffer.byteLength(JSON.stringify(list)), 0) +
    Buffer.byteLength(state.carried) +
    sets.reduce((sum, set) => sum + formatOffsets(set).length, 0)
  );
}
