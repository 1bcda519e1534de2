/** `clickledger statement`: an advertiser's hours, clicks and amounts from a ledger, as a table or as JSON. */
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

export const statement = addTableOptions(
  defineCommand('statement', "Prints an advertiser's clicks and amounts by hour.", { 0: 'printed' }),
)
  .requiredOption('--advertiser <id>', 'whose clicks', advertiserId)
  .option('--from-time <time>', 'first hour (UTC), as 2026-11-21 or 2026-11-21T10', parseHourStart)
  .option('--to-time <time>', 'last hour, included; a day means all of it', parseHourEnd)
  .option('--exact', 'add what no rollup has written yet')
  .addOption(jsonOption)
  .action(async (values) => printStatement(readStatementRequest(values), findLedger(values)));

/** Throws `UserError` on a period that ends before it begins. */
export function readStatementRequest(values: ReturnType<typeof statement.opts>): StatementRequest {
  const { advertiser, fromTime, toTime, exact = false, json = false } = values;
  const from = fromTime === undefined ? wholePeriod.from : hourOf(fromTime);
  const to = toTime === undefined ? wholePeriod.to : hourOf(toTime);
  if (from > to)
    throw new UserError(`--from-time is ${from}, which comes after --to-time, ${to}: nothing lies between`);
  return { advertiser, from, to, exact, json };
}

interface StatementRequest {
  readonly advertiser: string;
  /** Hours, both included. */
  readonly from: string;
  readonly to: string;
  readonly exact: boolean;
  readonly json: boolean;
}

function hourOf(time: number): string {
  return new Date(time).toISOString().slice(0, 13);
}

export async function printStatement(request: StatementRequest, ledger: Ledger): Promise<void> {
  const { advertiser, from, to, exact, json } = request;
  const hours = await readStatement(ledger, advertiser, { from, to }, exact);
  const clicks = hours.reduce((sum, hour) => sum + hour.clicks, 0n);
  const micros = hours.reduce((sum, hour) => sum + hour.micros, 0n);
  const notRolledUp = exact ? 0 : await countEntriesNotRolledUp(ledger);
  if (json) {
    const written = hours.map((each) => ({
      hour: each.hour,
      clicks: encodeNumber(each.clicks),
      micros: encodeNumber(each.micros),
    }));
    const sums = { clicks: encodeNumber(clicks), micros: encodeNumber(micros) };
    printLines([
      JSON.stringify({ advertiser, exact, entriesNotRolledUp: notRolledUp, ...sums, hours: written }),
    ]);
    return;
  }
  printLines(tableOf(hours, clicks, micros));
  if (notRolledUp > 0)
    console.log(
      `As of the last rollup; --exact adds what came since: ${formatQuantity(notRolledUp, 'entry', 'entries')} (of all advertisers).`,
    );
}

function tableOf(hours: readonly StatementHour[], clicks: bigint, micros: bigint): string[] {
  const rows = [
    ['hour (UTC)', 'clicks', 'amount'],
    ...hours.map((hour) => [hour.hour, String(hour.clicks), formatMicros(hour.micros)]),
    ['total', String(clicks), formatMicros(micros)],
  ];
  return formatTable(rows, [1, 2]);
}
