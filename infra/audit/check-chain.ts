/**
 * A journal by itself, without the log: every entry bears its seal and follows from its predecessor. Versions are dense, no
 * offset is resolved twice, the state after an entry is the one before it and what the entry changed.
 */
import { checkEntry, findTaken } from './check-entry.ts';
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead, StateRead } from './layout.ts';
import { countOffsets, formatRanges, joinRanges } from './offset-ranges.ts';

/** @param entries of the journal in the order of versions; older ones may have expired, if a checkpoint stands for them */
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
  let before = first?.version === through + 1 ? (checkpoint?.state ?? nothing) : undefined;
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
  if (state.version !== through)
    fault(`it stands for version ${through} and holds the state of ${state.version}`);
  const head = entries.at(-1);
  if (head !== undefined && through > head.version)
    fault(`it stands for version ${through}, and the newest entry is ${head.version}`);
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
