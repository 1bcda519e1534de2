/** The end of `start --exit`: one JSON object that says what each ledger holds, what that is worth by the log, and whether all agree. */
import type { Findings } from '../audit/findings.ts';
import { encodeNumber } from '../terminal/text.ts';

/** Audited with the demand that everything is counted. */
export interface AuditedLedger {
  readonly ledger: string;
  readonly findings: Findings;
  /** Records that its function was given again, and skipped. */
  readonly duplicates: number;
}

interface ExitReport {
  /** 0 for exact, 1 for a difference, 2 where an audit could not tell. */
  readonly exitCode: number;
  readonly lastLine: string;
}

export function buildExitReport(audited: readonly AuditedLedger[]): ExitReport {
  const verdicts = audited.map(({ findings }) => findings.verdict);
  const ledgers = audited.map((each) => [each.ledger, summarize(each)] as const);
  const produced = Math.max(0, ...audited.map(({ findings }) => sum(findings, 'records')));
  const exact = verdicts.every((verdict) => verdict === 'pass');
  return {
    exitCode: exact ? 0 : verdicts.includes('fail') ? 1 : 2,
    lastLine: JSON.stringify({ produced, ...Object.fromEntries(ledgers), exact }),
  };
}

/** Records of the log that a ledger has neither counted nor parked. */
export function countMissing(findings: Findings): number {
  return sum(findings, 'missing') + sum(findings, 'gaps') + sum(findings, 'lag');
}

/** What is undefined is left out of the JSON. */
function summarize({ findings, duplicates }: AuditedLedger): Readonly<Record<string, unknown>> {
  const { partitions, faults, unsure } = findings;
  const missing = countMissing(findings);
  const [fault] = faults;
  const difference = fault === undefined ? unsure[0] : `${fault.kind}: ${fault.journal} ${fault.what}`;
  return {
    applied: sum(findings, 'applied'),
    duplicates,
    parked: sum(findings, 'parked'),
    missing: missing > 0 ? missing : undefined,
    micros: encodeNumber(partitions.reduce((all, { micros }) => all + micros, 0n)),
    expectedMicros: encodeNumber(partitions.reduce((all, { microsByLog }) => all + microsByLog, 0n)),
    difference,
  };
}

function sum(
  { partitions }: Findings,
  of: 'records' | 'applied' | 'parked' | 'missing' | 'gaps' | 'lag',
): number {
  return partitions.reduce((all, each) => all + each[of], 0);
}
