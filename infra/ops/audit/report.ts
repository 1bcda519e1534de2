/** An audit as people read it, and as programs do. */
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
    'parked',
    'gaps',
    'lag',
    'unverifiable',
    'faults',
  ];
  const rows = partitions.map((each) => [
    each.journal,
    `${each.logStart}-${each.logEnd}`,
    String(each.committed ?? '-'),
    ...[each.entries, each.applied, each.parked, each.gaps, each.lag, each.unverifiable].map(String),
    String(faults.filter(({ journal }) => journal === each.journal).length),
  ]);
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const table = [head, ...rows].map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const sum = (of: 'applied' | 'parked') => partitions.reduce((all, each) => all + each[of], 0);
  const verdict =
    faults.length === 0
      ? `PASS  ledger ${ledger}: ${sum('applied')} clicks counted once, ${sum('parked')} records parked`
      : `FAIL  ledger ${ledger}: ${faults.length} faults`;
  return [...table, ...faultLines(faults), `${verdict} (${(tookMs / 1000).toFixed(1)} s)`];
}

function faultLines(faults: readonly Fault[]): string[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)].flatMap(([kind, found]) => [
    `${kind}: ${faultMeanings[kind]}`,
    ...found.slice(0, FAULTS_SHOWN).map(({ journal, what }) => `  ${journal} ${what}`),
    ...(found.length > FAULTS_SHOWN ? [`  and ${found.length - FAULTS_SHOWN} more; --json has all`] : []),
  ]);
}

export function reportJson(audits: readonly LedgerAudit[]): string {
  const ledgers = audits.map(({ ledger, findings, tookMs }) => ({
    ledger,
    verdict: findings.faults.length === 0 ? 'pass' : 'fail',
    tookMs,
    partitions: findings.partitions,
    faults: findings.faults,
  }));
  const verdict = ledgers.every((each) => each.verdict === 'pass') ? 'pass' : 'fail';
  return JSON.stringify({ verdict, ledgers });
}
