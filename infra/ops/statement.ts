/**
 * `npm run statement -- --advertiser adv-7`: an advertiser's hours, clicks and money from a ledger, as a table or as JSON.
 * Reads what the last rollup wrote; with --exact also the entries after it.
 */

import type { Ledger } from '../../shared/journal/journal-store.ts';
import { readStatement, type StatementHour, wholePeriod } from '../../shared/statement/statement.ts';
import { exactNumber, formatMicros } from '../terminal/money.ts';
import { tableLines } from '../terminal/table-lines.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseCommandLine } from './command-line.ts';
import { findLedger } from './find-ledger.ts';
import { entriesNotRolledUp } from './ledger-view.ts';
import { printLines } from './operator-terminal.ts';
import { runCommand } from './ops-error.ts';

const USAGE = `npm run statement -- --advertiser ID [options]
  --from HOUR     first hour, UTC, as 2026-11-21 or 2026-11-21T10
  --to HOUR       last hour, the same; a day means all of it
  --exact         also what no rollup has folded yet
  --ledger NAME   of the running ground (billing)
  --table NAME    a table on AWS instead, with the usual AWS_REGION and credentials
  --json          one object for programs`;

interface StatementRequest {
  readonly advertiser: string;
  readonly from: string;
  readonly to: string;
  readonly exact: boolean;
  readonly ledger: string;
  readonly table: string | undefined;
  readonly json: boolean;
}

/** Undefined where help is asked for. */
export function readStatementRequest(given: readonly string[]): StatementRequest | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = {
    advertiser: text,
    from: text,
    to: text,
    exact: flag,
    ledger: text,
    table: text,
    json: flag,
    help: flag,
  };
  const { values } = parseCommandLine({ args: [...given], options }, USAGE);
  if (values.help) return undefined;
  const { advertiser = '', exact, ledger = 'billing', table, json } = values;
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(advertiser)) {
    throw new UserError(
      `--advertiser is '${advertiser}', allowed are 1 to 64 characters of [A-Za-z0-9._:-]\n${USAGE}`,
    );
  }
  const from = values.from === undefined ? wholePeriod.from : hourNamed('from', values.from, '00');
  const to = values.to === undefined ? wholePeriod.to : hourNamed('to', values.to, '23');
  if (from > to)
    throw new UserError(`--from is ${from}, which comes after --to, ${to}: nothing lies between`);
  return { advertiser, from, to, exact, ledger, table, json };
}

/** @param hourOfDay what a day without an hour means */
function hourNamed(option: string, given: string, hourOfDay: string): string {
  const hour = /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T${hourOfDay}` : given;
  const isHour = /^\d{4}-\d{2}-\d{2}T\d{2}$/.test(hour) && !Number.isNaN(Date.parse(`${hour}:00:00Z`));
  if (isHour && new Date(`${hour}:00:00Z`).toISOString().startsWith(hour)) return hour;
  throw new UserError(
    `--${option} is '${given}', allowed is a day like 2026-11-21 or an hour like 2026-11-21T10 (UTC)`,
  );
}

export async function printStatement(request: StatementRequest, ledger: Ledger): Promise<void> {
  const { advertiser, from, to, exact, json } = request;
  const hours = await readStatement(ledger, advertiser, { from, to }, exact);
  const clicks = hours.reduce((sum, hour) => sum + hour.clicks, 0n);
  const micros = hours.reduce((sum, hour) => sum + hour.micros, 0n);
  const notRolledUp = exact ? 0 : await entriesNotRolledUp(ledger);
  if (json) {
    const written = hours.map((each) => ({
      hour: each.hour,
      clicks: exactNumber(each.clicks),
      micros: exactNumber(each.micros),
    }));
    const sums = { clicks: exactNumber(clicks), micros: exactNumber(micros) };
    printLines([
      JSON.stringify({ advertiser, exact, entriesNotRolledUp: notRolledUp, ...sums, hours: written }),
    ]);
    return;
  }
  printLines(tableOf(hours, clicks, micros));
  if (notRolledUp > 0)
    console.log(`As of the last rollup; --exact adds the ${notRolledUp} entries (of all advertisers) since.`);
}

function tableOf(hours: readonly StatementHour[], clicks: bigint, micros: bigint): string[] {
  const rows = [
    ['hour (UTC)', 'clicks', 'amount'],
    ...hours.map((hour) => [hour.hour, String(hour.clicks), formatMicros(hour.micros)]),
    ['total', String(clicks), formatMicros(micros)],
  ];
  return tableLines(rows, [1, 2]);
}

if (import.meta.main) {
  await runCommand(async () => {
    const request = readStatementRequest(process.argv.slice(2));
    if (request === undefined) console.log(USAGE);
    else await printStatement(request, findLedger(request));
  });
}
