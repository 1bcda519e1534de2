/** One partition: its journal against its log, record by record, and the counts of what was seen. */

import type { AuditedLog, Bounds } from '../kafka/topic-log.ts';

import { checkCoverage, Holes } from './check-coverage.ts';
import { LogCheck } from './check-log.ts';
import type { Findings, PartitionTally } from './findings.ts';
import { buildJournalState } from './journal-state.ts';
import type { EntryRead } from './layout.ts';
import { notePartition } from './notes.ts';
import { countOffsets, joinRanges, type Ranges, subtractRanges } from './offset-ranges.ts';
import type { JournalProjections } from './read-ledger.ts';

const PROGRESS_EVERY = 1_000;

interface PartitionRead {
  readonly projections: JournalProjections;
  readonly entries: readonly EntryRead[];
  readonly partition: number;
  readonly within: Bounds;
  readonly committed: readonly (number | undefined)[];
  readonly progress: (done: number) => void;
}

export async function checkPartition(
  findings: Findings,
  log: Pick<AuditedLog, 'records'>,
  read: PartitionRead,
): Promise<void> {
  const { projections, entries, partition, within, progress } = read;
  const { journal, checkpoint } = projections;
  const committed = read.committed[partition];
  const check = new LogCheck(findings, journal, entries, within.start);
  const holes = new Holes(within.start);
  let done = 0;
  for await (const record of log.records(partition, within)) {
    check.take(record);
    holes.record(record.offset);
    done += 1;
    if (done % PROGRESS_EVERY === 0) progress(done);
  }
  const tally = tallyOf(projections, within, committed, entries);
  tally.compared = check.compared;
  tally.microsByLog = check.micros;
  const resolved = entries.at(-1)?.state.resolved ?? checkpoint?.state.resolved ?? [];
  const expired = expiredOf(entries, resolved);
  const voided = joinRanges(entries.map((entry) => entry.void));
  const expiredTo = entries[0] === undefined ? (checkpoint?.through ?? 0) : entries[0].version - 1;
  const accepted = joinRanges(entries.map((entry) => entry.accepted));
  const coverage = { bounds: within, committed, resolved, voided, accepted, expired, expiredTo };
  checkCoverage(findings, tally, { ...coverage, holes: holes.until(within.end) });
  findings.partitions.push(tally);
  findings.journals.push(buildJournalState(journal, entries, projections, within.end));
  notePartition(findings, tally, entries, resolved);
}

function expiredOf(entries: readonly EntryRead[], resolved: Ranges): Ranges {
  const first = entries[0];
  if (first === undefined) return resolved;
  return first.version === 1 ? [] : subtractRanges(first.state.resolved, first.offsets);
}

function tallyOf(
  { journal, checkpoint }: JournalProjections,
  { start, end }: Bounds,
  committed: number | undefined,
  entries: readonly EntryRead[],
): PartitionTally {
  const state = entries.at(-1)?.state ?? checkpoint?.state;
  return {
    journal,
    logStart: start,
    logEnd: end,
    committed,
    entries: entries.length,
    applied: Number(state?.clicks ?? 0n),
    micros: state?.micros ?? 0n,
    microsByLog: 0n,
    parked: state?.openParked ?? 0,
    accepted: countOffsets(joinRanges(entries.map((entry) => entry.accepted))),
    compared: 0,
    gaps: 0,
    gapOffsets: '',
    explainedOffsets: '',
    lag: 0,
    unverifiable: 0,
  };
}
