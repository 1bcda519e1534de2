/**
 * What an audit keeps of each journal in its `--json`, and a later one compares (`--since`): between two audits the applied set
 * only grows, a parked record may become applied but no applied one parked, versions and sums never fall, an entry never
 * changes, and the log gets no shorter.
 */

import { readFileSync } from 'node:fs';
import { UserError } from '../terminal/user-error.ts';
import { findOpenParked } from './check-parked.ts';
import type { Findings, JournalState } from './findings.ts';
import type { CheckpointRead, EntryRead, ParkedRead } from './layout.ts';
import { formatRanges, parseRanges, subtractRanges } from './offset-ranges.ts';

export function buildJournalState(
  journal: string,
  entries: readonly EntryRead[],
  {
    checkpoint,
    parked,
  }: { readonly checkpoint: CheckpointRead | undefined; readonly parked: readonly ParkedRead[] },
  logEnd: number,
): JournalState {
  const head = entries.at(-1);
  const state = head?.state ?? checkpoint?.state;
  return {
    journal,
    version: state?.version ?? 0,
    resolved: formatRanges(state?.resolved ?? []),
    parked: formatRanges(findOpenParked(entries, parked)),
    clicks: String(state?.clicks ?? 0n),
    micros: String(state?.micros ?? 0n),
    through: checkpoint?.through ?? 0,
    seal: head?.seal ?? '',
    logEnd,
  };
}

/** @param sealOf of the entry with that version now; undefined where it has expired */
export function checkSince(
  findings: Findings,
  then: JournalState,
  now: JournalState | undefined,
  sealOf: string | undefined,
): void {
  const fault = (what: string) => findings.add('fallen', then.journal, what);
  if (now === undefined) {
    if (then.version > 0) fault(`the journal reached version ${then.version}, and is gone`);
    return;
  }
  for (const name of ['version', 'clicks', 'micros', 'through', 'logEnd'] as const)
    if (now[name] !== -1 && BigInt(now[name]) < BigInt(then[name]))
      fault(`${name} was ${then[name]}, and is ${now[name]}`);
  const lost = subtractRanges(parseRanges(then.resolved), parseRanges(now.resolved));
  if (lost.length > 0) fault(`offsets ${formatRanges(lost)} were resolved, and are not`);
  const applied = subtractRanges(parseRanges(then.resolved), parseRanges(then.parked));
  const parked = subtractRanges(applied, subtractRanges(applied, parseRanges(now.parked)));
  if (parked.length > 0) fault(`offsets ${formatRanges(parked)} were applied, and are parked`);
  if (sealOf !== undefined && sealOf !== then.seal)
    fault(`entry ${then.version} had the seal ${then.seal}, and has ${sealOf}`);
}

/** The journals of each ledger in a file that `clickledger audit --json` has written. */
export function readSince(file: string): ReadonlyMap<string, readonly JournalState[]> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`--since: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const { ledgers } = JSON.parse(text) as { ledgers: { ledger: string; journals: JournalState[] }[] };
    for (const { journals } of ledgers)
      for (const { resolved, parked, clicks, micros } of journals)
        [parseRanges(resolved), parseRanges(parked), BigInt(clicks), BigInt(micros)].at(0);
    return new Map(ledgers.map(({ ledger, journals }) => [ledger, journals]));
  } catch {
    throw new UserError(`--since: ${file} is none that clickledger audit --json has written`);
  }
}
