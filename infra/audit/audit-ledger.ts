/**
 * One ledger against the log. The order of reading makes it sound while clicks flow: committed offsets first, then the
 * checkpoints and lines, then, journal by journal, the entries and after them the log. Whatever was read early must therefore
 * be covered by what was read late. Memory holds all lines of the table, and the entries of one journal at a time.
 */

import type { AuditedLog } from '../kafka/topic-log.ts';
import { UserError } from '../terminal/user-error.ts';
import { checkChain, checkCheckpoint, findUnexpired } from './check-chain.ts';
import { checkLines } from './check-lines.ts';
import { checkParked } from './check-parked.ts';
import { checkPartition } from './check-partition.ts';
import { Findings, type JournalState } from './findings.ts';
import { buildJournalState, checkSince } from './journal-state.ts';

import { type EntryRead, readEntryItem } from './layout.ts';
import {
  buildEmptyProjections,
  type JournalProjections,
  parseJournalKey,
  readEntryItems,
  readProjections,
  readSound,
  type TableAccess,
} from './read-ledger.ts';
import { noteElsewhere, noteVerdict } from './report.ts';

export interface AuditWishes {
  /** Which incarnation the topic is now; the newest that the ledger knows if it is not given. */
  readonly incarnation?: number | undefined;
  /** What an earlier audit has kept. */
  readonly since?: readonly JournalState[] | undefined;
  /** Told how many records of the log's have been read, of all partitions; called often. */
  readonly progress?: (done: number, of: number) => void;
}

export async function auditLedger(
  access: TableAccess,
  log: AuditedLog,
  topic: string,
  wishes: AuditWishes = {},
): Promise<Findings> {
  const { progress = () => {}, since = [] } = wishes;
  const findings = new Findings();
  const committed = await log.committed((await log.bounds()).length);
  const journals = await readProjections(findings, access);
  const incarnation = wishes.incarnation ?? newestIncarnation(journals, topic);
  const current = (partition: number) => `${topic}@${incarnation}#${partition}`;
  const bounds = await log.bounds();
  const all = bounds.reduce((sum, { start, end }) => sum + end - start, 0);
  let before = 0;
  progress(before, all);
  const seals = new Map<string, string | undefined>();
  for (const projections of [...journals, ...unbegun(journals, bounds.length, current)]) {
    const { journal, checkpoint } = projections;
    const read = await entriesOf(findings, access, journal);
    const entries = findUnexpired(findings, journal, read, checkpoint, Date.now() / 1_000);
    checkAlone(findings, projections, entries);
    const kept = since.find((then) => then.journal === journal);
    seals.set(journal, entries.find(({ version }) => version === kept?.version)?.seal);
    const partition = parseJournalKey(journal)?.partition ?? -1;
    if (journal === current(partition) && partition < bounds.length) {
      const [within] = (await log.bounds()).slice(partition);
      if (within === undefined) continue;
      const shown = (done: number) => progress(before + done, Math.max(all, before + done));
      const given = { projections, entries, partition, within, committed, progress: shown };
      await checkPartition(findings, log, given);
      before += within.end - within.start;
    } else checkElsewhere(findings, projections, entries, { topic, incarnation, partitions: bounds.length });
  }
  findings.partitions.sort(
    (a, b) => (parseJournalKey(a.journal)?.partition ?? 0) - (parseJournalKey(b.journal)?.partition ?? 0),
  );
  for (const then of since)
    checkSince(
      findings,
      then,
      findings.journals.find(({ journal }) => journal === then.journal),
      seals.get(then.journal),
    );
  noteVerdict(findings);
  return findings;
}

function checkAlone(
  findings: Findings,
  { journal, checkpoint, lines, parked }: JournalProjections,
  entries: readonly EntryRead[],
): void {
  checkChain(findings, journal, entries, checkpoint);
  if (checkpoint !== undefined) checkCheckpoint(findings, journal, entries, checkpoint);
  else if (lines.length > 0) {
    const reached = Math.max(...lines.map(({ through }) => through));
    findings.passing.push({ journal, what: `lines reach version ${reached}, and there is no checkpoint` });
  }
  const rolled = { journal, entries, checkpoint };
  checkLines(findings, rolled, lines);
  checkParked(findings, rolled, parked);
}

/** A journal without a partition of this log: of an earlier log, or of none. */
function checkElsewhere(
  findings: Findings,
  projections: JournalProjections,
  entries: readonly EntryRead[],
  now: { readonly topic: string; readonly incarnation: number; readonly partitions: number },
): void {
  const { journal, checkpoint, begun } = projections;
  findings.journals.push(buildJournalState(journal, entries, projections, -1));
  const parts = parseJournalKey(journal);
  if (parts === undefined || !begun) return;
  const isEarlier = parts.topic === now.topic && parts.incarnation < now.incarnation;
  if (parts.topic !== now.topic || isEarlier)
    noteElsewhere(findings, isEarlier ? 'an earlier log' : 'another topic', { journal, entries, checkpoint });
  else if (parts.incarnation > now.incarnation)
    findings.add(
      'stray',
      journal,
      `it is of incarnation ${parts.incarnation}, the topic's is ${now.incarnation}`,
    );
  else findings.add('phantom', journal, `the topic has only ${now.partitions} partitions`);
}

async function entriesOf(findings: Findings, access: TableAccess, journal: string): Promise<EntryRead[]> {
  const entries: EntryRead[] = [];
  for await (const item of readEntryItems(access, journal)) {
    const entry = readSound(findings, journal, item, readEntryItem);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Partitions of the log that the ledger has no journal of yet. */
function unbegun(
  journals: readonly JournalProjections[],
  partitions: number,
  current: (partition: number) => string,
): JournalProjections[] {
  const known = new Set(journals.map(({ journal }) => journal));
  return Array.from({ length: partitions }, (_, partition) => current(partition))
    .filter((journal) => !known.has(journal))
    .map((journal) => buildEmptyProjections(journal));
}

/** Of those that are listed and have entries; an earlier one is of a log that is no more. Throws where no journal is of the topic. */
function newestIncarnation(journals: readonly JournalProjections[], topic: string): number {
  const begun = journals
    .filter(({ begun, listed }) => begun && listed)
    .flatMap(({ journal }) => parseJournalKey(journal) ?? []);
  const own = begun.filter((parts) => parts.topic === topic);
  if (begun.length > 0 && own.length === 0)
    throw new UserError(
      `the ledger has journals of topic ${[...new Set(begun.map((parts) => parts.topic))].join(', ')}, and none of ${topic}: name the topic that its group reads`,
    );
  return Math.max(1, ...own.map(({ incarnation }) => incarnation));
}
