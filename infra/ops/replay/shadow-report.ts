/** A shadow ledger beside the real one, as people read it and as programs do. */
import { tableLines } from '../audit/table-lines.ts';
import { exactNumber, formatMicros } from '../money.ts';
import type { LineSums, Sums } from './shadow-offsets.ts';
import type { Shadowed } from './shadow-replay.ts';

/** Lines that differ; all of them are in the JSON. */
const LINES_SHOWN = 40;
const nothing: LineSums = { clicks: 0n, micros: 0n, flagged: 0n };

interface Difference {
  /** `<hour> <advertiser>`. */
  readonly line: string;
  readonly ledger: LineSums;
  readonly shadow: LineSums;
}

export function differencesIn({ ledger, shadow }: Pick<Shadowed, 'ledger' | 'shadow'>): Difference[] {
  const lines = [...new Set([...ledger.lines.keys(), ...shadow.lines.keys()])].sort();
  return lines.flatMap((line) => {
    const [is, would] = [ledger.lines.get(line) ?? nothing, shadow.lines.get(line) ?? nothing];
    const same = is.clicks === would.clicks && is.micros === would.micros && is.flagged === would.flagged;
    return same ? [] : [{ line, ledger: is, shadow: would }];
  });
}

export function exitCodeOf(shadowed: Shadowed): 0 | 1 {
  const { partitions, ledger, shadow } = shadowed;
  const same = ledger.applied === shadow.applied && ledger.parked === shadow.parked;
  return same && differencesIn(shadowed).length === 0 && partitions.every(({ fault }) => fault === undefined)
    ? 0
    : 1;
}

export function shadowLines(name: string, shadowed: Shadowed): string[] {
  const { partitions, bundle, table } = shadowed;
  const differences = differencesIn(shadowed);
  const head = ['journal', 'compared', 'at the edges', 'before the log'];
  const cells = partitions.map(({ journal, compared, atEdges, beforeLog }) => [
    journal,
    ...[compared, atEdges, beforeLog].map(String),
  ]);
  const totals = [
    ['', 'applied', 'parked', 'clicks', 'amount', 'flagged'],
    ['ledger', ...totalsOf(shadowed.ledger)],
    ['shadow', ...totalsOf(shadowed.shadow)],
  ];
  const shown = differences
    .slice(0, LINES_SHOWN)
    .map(({ line, ledger, shadow }) => [
      line,
      ...[ledger, shadow].flatMap(({ clicks, micros, flagged }) => [
        String(clicks),
        formatMicros(micros),
        String(flagged),
      ]),
    ]);
  const columns = [
    'hour advertiser',
    'clicks',
    'amount',
    'flagged',
    'shadow clicks',
    'shadow amount',
    'flagged',
  ];
  return [
    ...tableLines([head, ...cells], [1, 2, 3]),
    ...partitions.flatMap(({ journal, fault }) => (fault === undefined ? [] : [`${journal} ${fault}`])),
    ...tableLines(totals, [1, 2, 3, 4, 5]),
    ...(shown.length > 0 ? tableLines([columns, ...shown], [1, 2, 3, 4, 5, 6]) : []),
    ...(differences.length > LINES_SHOWN
      ? [`and ${differences.length - LINES_SHOWN} lines more; --json has all`]
      : []),
    ...(table === undefined ? [] : [`The shadow ledger is kept in table ${table}`]),
    `${exitCodeOf(shadowed) === 0 ? 'SAME' : 'DIFFERENT'}  ledger ${name} and ${bundle}: ${differences.length} lines differ`,
  ];
}

function totalsOf({ applied, parked, lines }: Sums): string[] {
  const sum = (of: (line: LineSums) => bigint) =>
    [...lines.values()].reduce((all, line) => all + of(line), 0n);
  return [
    String(applied),
    String(parked),
    String(sum(({ clicks }) => clicks)),
    formatMicros(sum(({ micros }) => micros)),
    String(sum(({ flagged }) => flagged)),
  ];
}

export function shadowJson(name: string, shadowed: Shadowed): string {
  const written = ({ clicks, micros, flagged }: LineSums) => ({
    clicks: exactNumber(clicks),
    micros: exactNumber(micros),
    flagged: exactNumber(flagged),
  });
  const total = ({ applied, parked, lines }: Sums) => {
    const sum = { ...nothing };
    for (const { clicks, micros, flagged } of lines.values()) {
      sum.clicks += clicks;
      sum.micros += micros;
      sum.flagged += flagged;
    }
    return { applied, parked, ...written(sum) };
  };
  return JSON.stringify({
    ledger: name,
    bundle: shadowed.bundle,
    table: shadowed.table,
    verdict: exitCodeOf(shadowed) === 0 ? 'same' : 'different',
    partitions: shadowed.partitions,
    totals: { ledger: total(shadowed.ledger), shadow: total(shadowed.shadow) },
    differences: differencesIn(shadowed).map(({ line, ledger, shadow }) => {
      const [hour = '', advertiser = ''] = line.split(' ');
      return { hour, advertiser, ledger: written(ledger), shadow: written(shadow) };
    }),
  });
}
