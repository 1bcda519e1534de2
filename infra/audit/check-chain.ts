/**
 * A journal by itself, without the log: every entry has its seal, its parts fit together, and it follows from its predecessor.
 * Versions are dense, no offset is resolved twice, the state after an entry is the one before it and what the entry changed.
 */
import { formatQuantity } from '../terminal/text.ts';
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead, StateRead } from './layout.ts';
import { countOffsets, formatRanges, joinRanges, type Ranges, subtractRanges } from './offset-ranges.ts';

/** @param entries of the journal in the order of versions; older ones may have expired, if a checkpoint has their state */
export function checkChain(
  findings: Findings,
  journal: string,
  entries: readonly EntryRead[],
  checkpoint: CheckpointRead | undefined,
): void {
  const fault = (what: string) => findings.add('chain', journal, what);
  const through = checkpoint?.through ?? 0;
  const first = entries[0];
  if (first !== undefined && first.version > through + 1)
    fault(`entries ${through + 1} to ${first.version - 1} are missing`);
  let before = first?.version === through + 1 ? checkpoint?.state : undefined;
  if (first?.version === 1) before = nothing;
  for (const entry of entries) {
    checkEntry(findings, journal, entry);
    const missing = before !== undefined && entry.version !== before.version + 1;
    if (missing) fault(`entries ${(before?.version ?? 0) + 1} to ${entry.version - 1} are missing`);
    else if (before !== undefined) checkStep(findings, journal, before, entry);
    before = entry.state;
  }
  checkDoubles(findings, journal, entries);
  checkSettled(findings, journal, entries);
}

const nothing: StateRead = {
  version: 0,
  resolved: [],
  openParked: 0,
  keys: 0,
  newest: -1,
  marks: new Map(),
  carried: '',
  clicks: 0n,
  micros: 0n,
};

function checkStep(findings: Findings, journal: string, before: StateRead, entry: EntryRead): void {
  const { version, state } = entry;
  const fault = (what: string) => findings.add('chain', journal, `entry ${version} ${what}`);
  const { sum } = entry.lines;
  const should = {
    resolved: formatRanges(joinRanges([before.resolved, entry.offsets])),
    openParked: String(before.openParked + entry.parked.size - countOffsets(entry.settled)),
    clicks: String(before.clicks + sum.clicks),
    micros: String(before.micros + sum.micros),
  };
  const tookNone = findTaken(entry).length === 0;
  const is = comparable(state);
  for (const [name, value] of Object.entries(tookNone ? { ...comparable(before), ...should } : should))
    if (is[name] !== value)
      fault(
        `has state.${name} '${is[name]}', by entry ${before.version} before it and its own change it is '${value}'`,
      );
  if (state.newest < before.newest)
    fault(`has a newest time before that of entry ${before.version} before it`);
}

/** Whatever the states say: the offsets of all entries are disjoint. */
function checkDoubles(findings: Findings, journal: string, entries: readonly EntryRead[]): void {
  const ranges = entries.flatMap(({ version, offsets }) =>
    offsets.map(([from, to]) => ({ from, to, version })),
  );
  let reached = { to: -1, version: 0 };
  for (const range of ranges.sort((a, b) => a.from - b.from)) {
    const { from, to, version } = range;
    if (from <= reached.to) {
      const twice = formatRanges([[from, Math.min(to, reached.to)]]);
      const [earlier, later] = [version, reached.version].sort((a, b) => a - b);
      findings.add('double', journal, `entry ${later} counts offsets ${twice} again, after entry ${earlier}`);
    }
    if (to > reached.to) reached = range;
  }
}

/** A parked record is applied or accepted after it was parked, and once. */
function checkSettled(findings: Findings, journal: string, entries: readonly EntryRead[]): void {
  const parkedBy = new Map<number, number>();
  const settledBy = new Map<number, number>();
  for (const { version, parked, settled } of entries) {
    for (const [from, to] of settled)
      for (let offset = from; offset <= to; offset++) {
        const earlier = settledBy.get(offset);
        if (earlier !== undefined)
          findings.add(
            'double',
            journal,
            `entry ${version} settles offset ${offset} again, after entry ${earlier}`,
          );
        else if (!parkedBy.has(offset) && entries[0]?.version === 1)
          findings.add(
            'chain',
            journal,
            `entry ${version} settles offset ${offset} as parked before, and it was not`,
          );
        settledBy.set(offset, version);
      }
    for (const offset of parked.keys()) parkedBy.set(offset, version);
  }
}

export function checkCheckpoint(
  findings: Findings,
  journal: string,
  entries: readonly EntryRead[],
  { through, state, broken }: CheckpointRead,
): void {
  const fault = (what: string) => findings.add('checkpoint', journal, what);
  if (broken !== undefined) findings.add('seal', journal, `the checkpoint: ${broken}`);
  if (state.version !== through) fault(`it is of version ${through} and holds the state of ${state.version}`);
  const head = entries.at(-1);
  if (head !== undefined && through > head.version)
    fault(`it is of version ${through}, and the newest entry is ${head.version}`);
  const entry = entries.find(({ version }) => version === through);
  if (entry === undefined) return;
  const [is, should] = [comparable(state), comparable(entry.state)];
  for (const [name, value] of Object.entries(should))
    if (is[name] !== value) fault(`state.${name} is '${is[name]}', that of entry ${through} is '${value}'`);
}

function comparable(state: StateRead): Record<string, string> {
  return {
    resolved: formatRanges(state.resolved),
    openParked: String(state.openParked),
    keys: String(state.keys),
    newest: String(state.newest),
    marks: [...state.marks].join(' '),
    carried: state.carried,
    clicks: String(state.clicks),
    micros: String(state.micros),
  };
}

function checkEntry(findings: Findings, journal: string, entry: EntryRead): void {
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
    fault(
      `applies ${formatQuantity(countOffsets(applied), 'offset')} and its lines hold ${formatQuantity(clicks, 'click')}`,
    );
  if (BigInt(entry.flagged.length) !== flagged)
    fault(`flags ${formatQuantity(entry.flagged.length, 'click')} and its lines hold ${flagged} flagged`);
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
  const should = [...new Set([first, last])];
  const is = [...state.marks.keys()];
  if (taken.length > 0 && is.join() !== should.join())
    fault(`has fingerprints of offsets ${is.join(' and ')}, its first and last are ${should.join(' and ')}`);
}

function setOf(offsets: readonly number[]): Ranges {
  return joinRanges(offsets.map((offset): Ranges => [[offset, offset]]));
}

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
