/** `clickledger statement`: what a ledger has counted of a key, by hour, as a table or as JSON. */
import { unnamedCount } from '../../shared/fold/count.ts';
import { formatHour } from '../../shared/fold/delta.ts';
import type { Ledger } from '../../shared/journal/journal-store.ts';
import { readStatement, type StatementHour, wholePeriod } from '../../shared/statement/statement.ts';
import { countEntriesNotRolledUp } from '../ops/ledger-view.ts';
import { defineCommand } from '../terminal/command.ts';
import { encodeNumber, formatMicros, formatQuantity, formatTable, printLines } from '../terminal/text.ts';

import { UserError } from '../terminal/user-error.ts';
import { parseHourEnd, parseHourStart, parseMatching } from '../terminal/values.ts';
import { addTableOptions, findLedger, jsonOption } from './target.ts';

const advertiserId = parseMatching(
  /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
  '1 to 64 characters of [A-Za-z0-9._:-]',
);
const anyKey = parseMatching(
  /^.{1,2000}$/s,
  '1 to 2,000 characters: the values that the group counts by, joined by commas',
);

export const statement = addTableOptions(
  defineCommand('statement', 'Prints what a ledger has counted of a key, by hour.', { 0: 'printed' }),
)
  .option('--advertiser <id>', 'whose clicks, in a ledger by advertiser', advertiserId)
  .option('--key <key>', 'of any ledger: the values that the group counts by, joined by commas', anyKey)
  .option('--from-time <time>', 'first hour (UTC), as 2026-11-21 or 2026-11-21T10', parseHourStart)
  .option('--to-time <time>', 'last hour, included; a day means all of it', parseHourEnd)
  .option('--exact', 'add what no rollup has written yet')
  .addOption(jsonOption)
  .action(async (values) => printStatement(readStatementRequest(values), findLedger(values)));

/** Throws `UserError` on a period that ends before it begins, and on a key that is given twice or not at all. */
export function readStatementRequest(values: ReturnType<typeof statement.opts>): StatementRequest {
  const { advertiser, key, fromTime, toTime, exact = false, json = false } = values;
  const from = fromTime === undefined ? wholePeriod.from : formatHour(fromTime);
  const to = toTime === undefined ? wholePeriod.to : formatHour(toTime);
  if (from > to)
    throw new UserError(`--from-time is ${from}, which comes after --to-time, ${to}: nothing lies between`);
  const asked = advertiser ?? key;
  if (asked === undefined || (advertiser !== undefined && key !== undefined))
    throw new UserError('either --advertiser or --key says whose statement it is: give one of them');
  return { key: asked, isAdvertiser: advertiser !== undefined, from, to, exact, json };
}

interface StatementRequest {
  readonly key: string;
  /** The key is the id of an advertiser, and called so. */
  readonly isAdvertiser: boolean;
  /** Hours, both included. */
  readonly from: string;
  readonly to: string;
  readonly exact: boolean;
  readonly json: boolean;
}

export async function printStatement(request: StatementRequest, ledger: Ledger): Promise<void> {
  const { key, isAdvertiser, from, to, exact, json } = request;
  const hours = await readStatement(ledger, key, { from, to }, exact);
  const measures = measuresOf(hours);
  const sums = Object.fromEntries(measures.map((name) => [name, totalOf(hours, name)]));
  const notRolledUp = exact ? 0 : await countEntriesNotRolledUp(ledger);
  if (json) {
    const numbers = (of: StatementHour['sums']) =>
      Object.fromEntries(measures.map((name) => [name, encodeNumber(of[name] ?? 0n)]));
    const written = hours.map((each) => ({ hour: each.hour, ...numbers(each.sums) }));
    const asked = isAdvertiser ? { advertiser: key } : { key };
    printLines([
      JSON.stringify({ ...asked, exact, entriesNotRolledUp: notRolledUp, ...numbers(sums), hours: written }),
    ]);
    return;
  }
  printLines(tableOf(hours, measures, sums));
  if (notRolledUp > 0)
    console.log(
      `As of the last rollup; --exact adds what came since: ${formatQuantity(notRolledUp, 'entry', 'entries')} (of all ${isAdvertiser ? 'advertisers' : 'keys'}).`,
    );
}

/** Of a key without lines nobody knows the measures; those of a ledger of clicks are shown. */
function measuresOf(hours: readonly StatementHour[]): string[] {
  const names = new Set(hours.flatMap(({ sums }) => Object.keys(sums)));
  return names.size === 0 ? [...unnamedCount.measures] : [...names];
}

function totalOf(hours: readonly StatementHour[], name: string): bigint {
  return hours.reduce((total, { sums }) => total + (sums[name] ?? 0n), 0n);
}

function tableOf(
  hours: readonly StatementHour[],
  measures: readonly string[],
  totals: StatementHour['sums'],
): string[] {
  const isMoney = (name: string) => /micros$/i.test(name);
  const cells = (sums: StatementHour['sums']) =>
    measures.map((name) => (isMoney(name) ? formatMicros(sums[name] ?? 0n) : String(sums[name] ?? 0n)));
  const heads = measures.map((name) => (name === 'micros' ? 'amount' : name));
  const rows = [
    ['hour (UTC)', ...heads],
    ...hours.map(({ hour, sums }) => [hour, ...cells(sums)]),
    ['total', ...cells(totals)],
  ];
  return formatTable(
    rows,
    measures.map((_, i) => i + 1),
  );
}
