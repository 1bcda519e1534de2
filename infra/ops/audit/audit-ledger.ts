/**
 * One ledger against the log. The order of reading makes it sound while clicks flow: committed offsets first, then the
 * checkpoints and lines, then the entries, then the log. Whatever was read early must therefore be covered by what was read late.
 */
import { checkChain, checkCheckpoint } from './check-chain.ts';
import { checkCoverage, Holes } from './check-coverage.ts';
import { checkLines, checkParked } from './check-lines.ts';
import { LogCheck } from './check-log.ts';
import { Findings, type PartitionTally } from './findings.ts';
import {
  type CheckpointRead,
  Damage,
  type EntryRead,
  type LineRead,
  type ParkedRead,
  readCheckpointItem,
  readEntryItem,
  readLineItem,
  readParkedItem,
} from './layout.ts';
import {
  getCheckpointItem,
  readEntryItems,
  readJournalNames,
  readLineItems,
  readParkedItems,
  type TableAccess,
} from './ledger-items.ts';
import { countOf, joinRanges, minus, type Ranges } from './offset-ranges.ts';
import type { Bounds, LogRecord } from './topic-log.ts';

/** The part of a topic's log that an audit needs. */
export interface AuditedLog {
  bounds(): Promise<Bounds[]>;
  committed(partitions: number): Promise<(number | undefined)[]>;
  records(partition: number, bounds: Bounds): AsyncIterable<LogRecord>;
}

interface JournalRead {
  readonly journal: string;
  readonly checkpoint: CheckpointRead | undefined;
  readonly lines: LineRead[];
  readonly parked: ParkedRead[];
  readonly entries: EntryRead[];
}

export async function auditLedger(
  access: TableAccess,
  log: AuditedLog,
  topic: string,
  progress: (done: number, of: number) => void,
): Promise<Findings> {
  const findings = new Findings();
  const committed = await log.committed((await log.bounds()).length);
  const journals = await readJournals(findings, access);
  for (const read of journals) checkAlone(findings, read);
  const bounds = await log.bounds();
  const incarnation = newestIncarnation(journals, topic);
  for (const { journal } of journals)
    if (Number(journal.split('#').at(-1)) >= bounds.length && journal.startsWith(`${topic}@${incarnation}#`))
      findings.add('phantom', journal, `the topic has only ${bounds.length} partitions`);
  const of = bounds.reduce((sum, { start, end }) => sum + end - start, 0);
  let done = 0;
  for (const [partition, within] of bounds.entries()) {
    const journal = `${topic}@${incarnation}#${partition}`;
    const { entries = [], checkpoint } = journals.find((read) => read.journal === journal) ?? {};
    const check = new LogCheck(findings, journal, entries);
    const holes = new Holes(within.start);
    for await (const record of log.records(partition, within)) {
      check.take(record);
      holes.record(record.offset);
      done += 1;
      if (done % 50_000 === 0) progress(done, of);
    }
    const tally = tallyOf(journal, within, committed[partition], entries);
    const resolved = entries.at(-1)?.state.resolved ?? checkpoint?.state.resolved ?? [];
    const expired = expiredOf(entries, resolved);
    const voided = joinRanges(entries.map((entry) => entry.void)).all;
    const coverage = { bounds: within, committed: committed[partition], resolved, voided, expired };
    checkCoverage(findings, tally, { ...coverage, holes: holes.until(within.end) });
    findings.partitions.push(tally);
  }
  return findings;
}

async function readJournals(findings: Findings, access: TableAccess): Promise<JournalRead[]> {
  const names = await readJournalNames(access);
  const checkpoints = await Promise.all(names.map((journal) => getCheckpointItem(access, journal)));
  const lines = sound(findings, '', await readLineItems(access), readLineItem);
  for (const { journal, line } of lines)
    if (!names.includes(journal))
      findings.add('statement', journal, `${line} is of a journal that does not exist`);
  const read: JournalRead[] = [];
  for (const [i, journal] of names.entries()) {
    const parked = await readParkedItems(access, journal);
    const checkpoint = checkpoints[i];
    read.push({
      journal,
      checkpoint: sound(
        findings,
        journal,
        checkpoint === undefined ? [] : [checkpoint],
        readCheckpointItem,
      )[0],
      lines: lines.filter((line) => line.journal === journal),
      parked: sound(findings, journal, parked, readParkedItem),
      entries: sound(findings, journal, await readEntryItems(access, journal), readEntryItem),
    });
  }
  return read;
}

/** What can be read; the rest is named. */
function sound<Raw, Read>(
  findings: Findings,
  journal: string,
  items: readonly Raw[],
  read: (item: Raw) => Read,
): Read[] {
  return items.flatMap((item) => {
    try {
      return [read(item)];
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      findings.add('damage', journal, error.message);
      return [];
    }
  });
}

function checkAlone(findings: Findings, read: JournalRead): void {
  const { journal, entries, checkpoint } = read;
  checkChain(findings, journal, entries, checkpoint);
  if (checkpoint !== undefined) checkCheckpoint(findings, journal, entries, checkpoint);
  checkLines(findings, read, read.lines);
  checkParked(findings, read, read.parked);
}

/** Journals of older incarnations are of a log that is no more: they are checked by themselves only. */
function newestIncarnation(journals: readonly JournalRead[], topic: string): number {
  const numbers = journals.flatMap(({ journal }) => {
    const at = journal.lastIndexOf('@');
    return journal.slice(0, at) === topic ? [Number.parseInt(journal.slice(at + 1), 10)] : [];
  });
  return Math.max(1, ...numbers);
}

function expiredOf(entries: readonly EntryRead[], resolved: Ranges): Ranges {
  const first = entries[0];
  if (first === undefined) return resolved;
  return first.version === 1 ? [] : minus(first.state.resolved, first.offsets);
}

function tallyOf(
  journal: string,
  { start, end }: Bounds,
  committed: number | undefined,
  entries: readonly EntryRead[],
): PartitionTally {
  const state = entries.at(-1)?.state;
  return {
    journal,
    logStart: start,
    logEnd: end,
    committed,
    entries: entries.length,
    applied: Number(state?.clicks ?? 0n),
    parked: countOf(state?.parked ?? []),
    gaps: 0,
    lag: 0,
    unverifiable: 0,
  };
}
