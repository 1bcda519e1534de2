/**
 * What counting costs in write units and dollars, by size of batch and number of advertisers, the rollup of a busy minute included. Nothing is
 * timed here: the handler and the rollup run on a table in memory, and what they send is counted by the billing rules.
 */
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { prices } from '../../infra/ops/plan/facts.ts';
import { consumer } from '../../shared/consumer.ts';
import { rollUp } from '../../shared/rollup.ts';
import { captured } from '../support/captured.ts';
import { memoryLedger, steppedClock } from '../support/memory-ledger.ts';
import { writeUnits } from '../support/write-units.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { EVENT_START_MS, eventOf } from './events.ts';

/** A busy partition, and how often it is rolled up. */
const CLICKS_PER_SECOND = 33_000;
const ROLLUP_EVERY_SECONDS = 60;
const BATCHES = [100, 1_000, 10_000];
/** Smaller batches of more advertisers would fill an hour of rollups in memory, and nobody would run them. */
const ADVERTISERS_PER_RECORD_MAX = 100;
const MARKETS = [
  { advertisers: 50, spread: 'Zipf' },
  { advertisers: 500, spread: 'Zipf' },
  { advertisers: 5_000, spread: 'Zipf' },
  { advertisers: 100_000, spread: 'uniform' },
] as const;

const context = {
  awsRequestId: 'bench',
  functionName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

export async function benchCost(options: BenchOptions): Promise<Section[]> {
  const rows: Section['rows'][number][] = [];
  for (const records of BATCHES)
    for (const market of MARKETS.filter(
      ({ advertisers }) => advertisers <= ADVERTISERS_PER_RECORD_MAX * records,
    )) {
      options.signal.throwIfAborted();
      options.say(`cost: ${records} records, ${market.advertisers} advertisers, ${market.spread} …`);
      const { entries, rollup } = await unitsPerClick(records, market, options);
      rows.push({
        records,
        ...market,
        'entries, units per click': entries,
        'rollup, units per click': rollup,
        'units per click': entries + rollup,
        'USD of writes per million clicks': (entries + rollup) * 1e6 * prices['dynamodb-write-unit'].value,
      });
    }
  return [
    {
      id: 'cost',
      title: `Write units of a minute at ${CLICKS_PER_SECOND.toLocaleString('en-US')} clicks/s in one partition-hour`,
      about: `Every event of the minute and the rollup after it, counted by DynamoDB’s billing rules, at ${prices['dynamodb-write-unit'].value * 1e6} USD a million units. To reach at 10,000 records: 0.002 with 500 advertisers, 0.1 with 100,000.`,
      rows,
      chart: { x: 'advertisers', y: 'units per click', series: 'records', log: true },
    },
  ];
}

async function unitsPerClick(
  records: number,
  market: (typeof MARKETS)[number],
  { seed }: BenchOptions,
): Promise<{ entries: number; rollup: number }> {
  const ledger = memoryLedger();
  ledger.memory.pageSize = 1_000;
  const clock = steppedClock(EVENT_START_MS);
  const config = { table: ledger.table, incarnation: 1, partialResponses: true, code: 'bench', secrets: {} };
  const handler = consumer(group, () => fold, { config, client: ledger.client, clock });
  const clicks = CLICKS_PER_SECOND * ROLLUP_EVERY_SECONDS;
  await captured(async () => {
    for (let from = 0; from < clicks; from += records) {
      const response = await handler(eventOf({ records, ...market, seed: seed + from, from }), context);
      if (response.batchItemFailures.length > 0) throw new Error(`the batch from ${from} on was not billed`);
    }
  });
  const ofEntries = unitsSent(ledger);
  await rollUp(ledger, clock, clock.now() + 60_000);
  return { entries: ofEntries / clicks, rollup: unitsSent(ledger) / clicks };
}

/** Since it was asked last. */
function unitsSent({ sent }: ReturnType<typeof memoryLedger>): number {
  return sent
    .splice(0)
    .reduce((sum, command) => sum + writeUnits(command.constructor.name, command.input), 0);
}
