/** An audit as people read it, and as programs do. */

import { tableLines } from '../terminal/table-lines.ts';
import { amount, grouped, plain } from '../terminal/text.ts';
import { type Fault, type Findings, faultMeanings } from './findings.ts';

export interface LedgerAudit {
  readonly ledger: string;
  readonly findings: Findings;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
}

/** Of each kind; all of them are in the JSON. */
const FAULTS_SHOWN = 10;

export function reportLines({ ledger, findings, tookMs }: LedgerAudit): string[] {
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
    each.logEnd > each.logStart ? `${grouped(each.logStart)} to ${grouped(each.logEnd - 1)}` : 'empty',
    each.committed === undefined ? '-' : grouped(each.committed),
    ...[each.entries, each.applied].map(grouped),
    ...[each.micros, each.microsByLog].map(amount),
    ...[each.parked, each.gaps, each.lag, each.unverifiable].map(grouped),
    grouped(faults.filter(({ journal }) => journal === each.journal).length),
  ]);
  return [
    ...tableLines([head, ...rows], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    ...findings.notes.map((note) => `note: ${note}`),
    ...faultLines(faults),
    `${verdictOf(ledger, findings)} (${(tookMs / 1000).toFixed(1)} s)`,
  ].map(plain);
}

function verdictOf(ledger: string, { verdict, faults, unsure, partitions }: Findings): string {
  const sum = (of: 'applied' | 'parked' | 'compared' | 'unverifiable') =>
    partitions.reduce((all, each) => all + each[of], 0);
  if (verdict === 'fail') return `FAIL  ledger ${ledger}: ${grouped(faults.length)} faults`;
  if (verdict === 'unsure') return `COULD NOT TELL  ledger ${ledger}: ${unsure.join('; ')}`;
  const gone = sum('unverifiable') > 0 ? ` (${grouped(sum('unverifiable'))} have left it)` : '';
  return `PASS  ledger ${ledger}: ${grouped(sum('applied'))} clicks counted once, ${grouped(sum('parked'))} records parked; ${grouped(sum('compared'))} records compared with the log${gone}`;
}

function faultLines(faults: readonly Fault[]): string[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)].flatMap(([kind, found]) => [
    `${kind}: ${faultMeanings[kind]}`,
    ...found.slice(0, FAULTS_SHOWN).map(({ journal, what }) => `  ${journal} ${what}`),
    ...(found.length > FAULTS_SHOWN
      ? [`  and ${grouped(found.length - FAULTS_SHOWN)} more; --json has all`]
      : []),
  ]);
}

export function reportJson(audits: readonly LedgerAudit[]): string {
  const ledgers = audits.map(({ ledger, findings, tookMs }) => {
    const { verdict, partitions, faults, notes, unsure, journals } = findings;
    return { ledger, verdict, tookMs, partitions, faults, notes, unsure, journals };
  });
  const written = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return plain(JSON.stringify({ verdict: overall(audits), ledgers }, written));
}

/** A fault anywhere is one of the whole. */
export function overall(audits: readonly LedgerAudit[]): Findings['verdict'] {
  const verdicts = audits.map(({ findings }) => findings.verdict);
  return (['fail', 'unsure'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}
