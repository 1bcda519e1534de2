/**
 * What counting costs in write units and dollars, by size of batch and number of advertisers, the rollup of a busy minute included. Nothing is
 * timed here: the handler and the rollup run on a table in memory, and what they send is counted by the billing rules.
 */

import { readInputs, size } from '../../infra/cli/size.ts';
import { sumBill } from '../../infra/ops/size/bill.ts';
import { MONTH_SECONDS } from '../../infra/ops/size/limits.ts';
import { getPrice, readPrices } from '../../infra/ops/size/prices.ts';
import { planLoad } from '../../infra/ops/size/size.ts';
import { rollUp } from '../../shared/statement/rollup.ts';
import { captured } from '../support/captured.ts';
import { memoryLedger, steppedClock } from '../support/memory-ledger.ts';
import { parsed } from '../support/parsed.ts';
import { writeUnits } from '../support/write-units.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { EVENT_START_MS, eventOf } from './events.ts';
import { handlerOf } from './handlers.ts';

/** A busy partition, and how often it is rolled up. */
const WRITE_UNIT_USD = getPrice(readPrices(), 'dynamodb-write-unit');
const CLICKS_PER_SECOND = 33_000;
const ROLLUP_EVERY_SECONDS = 60;
const EVENTS_OF_A_BACKLOG = 20;
/** Smaller batches of more advertisers would fill an hour of rollups in memory, and nobody would run them. */
const ADVERTISERS_PER_RECORD_MAX = 100;
const CLICKS = CLICKS_PER_SECOND * ROLLUP_EVERY_SECONDS;
const MARKETS = [
  { advertisers: 50, spread: 'Zipf' },
  { advertisers: 500, spread: 'Zipf' },
  { advertisers: 5_000, spread: 'Zipf' },
  { advertisers: 100_000, spread: 'uniform' },
] as const;
/** What else makes an entry's delta longer, or its clicks fewer. */
const SPREAD_OVER = [
  { partitions: 1, hours: 0 },
  { partitions: 3, hours: 0 },
  { partitions: 12, hours: 0 },
  { partitions: 48, hours: 0 },
  { partitions: 1, hours: 1 },
  { partitions: 1, hours: 6 },
  { partitions: 1, hours: 24 },
];

type Market = (typeof MARKETS)[number];

interface Traffic {
  readonly records: number;
  readonly market: Market;
  /** Among which the records of an event are spread. */
  readonly partitions: number;
  /** Of the log in an event; 0 is a live one, of less than a second. */
  readonly hours: number;
}

export async function benchCost(options: BenchOptions): Promise<Section[]> {
  return [await byBatch(options), await bySpread(options), whole(options)];
}

async function byBatch(options: BenchOptions): Promise<Section> {
  const rows: Section['rows'][number][] = [];
  for (const records of options.records)
    for (const market of MARKETS.filter(
      ({ advertisers }) => advertisers <= ADVERTISERS_PER_RECORD_MAX * records,
    )) {
      options.say(`cost: ${records} records, ${market.advertisers} advertisers, ${market.spread} …`);
      const units = await unitsPerClick({ records, market, partitions: 1, hours: 0 }, options);
      rows.push({ records, ...market, ...units });
    }
  return {
    id: 'cost',
    title: `Write units of a minute at ${CLICKS_PER_SECOND.toLocaleString('en-US')} clicks/s in one partition-hour`,
    about: `Every event of the minute and the rollup after it, counted by DynamoDB’s billing rules, at ${WRITE_UNIT_USD * 1e6} USD a million units. To reach at 10,000 records: 0.002 with 500 advertisers, 0.1 with 100,000.`,
    rows,
    chart: { x: 'advertisers', y: 'units per click', series: 'records', log: true },
  };
}

