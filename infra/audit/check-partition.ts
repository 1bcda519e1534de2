/**
 * One partition: its journal against its log, record by record. Which offsets are resolved is compared with which hold a record:
 * nothing missing, nothing invented, nothing committed that is not resolved. Holes of the log (transaction markers, compaction)
 * hold no record and owe none.
 */
import type { AuditedLog, Bounds } from '../kafka/topic-log.ts';
import { formatQuantity } from '../terminal/text.ts';
import { LogCheck } from './check-log.ts';
import type { Findings, PartitionTally } from './findings.ts';
import { buildJournalState } from './journal-state.ts';
import type { EntryRead } from './layout.ts';
import {
  clipRanges,
  countOffsets,
  formatRanges,
  joinRanges,
  type OffsetRange,
  type Ranges,
  subtractRanges,
} from './offset-ranges.ts';
import type { JournalProjections } from './read-ledger.ts';
import { notePartition } from './report.ts';

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
  tally.records = done;
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
    records: 0,
    entries: entries.length,
    applied: Number(state?.clicks ?? 0n),
    micros: state?.micros ?? 0n,
    microsByLog: 0n,
    parked: state?.openParked ?? 0,
    accepted: countOffsets(joinRanges(entries.map((entry) => entry.accepted))),
    compared: 0,
    missing: 0,
    gaps: 0,
    gapOffsets: '',
    explainedOffsets: '',
    lag: 0,
    unverifiable: 0,
  };
}

interface Coverage {
  readonly bounds: Bounds;
  /** Offset that the group reads next, as it was before the table was read. */
  readonly committed: number | undefined;
  readonly resolved: Ranges;
  /** Resolved as holding no record. */
  readonly voided: Ranges;
  /** Resolved, or parked before, as never to be counted. */
  readonly accepted: Ranges;
  /** Resolved by entries that have expired, which none may before its records have left the log. */
  readonly expired: Ranges;
  /** The last of these entries; 0 for none. */
  readonly expiredTo: number;
  /** Between the log's bounds, where there is no record. */
  readonly holes: Ranges;
}

/** Collects where there is no record, as the records come by. */
export class Holes {
  readonly #ranges: OffsetRange[] = [];
  #next: number;

  constructor(start: number) {
    this.#next = start;
  }

  record(offset: number): void {
    if (offset > this.#next) this.#ranges.push([this.#next, offset - 1]);
    this.#next = offset + 1;
  }

  until(end: number): Ranges {
    return end > this.#next ? [...this.#ranges, [this.#next, end - 1]] : this.#ranges;
  }
}

export function checkCoverage(findings: Findings, tally: PartitionTally, coverage: Coverage): void {
  const { bounds, committed = 0, resolved, holes } = coverage;
  const { journal } = tally;
  const log: Ranges = bounds.end > bounds.start ? [[bounds.start, bounds.end - 1]] : [];
  const unresolved = subtractRanges(log, resolved);
  const open = subtractRanges(unresolved, holes);
  const newest = resolved.at(-1)?.[1] ?? -1;
  const missing = clipRanges(open, 0, committed - 1);
  const above = subtractRanges(open, missing);
  const gaps = clipRanges(above, 0, newest);
  if (missing.length > 0)
    findings.add(
      'missing',
      journal,
      `not counted: ${formatQuantity(countOffsets(missing), 'record')}, offsets ${formatRanges(missing)}, committed ${committed}`,
    );
  if (committed > bounds.end)
    findings.add(
      'phantom',
      journal,
      `the group has committed ${committed}, and the log ends at ${bounds.end}: it was recreated, or its tail rewritten`,
    );
  checkAgainstLog(findings, journal, coverage);
  tally.missing = countOffsets(missing);
  tally.gaps = countOffsets(gaps);
  tally.gapOffsets = formatRanges(gaps);
  tally.explainedOffsets = formatRanges(clipRanges(subtractRanges(unresolved, open), 0, newest));
  tally.lag = countOffsets(subtractRanges(above, gaps));
  const uncounted = joinRanges([coverage.voided, coverage.accepted]);
  tally.unverifiable = countOffsets(clipRanges(subtractRanges(resolved, uncounted), 0, bounds.start - 1));
}

/** Each resolved offset has its record, each void one none, and none went away before it was counted. */
function checkAgainstLog(
  findings: Findings,
  journal: string,
  { bounds, resolved, voided, accepted, expired, expiredTo, holes }: Coverage,
): void {
  const oldest = resolved[0]?.[0] ?? bounds.start;
  const deleted: Ranges = bounds.start > oldest ? [[oldest, bounds.start - 1]] : [];
  const lost = subtractRanges(deleted, resolved);
  if (lost.length > 0)
    findings.add(
      'lost',
      journal,
      `${formatQuantity(countOffsets(lost), 'offset')}, ${formatRanges(lost)}, left the log uncounted`,
    );
  const early = subtractRanges(clipRanges(expired, bounds.start, bounds.end - 1), holes);
  if (early.length > 0)
    findings.add(
      'chain',
      journal,
      `entries 1 to ${expiredTo} are gone, and the records of their offsets ${formatRanges(early)} are still in the log`,
    );
  const passedOver = subtractRanges(clipRanges(voided, bounds.start, bounds.end - 1), holes);
  if (passedOver.length > 0)
    findings.add(
      'missing',
      journal,
      `closed as void, but in the log: ${formatQuantity(countOffsets(passedOver), 'record')}, offsets ${formatRanges(passedOver)}`,
    );
  const owed = subtractRanges(subtractRanges(resolved, joinRanges([voided, accepted])), expired);
  const empty = joinRanges([holes, [[bounds.end, Number.MAX_SAFE_INTEGER]]]);
  const phantom = subtractRanges(owed, subtractRanges(owed, empty));
  if (phantom.length > 0)
    findings.add(
      'phantom',
      journal,
      `the log has no record at offsets ${formatRanges(phantom)}, its end is ${bounds.end}`,
    );
}
