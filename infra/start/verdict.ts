/** Whether a ledger holds exactly what the log is worth: journal, statement and totals against the recount, line by line. */

import type { Recount } from '../audit/recount.ts';
import { type Lines, readJournalLines, readJournalTotals, readStatementLines } from '../ops/ledger-view.ts';

export interface LedgerVerdict {
  readonly applied: number;
  readonly micros: bigint;
  readonly expectedMicros: bigint;
  readonly parked: number;
  /** Records of the log that are neither applied nor parked. */
  readonly missing: number;
  /** The first difference in words; undefined if there is none. */
  readonly difference: string | undefined;
}

export async function compareLedger(
  ledger: Parameters<typeof readJournalTotals>[0],
  recount: Recount,
): Promise<LedgerVerdict> {
  const totals = await readJournalTotals(ledger);
  const applied = totals.reduce((sum, { clicks }) => sum + Number(clicks), 0);
  const micros = totals.reduce((sum, journal) => sum + journal.micros, 0n);
  const parked = totals.reduce((sum, journal) => sum + journal.parked, 0);
  const openGap = totals.reduce((sum, journal) => sum + journal.openGap, 0);
  const advertisers = new Set(Array.from(recount.lines.keys(), (line) => line.slice(line.indexOf(' ') + 1)));
  const difference =
    unequal('clicks applied', applied, recount.clicks) ??
    unequal('micros', micros, recount.micros) ??
    unequal('parked records', parked, recount.rejected.length) ??
    unequal('offsets in gaps', openGap, 0) ??
    firstDifference('journal', await readJournalLines(ledger), recount.lines) ??
    firstDifference('statement', await readStatementLines(ledger, advertisers), recount.lines);
  const missing = Math.max(0, recount.records - applied - parked);
  return { applied, micros, expectedMicros: recount.micros, parked, missing, difference };
}

function unequal(what: string, is: number | bigint, should: number | bigint): string | undefined {
  return is === should ? undefined : `${what}: ${is} in the ledger, ${should} by the log`;
}

function firstDifference(where: string, held: Lines, expected: Lines): string | undefined {
  for (const line of new Set([...expected.keys(), ...held.keys()])) {
    const [is, should] = [held.get(line), expected.get(line)];
    if (is?.clicks !== should?.clicks || is?.micros !== should?.micros) {
      return `${where} line ${line}: ${written(is)} in the ledger, ${written(should)} by the log`;
    }
  }
  return undefined;
}

function written(line: { readonly clicks: bigint; readonly micros: bigint } | undefined): string {
  return line === undefined ? 'nothing' : `${line.clicks} clicks and ${line.micros} micros`;
}
