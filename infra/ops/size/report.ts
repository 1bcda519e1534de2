/** The plan as people read it: each number with the sum that made it. */
import { total } from './costs.ts';
import { limits, prices, REGION } from './facts.ts';
import { type Figure, plain, usd } from './figure.ts';
import type { Inputs } from './inputs.ts';
import type { Plan } from './size.ts';

type Row = readonly [name: string, figure: Figure];

export function reportLines(inputs: Inputs, plan: Plan): string[] {
  const { partitions, consumers, ledger } = plan;
  return [
    heading('The load'),
    ...rows([
      ['bytes', partitions.bytesPerSecond],
      ['handler', { value: inputs.handlerClicksPerSecond, unit: 'clicks/s', because: inputs.handlerSource }],
      ['largest batch', partitions.batch],
      ['one invocation at a time', partitions.handlerCapacity],
      ['one partition passes on', partitions.capacity],
      ['hottest key', partitions.hottestKey],
    ]),
    ...verdictLines(inputs, plan),
    heading('The topic'),
    ...rows([
      ['partitions', partitions.partitions],
      ['hottest partition', partitions.hottestPartition],
    ]),
    ...warnings(inputs, plan),
    heading(`Each of ${inputs.groups} groups: Lambda`),
    ...rows(Object.entries(labelled(consumers, consumerNames))),
    heading(`Each of ${inputs.groups} groups: its ledger`),
    ...rows(Object.entries(labelled(ledger, ledgerNames))),
    heading(`A month of one group, in USD (${REGION})`),
    ...costRows(Object.entries(plan.group)),
    heading('The clusters, a month in USD'),
    ...plan.clusters.flatMap(({ type, infeasible, brokers, costs }) => [
      `${type}${infeasible.length === 0 ? '' : '  CANNOT BE USED:'}`,
      ...infeasible.map((reason) => `    ${reason}`),
      ...(type === 'serverless' ? [] : rows([['  brokers', brokers]])),
      ...costRows(Object.entries(costs).map(([name, each]) => [`  ${name}`, each])),
    ]),
    heading('Side by side, a month in USD'),
    ...sideBySide(inputs, plan),
    '',
    'Not counted: data transfer between zones, requests to KMS, polling metrics, backups, support, taxes, free tiers.',
    'clickledger size --prices lists every price and limit with its source; --help the options.',
  ];
}

const consumerNames = {
  pollers: 'pollers, minimum',
  pollersMax: 'pollers, maximum',
  epus: 'event poller units',
  epusMax: 'event poller units, most',
  clicksPerInvocation: 'clicks an invocation',
  invocationsPerSecond: 'invocations',
  durationMs: 'duration',
  concurrency: 'concurrency, live',
  concurrencyMax: 'concurrency, most',
  memoryNeededMb: 'memory needed',
};

const ledgerNames = {
  entriesPerSecond: 'entries',
  linesPerEntry: 'advertisers an entry',
  entryBytes: 'an entry',
  unitsPerEntry: 'its put',
  rollupUnitsPerMinute: 'a rollup writes',
  rollupSeconds: 'a rollup takes',
  writeUnitsPerSecond: 'writes',
  writeUnitsPerClick: 'writes a click',
  hottestJournal: 'hottest journal',
  readUnitsPerSecond: 'reads',
  entriesGb: 'entries kept',
  linesGb: 'lines added',
};

function labelled<Name extends string>(
  figures: Readonly<Record<Name, Figure>>,
  names: Readonly<Partial<Record<Name, string>>>,
): Record<string, Figure> {
  return Object.fromEntries(
    Object.entries<string | undefined>(names).map(([name, label]) => [label ?? name, figures[name as Name]]),
  );
}

