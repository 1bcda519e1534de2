/**
 * A journal by itself, without the log: each entry has to follow from its predecessor. Versions are dense, no offset is resolved
 * twice, the state after an entry is the one before it and what the entry changed.
 */
import type { Findings } from './findings.ts';
import type { CheckpointRead, EntryRead, StateRead } from './layout.ts';
import { countOf, joinRanges, minus, type Ranges, writeRanges } from './offset-ranges.ts';

/** @param entries of the journal in the order of versions; older ones may have expired, if a checkpoint stands for them */
export function checkChain(
  findings: Findings,
  journal: string,
  entries: readonly EntryRead[],
  checkpoint: CheckpointRead | undefined,
): void {
  const fault = (what: string) => findings.add('chain', journal, what);
  const first = entries[0];
  if (first !== undefined && first.version > (checkpoint?.through ?? 0) + 1)
    fault(`entries ${(checkpoint?.through ?? 0) + 1} to ${first.version - 1} are missing`);
  let before: EntryRead | undefined;
  for (const entry of entries) {
    checkWithin(findings, journal, entry);
    if (before !== undefined && entry.version !== before.version + 1)
      fault(`entries ${before.version + 1} to ${entry.version - 1} are missing`);
    else if (before !== undefined || entry.version === 1)
      checkStep(findings, journal, before?.state ?? nothing, entry);
    before = entry;
  }
}

const nothing: StateRead = {
  version: 0,
  resolved: [],
  parked: [],
  newest: -1,
  marks: new Map(),
  carried: '',
  clicks: 0n,
  micros: 0n,
};

function checkWithin(findings: Findings, journal: string, entry: EntryRead): void {
  const parked = joinRanges([...entry.parked.keys()].map((offset): Ranges => [[offset, offset]])).all;
  const strange = minus(joinRanges([parked, entry.void]).all, entry.offsets);
  if (strange.length > 0)
    findings.add(
      'chain',
      journal,
      `entry ${entry.version} parks or voids offsets ${writeRanges(strange)}, which it does not resolve`,
    );
  const applied = countOf(minus(minus(entry.offsets, entry.void), parked)) + countOf(entry.unparked);
  const counted = [...entry.lines.values()].reduce((sum, { clicks }) => sum + clicks, 0n);
  if (BigInt(applied) !== counted)
    findings.add(
      'chain',
      journal,
      `entry ${entry.version} applies ${applied} offsets and its lines hold ${counted} clicks`,
    );
}

function checkStep(findings: Findings, journal: string, before: StateRead, entry: EntryRead): void {
  const { version, state } = entry;
  const { all, twice } = joinRanges([before.resolved, entry.offsets]);
  if (twice.length > 0)
    findings.add('double', journal, `entry ${version} counts offsets ${writeRanges(twice)} again`);
  const parkedNow = [...entry.parked.keys()].map((offset): Ranges => [[offset, offset]]);
  const parked = joinRanges([minus(before.parked, entry.unparked), ...parkedNow]).all;
  const sums = [...entry.lines.values()];
  const should = {
    resolved: writeRanges(all),
    parked: writeRanges(parked),
    clicks: String(sums.reduce((sum, { clicks }) => sum + clicks, before.clicks)),
    micros: String(sums.reduce((sum, { micros }) => sum + micros, before.micros)),
  };
  const is = {
    resolved: writeRanges(state.resolved),
    parked: writeRanges(state.parked),
    clicks: String(state.clicks),
    micros: String(state.micros),
  };
  for (const name of ['resolved', 'parked', 'clicks', 'micros'] as const)
    if (is[name] !== should[name])
      findings.add(
        'chain',
        journal,
        `entry ${version} has state.${name} '${is[name]}', by its predecessor and its own change it is '${should[name]}'`,
      );
  const early = minus(entry.unparked, before.parked);
  if (early.length > 0)
    findings.add(
      'chain',
      journal,
      `entry ${version} applies offsets ${writeRanges(early)} as parked before, and they were not`,
    );
  if (state.newest < before.newest)
    findings.add('chain', journal, `entry ${version} has a newest time before that of its predecessor`);
}

export function checkCheckpoint(
  findings: Findings,
  journal: string,
  entries: readonly EntryRead[],
  { through, state }: CheckpointRead,
): void {
  const fault = (what: string) => findings.add('checkpoint', journal, what);
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
    resolved: writeRanges(state.resolved),
    parked: writeRanges(state.parked),
    newest: String(state.newest),
    marks: [...state.marks].join(' '),
    carried: state.carried,
    clicks: String(state.clicks),
    micros: String(state.micros),
  };
}