async function bySpread(options: BenchOptions): Promise<Section> {
  const [, market] = MARKETS;
  const records = 10_000;
  const rows: Section['rows'][number][] = [];
  for (const { partitions, hours } of SPREAD_OVER) {
    options.say(`cost: ${partitions} partitions, ${hours} hours in an event …`);
    const units = await unitsPerClick({ records, market, partitions, hours }, options);
    rows.push({ partitions, 'hours in an event': hours === 0 ? 'live' : hours, ...units });
  }
  return {
    id: 'cost-spread',
    title: 'Write units by partitions and hours of an event',
    about: `Events of ${records.toLocaleString('en-US')} records of ${market.advertisers} Zipf advertisers. Every partition of an event gets an entry, and a line of its own for each advertiser and hour; a backlog of a quiet topic has many hours in an event.`,
    rows,
  };
}

/** What `clickledger size` says of the same: computed, not measured. */
function whole(options: BenchOptions): Section {
  const rows = options.records.flatMap((records) =>
    [50, 500, 5_000, 100_000].map((advertisers) => {
      const given = { 'batch-records': records, advertisers, 'clicks-per-second': CLICKS_PER_SECOND };
      const words = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const inputs = readInputs(parsed(size, words));
      const { group } = planLoad(inputs);
      const perMillion = (usd: number) => (usd * 1e6) / (CLICKS_PER_SECOND * MONTH_SECONDS);
      const pollers = group['event pollers']?.value ?? Number.NaN;
      const writes = group['DynamoDB writes']?.value ?? Number.NaN;
      return {
        records,
        advertisers,
        'event pollers': perMillion(pollers),
        'DynamoDB writes': perMillion(writes),
        'all else': perMillion(sumBill(group) - pollers - writes),
        'USD per million clicks': perMillion(sumBill(group)),
      };
    }),
  );
  return {
    id: 'cost-whole',
    title: 'The whole bill of a group, in USD per million clicks',
    about: `${CLICKS_PER_SECOND.toLocaleString('en-US')} clicks/s all month, Zipf; as \`clickledger size\` computes it from list prices for the partitions that it advises (smaller batches need more of them), without the cluster, which the groups share.`,
    rows,
    chart: { x: 'advertisers', y: 'USD per million clicks', series: 'records', log: true },
  };
}

async function unitsPerClick(
  { records, market, partitions, hours }: Traffic,
  { seed, signal }: BenchOptions,
): Promise<
  Record<
    | 'entries, units per click'
    | 'rollup, units per click'
    | 'units per click'
    | 'USD of writes per million clicks',
    number
  >
> {
  const ledger = memoryLedger();
  ledger.memory.pageSize = 1_000;
  const clock = steppedClock(EVENT_START_MS);
  const bill = handlerOf('billing', { ...ledger, clock });
  const each = Math.floor(records / partitions);
  const clicks = hours === 0 ? CLICKS : EVENTS_OF_A_BACKLOG * records;
  const shape = { records: each, ...market, ...(hours > 0 && { clicksPerHour: each / hours }) };
  let sent = 0;
  await captured(async () => {
    for (let from = 0; sent < clicks; from += each) {
      signal.throwIfAborted();
      const parts = Array.from({ length: partitions }, (_, partition) =>
        eventOf({ ...shape, partition, seed: seed + from + partition, from }),
      );
      await bill({ records: Object.assign({}, ...parts.map((part) => part.records)) });
      sent += each * partitions;
    }
  });
  const entries = unitsSent(ledger) / sent;
  await rollUp(ledger, clock, clock.now() + 60_000);
  const rollup = unitsSent(ledger) / sent;
  return {
    'entries, units per click': entries,
    'rollup, units per click': rollup,
    'units per click': entries + rollup,
    'USD of writes per million clicks': (entries + rollup) * 1e6 * WRITE_UNIT_USD,
  };
}

/** Since it was asked last. */
function unitsSent({ sent }: ReturnType<typeof memoryLedger>): number {
  return sent
    .splice(0)
    .reduce((sum, command) => sum + writeUnits(command.constructor.name, command.input), 0);
}
