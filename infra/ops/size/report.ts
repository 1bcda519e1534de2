/** The plan as people read it, in 80 columns: each number, and on request the formula that made it. */
import { escapeText, wrap } from '../../terminal/text.ts';
import { type Bill, sumBill } from './bill.ts';
import { type Figure, formatNumber, formatUsd } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { limits } from './limits.ts';
import type { SizePlan } from './size.ts';

const consumerNames = {
  pollers: 'pollers, minimum',
  pollersMax: 'pollers, maximum',
  epus: 'event poller units',
  epusMax: 'event poller units, most',
  epuHours: 'event poller units used',
  clicksPerInvocation: 'clicks per invocation',
  invocationsPerSecond: 'invocations',
  durationMs: 'duration',
  concurrency: 'concurrency, live',
  concurrencyMax: 'concurrency, most',
  memoryNeededMb: 'memory needed',
};

const ledgerNames = {
  entriesPerSecond: 'entries',
  linesPerEntry: 'advertisers per entry',
  entryBytes: 'size of an entry',
  unitsPerEntry: 'cost of its put',
  rollupUnitsPerMinute: 'writes of the rollup',
  rollupSeconds: 'time of a rollup',
  writeUnitsPerSecond: 'writes',
  writeUnitsPerClick: 'writes per click',
  hottestJournal: 'writes, hottest journal',
  readUnitsPerSecond: 'reads',
  entriesGb: 'entries kept',
  linesGb: 'lines added',
};

/** @param formulas whether each number is followed by its formula */
export function formatReport(inputs: Inputs, plan: SizePlan, formulas = false): string[] {
  const { partitions, consumers, ledger, cluster, group } = plan;
  const { groups, prices } = inputs;
  const rows = (figures: Readonly<Record<string, Figure>>, cell = formatNumber) =>
    Object.entries(figures).flatMap(([name, { value, unit, because }]) => [
      `${name.padEnd(26)}${cell(value).padStart(12)} ${cell === formatNumber ? unit : ''}`.trimEnd(),
      ...(formulas ? wrap(because, '    = ', '      ') : []),
    ]);
  const bill = (heading: string, parts: Bill) => [
    heading,
    ...rows(parts, formatUsd),
    `${'together'.padEnd(26)}${formatUsd(sumBill(parts)).padStart(12)}`,
  ];
  const handler = {
    value: inputs.handlerClicksPerSecond,
    unit: 'clicks/s',
    because: inputs.handlerSource,
  };
  return [
    'The load',
    ...rows({
      bytes: partitions.bytesPerSecond,
      handler,
      'largest batch': partitions.batch,
      'one invocation at a time': partitions.handlerCapacity,
      'capacity of a partition': partitions.capacity,
      'hottest key': partitions.hottestKey,
    }),
    ...verdictLines(inputs, plan),
    '',
    'The topic',
    ...rows({ partitions: partitions.partitions, 'hottest partition': partitions.hottestPartition }),
    ...warnings(inputs, plan).flatMap(note),
    '',
    `Each of ${groups} groups: Lambda`,
    ...rows(labelled(consumers, consumerNames)),
    '',
    `Each of ${groups} groups: its ledger`,
    ...rows(labelled(ledger, ledgerNames)),
    '',
    ...bill('A month of one group, in USD', group),
    '',
    ...bill(`A month of the cluster of ${inputs.cluster.stage}, in USD`, cluster),
    '',
    `${`all, with ${groups} groups`.padEnd(26)}${formatUsd(sumBill(cluster) + groups * sumBill(group)).padStart(12)}`,
    '',
    ...wrap(
      `Prices of ${prices.date}, ${escapeText(prices.region)}, from ${escapeText(prices.file)}; name your own with --prices. Not counted: data transfer between zones, requests to KMS, polling metrics, backups, support, taxes, free tiers.`,
    ),
    ...wrap('--formulas shows how each number is computed; --json has every limit with its source.'),
  ];
}

function labelled<Name extends string>(
  figures: Readonly<Record<Name, Figure>>,
  names: Readonly<Record<Name, string>>,
): Record<string, Figure> {
  return Object.fromEntries(
    Object.entries<string>(names).map(([name, label]) => [label, figures[name as Name]]),
  );
}

function note(text: string): string[] {
  return wrap(text, '! ', '  ');
}

