/** An audit as people read it, and as programs do; and what it says that is no fault. */
import {
  escapeText,
  formatAmount,
  formatCount,
  formatQuantity,
  formatTable,
  shortenOffsets,
} from '../terminal/text.ts';

import { formatSums, type Rolled } from './check-lines.ts';
import { addSums, zero } from './entry-lines.ts';
import { type AuditFault, type Findings, faultMeanings, type PartitionTally } from './findings.ts';
import type { EntryRead } from './layout.ts';
import type { Ranges } from './offset-ranges.ts';

export interface LedgerAudit {
  readonly ledger: string;
  readonly findings: Findings;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** Of each kind; all of them are in the JSON. */
const FAULTS_SHOWN = 10;

export function formatReport({ ledger, findings, tookMs }: LedgerAudit): string[] {
  const { faults, partitions } = findings;
  const head = [
    'journal',
    'log',
    'committed',
    'entries',
    'applied',
    'amount',
    'by the log',
    'parked',
    'gaps',
    'lag',
    'unverifiable',
    'faults',
  ];
  const rows = partitions.map((each) => [
    each.journal,
    each.logEnd > each.logStart
      ? `${formatCount(each.logStart)} to ${formatCount(each.logEnd - 1)}`
      : 'empty',
    each.committed === undefined ? '-' : formatCount(each.committed),
    ...[each.entries, each.applied].map(formatCount),
    ...[each.micros, each.microsByLog].map(formatAmount),
    ...[each.parked, each.gaps, each.lag, each.unverifiable].map(formatCount),
    formatCount(faults.filter(({ journal }) => journal === each.journal).length),
  ]);
  return [
    ...formatTable([head, ...rows], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ...findings.notes.map((note) => `note: ${shortenOffsets(note)}`),
    ...faultLines(faults),
    `${verdictOf(ledger, findings)} (${(tookMs / 1000).toFixed(1)} s)`,
  ].map(escapeText);
}

function verdictOf(ledger: string, { verdict, faults, unsure, partitions }: Findings): string {
  const sum = (of: 'applied' | 'parked' | 'compared' | 'unverifiable') =>
    partitions.reduce((all, each) => all + each[of], 0);
  if (verdict === 'fail') return `FAIL  ledger ${ledger}: ${formatQuantity(faults.length, 'fault')}`;
  if (verdict === 'unsure') return `COULD NOT TELL  ledger ${ledger}: ${unsure.join('; ')}`;
  const gone = sum('unverifiable') > 0 ? ` (${formatCount(sum('unverifiable'))} have left it)` : '';
  return `PASS  ledger ${ledger}: ${formatQuantity(sum('applied'), 'click')} counted once, ${formatQuantity(sum('parked'), 'record')} parked; ${formatQuantity(sum('compared'), 'record')} compared with the log${gone}`;
}

function faultLines(faults: readonly AuditFault[]): string[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)].flatMap(([kind, found]) => [
    `${kind}: ${faultMeanings[kind]}`,
    ...found.slice(0, FAULTS_SHOWN).map(({ journal, what }) => `  ${journal} ${shortenOffsets(what)}`),
    ...(found.length > FAULTS_SHOWN
      ? [`  and ${formatCount(found.length - FAULTS_SHOWN)} more; --json has all`]
      : []),
  ]);
}

export function formatReportJson(audits: readonly LedgerAudit[]): string {
  const ledgers = audits.map(({ ledger, findings, tookMs }) => {
    const { verdict, partitions, faults, notes, unsure, journals } = findings;
    return { ledger, verdict, tookMs, partitions, faults, notes, unsure, journals };
  });
  const written = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return escapeText(JSON.stringify({ verdict: combineVerdicts(audits), ledgers }, written));
}

/** A fault anywhere is one of the whole. */
export function combineVerdicts(audits: readonly LedgerAudit[]): Findings['verdict'] {
  const verdicts = audits.map(({ findings }) => findings.verdict);
  return (['fail', 'unsure'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}

export function notePartition(
  findings: Findings,
  tally: PartitionTally,
  entries: readonly EntryRead[],
  resolved: Ranges,
): void {
  const { journal, logStart, unverifiable, gaps, gapOffsets, explainedOffsets } = tally;
  const note = (what: string) => findings.notes.push(`${journal}: ${what}`);
  const base = resolved[0]?.[0] ?? 0;
  if (base > 0 && base >= logStart && logStart > 0)
    note(`the ledger begins at offset ${base}; what stood before it can't be told any more`);
  if (unverifiable > 0) {
    const gone = entries.filter(({ offsets }) => (offsets[0]?.[0] ?? logStart) < logStart);
    const sums = gone.reduce((sum, { lines }) => addSums(sum, lines.sum), zero);
    note(
      `${formatQuantity(unverifiable, 'record')} before offset ${logStart} left the log and can't be verified any more: ` +
        `for ${formatSums(sums)} of ${formatQuantity(gone.length, 'entry', 'entries')} only their chain and seals vouch; audit within the topic's retention, and keep --json for --since`,
    );
  }
  if (gaps > 0) note(`not counted yet: ${formatQuantity(gaps, 'record')} in gaps, offsets ${gapOffsets}`);
  if (explainedOffsets !== '') note(`the log holds no record at the open offsets ${explainedOffsets}`);
}

/** @param where the records are that could be compared */
export function noteElsewhere(
  findings: Findings,
  where: 'an earlier log' | 'another topic',
  { journal, entries, checkpoint }: Rolled,
): void {
  const state = entries.at(-1)?.state ?? checkpoint?.state ?? zero;
  findings.notes.push(
    `${journal}: it is of ${where}, not of this one: for ${formatSums(state)} only their chain and seals vouch`,
  );
}

/** An audit that compared nothing proves nothing. */
export function noteVerdict(findings: Findings): void {
  const { partitions } = findings;
  const sum = (of: 'compared' | 'unverifiable' | 'lag') =>
    partitions.reduce((all, each) => all + each[of], 0);
  if (sum('compared') > 0) return;
  findings.unsure.push(
    sum('unverifiable') > 0
      ? `nothing that it counted (${formatQuantity(sum('unverifiable'), 'record')}) is in the log any more`
      : `the log holds ${formatQuantity(sum('lag'), 'record')} and the ledger has counted none: there is nothing to compare`,
  );
}