function verdictLines({ headroom }: Inputs, { partitions }: Plan): string[] {
  const { verdict, splits, keysTooHot, keysWithoutHeadroom, capacity } = partitions;
  if (verdict === 'fits') return [];
  const keys = ({ value, because }: Figure) => `${value} ${value === 1 ? 'key' : 'keys'} ${because}`;
  const parts = splits.value;
  const cure = [
    `  What works today: producers spread the hottest over ${parts} sub-keys (${splits.because}),`,
    `  adv-1#0 … adv-1#${parts - 1}. Nothing that counts depends on a record's key, so sums, statements and audit stay as they are. What it costs:`,
    `  - up to ${parts} journals hold a line of that advertiser, so a rollup writes up to ${parts} lines an hour of it, and a statement reads as many;`,
    '  - its clicks are in order within a sub-key only;',
    `  - a fold that carries state sees a part of them on each partition. Fraud's limit for one address and ad is then reached up to ${parts} times`,
    '    as late, or never. It loses nothing if the sub-key is a hash of what it groups by (address and ad), as these then stay together.',
    '  Otherwise the handler has to be faster, or clicks smaller. What follows takes such keys as split.',
  ];
  if (verdict === 'impossible')
    return [
      `! ${keys(keysTooHot)}: no number of partitions or consumers helps, since a key lives on one partition, and`,
      `  a partition has one poller and one batch at a time (${plain(capacity.value)} clicks/s). It falls behind for ever.`,
      ...cure,
    ];
  return [
    `! ${keys(keysWithoutHeadroom)}: its partition keeps up, but has no`,
    `  room to drain a backlog at ${headroom} × the load.`,
    ...cure,
  ];
}

function warnings({ headroom, clicksPerSecond }: Inputs, { partitions, ledger }: Plan): string[] {
  const { hottestPartition, capacity, keysThatStay } = partitions;
  const share = hottestPartition.value / clicksPerSecond;
  const count = partitions.partitions.value;
  const lines = [
    `! More partitions later remap keys: from ${count} to ${2 * count}, ${plain(keysThatStay.value * 100)} % of them stay (${keysThatStay.because}). A ledger's totals do not`,
    "  change by it, but a key's order breaks at that moment, and so does what a fold carries. Fewer is impossible: choose for the years.",
  ];
  if (headroom * hottestPartition.value > capacity.value)
    lines.push(
      `! By chance of the hash the hottest partition gets ${plain(share * 100)} %: at ${headroom} × the load it is above ${plain(capacity.value)} clicks/s. More`,
      '  partitions, or look where your own keys fall.',
    );
  if (ledger.rollupSeconds.value > 60)
    lines.push(
      '! A rollup takes longer than the minute between two: statements fall behind; fewer advertisers in a ledger help.',
    );
  if (ledger.hottestJournal.value > limits.hotKeyWrites.value)
    lines.push(
      '! The hottest journal is above what one key of DynamoDB takes: larger batches, or more partitions.',
    );
  if (ledger.writeUnitsPerSecond.value > limits.tableWrites.value)
    lines.push(
      `! A new table takes ${plain(limits.tableWrites.value)} write units/s at first: warm its throughput up before the load comes.`,
    );
  return lines;
}

function sideBySide({ groups }: Inputs, { clusters, group }: Plan): string[] {
  const ofGroups = groups * total(group);
  const table = [
    ['', ...clusters.map(({ type }) => type)],
    ['cluster', ...clusters.map(({ costs }) => usd(total(costs)))],
    [`${groups} groups`, ...clusters.map(() => usd(ofGroups))],
    ['together', ...clusters.map(({ costs }) => usd(total(costs) + ofGroups))],
    ['can be used', ...clusters.map(({ infeasible }) => (infeasible.length === 0 ? 'yes' : 'no'))],
  ];
  return table.map(
    ([name = '', ...cells]) => `${name.padEnd(26)}${cells.map((cell) => cell.padStart(14)).join('')}`,
  );
}

export function priceLines(): string[] {
  const line = ([name, { value, unit, mark, source }]: [
    string,
    (typeof prices)[keyof typeof prices] | (typeof limits)[keyof typeof limits],
  ]) => `${name.padEnd(28)}${String(value).padStart(14)}  ${unit}; ${mark}, ${source}`;
  return [
    heading(`Prices in USD, ${REGION}`),
    ...Object.entries(prices).map(line),
    heading('Limits'),
    ...Object.entries(limits).map(line),
  ];
}

function heading(text: string): string {
  return `\n${text}`;
}

function rows(given: readonly Row[]): string[] {
  return given.map(
    ([name, { value, unit, because }]) =>
      `${name.padEnd(26)}${plain(value).padStart(14)} ${unit} = ${because}`,
  );
}

function costRows(given: readonly Row[]): string[] {
  const sum = given.reduce((all, [, { value }]) => all + value, 0);
  return [
    ...given.map(([name, { value, because }]) => `${name.padEnd(26)}${usd(value).padStart(14)} = ${because}`),
    `${given[0]?.[0].startsWith(' ') ? '  ' : ''}together`.padEnd(26) + usd(sum).padStart(14),
  ];
}