function verdictLines({ headroom }: Inputs, { partitions }: SizePlan): string[] {
  const { verdict, splits, keysTooHot, keysWithoutHeadroom, capacity } = partitions;
  if (verdict === 'fits') return [];
  const keys = ({ value, because }: Figure) => `${value} ${value === 1 ? 'key' : 'keys'} ${because}`;
  const parts = splits.value;
  const fault =
    verdict === 'impossible'
      ? `${keys(keysTooHot)}: no number of partitions or consumers helps, since a key lives on one partition, and a partition has one poller and one batch at a time (${formatNumber(capacity.value)} clicks/s). It falls further and further behind.`
      : `${keys(keysWithoutHeadroom)}: its partition keeps up, but has no room to drain a backlog at ${headroom} × the load.`;
  const item = (text: string) => wrap(text, '  - ', '    ');
  return [
    ...note(fault),
    ...wrap(
      `What works today: producers spread the hottest over ${parts} sub-keys (${splits.because}), adv-1#0 … adv-1#${parts - 1}. Nothing that counts depends on a record's key, so sums, statements and audit stay as they are. What it costs:`,
      '  ',
    ),
    ...item(
      `up to ${parts} journals hold a line of that advertiser, so a rollup writes up to ${parts} lines an hour of it, and a statement reads as many;`,
    ),
    ...item('its clicks are in order within a sub-key only;'),
    ...item(
      `a fold that carries state sees a part of them on each partition. Fraud's limit for one address and ad is then reached up to ${parts} times as late, or never. It loses nothing if the sub-key is a hash of what it groups by (address and ad), as these then stay together.`,
    ),
    ...wrap(
      'Otherwise the handler has to be faster, or clicks smaller. The rest of this plan takes such keys as split.',
      '  ',
    ),
  ];
}

function warnings(inputs: Inputs, plan: SizePlan): string[] {
  const { headroom, clicksPerSecond } = inputs;
  const { hottestPartition, capacity, keysThatStay, partitions } = plan.partitions;
  const { ledger } = plan;
  const share = hottestPartition.value / clicksPerSecond;
  const count = partitions.value;
  const lines = [
    `More partitions later remap keys: from ${count} to ${2 * count}, ${formatNumber(keysThatStay.value * 100)} % of them stay (${keysThatStay.because}). A ledger's totals do not change by it, but a key's order breaks at that moment, and so does what a fold carries. Fewer is impossible: choose for years.`,
    ...stageWarnings(inputs, plan),
  ];
  if (headroom * hottestPartition.value > capacity.value)
    lines.push(
      `By chance of the hash the hottest partition gets ${formatNumber(share * 100)} %: at ${headroom} × the load it is above ${formatNumber(capacity.value)} clicks/s. Take more partitions, or look where your own keys fall.`,
    );
  if (ledger.rollupSeconds.value > 60)
    lines.push(
      'A rollup takes longer than the minute between two: statements fall behind. Fewer advertisers in a ledger help.',
    );
  if (ledger.hottestJournal.value > limits.hotKeyWrites.value)
    lines.push(
      'The hottest journal is above what one key of DynamoDB takes: take larger batches, or more partitions.',
    );
  if (ledger.writeUnitsPerSecond.value > limits.tableWrites.value)
    lines.push(
      `A new table takes ${formatNumber(limits.tableWrites.value)} write units/s at first: warm its throughput before the load comes.`,
    );
  return lines;
}

/** Whether the stage has what the load needs. */
function stageWarnings({ cluster }: Inputs, { partitions, brokersNeeded }: SizePlan): string[] {
  const { stage, instanceType, brokers } = cluster;
  const lines: string[] = [];
  if (cluster.partitions < partitions.partitions.value)
    lines.push(
      `The topic of ${stage} has ${cluster.partitions} partitions: raise them in infra/aws/stages.ts.`,
    );
  if (brokersNeeded === undefined)
    lines.push(`The limits of ${instanceType} are not known here: look them up on Amazon MSK docs: limits.`);
  else if (brokersNeeded.value > brokers)
    lines.push(
      `The cluster of ${stage} has ${brokers} ${instanceType}, and this load needs ${brokersNeeded.value} of them (${brokersNeeded.because}), or larger ones. The bill below is of ${brokers}.`,
    );
  return lines;
}
