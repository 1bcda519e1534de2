/**
 * The handlers alone, DynamoDB answered at the SDK's edge, against the least that any consumer in JavaScript has to do with the
 * same event: `JSON.parse(Buffer.from(value, 'base64'))` on each record.
 */
import type { Context } from 'aws-lambda';
import { fold as billingFold } from '../../functions/billing/fold.ts';
import { group as billing } from '../../functions/billing/group.ts';
import { velocityFold } from '../../functions/fraud/fold.ts';
import { group as fraud } from '../../functions/fraud/group.ts';
import { systemClock } from '../../shared/clock.ts';
import { type ConsumerHandler, consumer } from '../../shared/consumer.ts';
import type { KafkaEvent } from '../../shared/event.ts';
import type { Sender } from '../../shared/journal-store.ts';
import { captured } from '../support/captured.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { interleaved, spreadOf, timesAsFast } from './interleaved.ts';

const BATCHES = [100, 1_000, 10_000];
const ADVERTISERS = [50, 500, 5_000, 50_000];
const SPREADS = ['Zipf', 'uniform'] as const;
/** Clicks that one measured turn handles at least, so that small events are not measured by the clock's grain. */
const CLICKS_PER_TURN = 10_000;

const context = {
  awsRequestId: 'bench',
  functionName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

export async function benchHandler({ seed, rounds, say, signal }: BenchOptions): Promise<Section[]> {
  const rows: Section['rows'][number][] = [];
  const handlers = { billing: handlerOf('billing'), fraud: handlerOf('fraud') };
  for (const records of BATCHES) {
    for (const advertisers of ADVERTISERS) {
      for (const spread of SPREADS) {
        signal.throwIfAborted();
        say(`handler: ${records} records, ${advertisers} advertisers, ${spread} …`);
        const event = eventOf({ records, advertisers, spread, seed });
        const times = Math.ceil(CLICKS_PER_TURN / records);
        const rivals = {
          bare: () => repeat(times, () => bareLoop(event)),
          billing: () => repeat(times, () => handlers.billing(event, context)),
          fraud: () => repeat(times, () => handlers.fraud(event, context)),
        };
        const { result: turns } = await captured(() =>
          interleaved(rivals, { turns: rounds * 5, warmUps: 15 }),
        );
        const perClick = (ms: readonly number[]) => (spreadOf(ms).median * 1_000) / (times * records);
        rows.push({
          records,
          advertisers,
          spread,
          'bare loop, µs/click': perClick(turns.bare),
          'billing, µs/click': perClick(turns.billing),
          'billing : bare': timesAsFast(turns.billing, turns.bare),
          'fraud : bare': timesAsFast(turns.fraud, turns.bare),
        });
      }
    }
  }
  return [
    {
      id: 'handler',
      title: 'The handler alone, against the bare loop',
      about:
        'The whole handler (envelope, decoding, validation, fold, entry, metrics), DynamoDB answered at the SDK’s edge, against the bare loop `JSON.parse(Buffer.from(value, "base64"))` over the same event. Above 1, the handler is faster than only parsing the records. To reach: 0.9 at 10,000 records.',
      rows,
      chart: { x: 'advertisers', y: 'billing : bare', series: 'records', where: { spread: 'Zipf' } },
    },
  ];
}

function handlerOf(ledger: 'billing' | 'fraud'): ConsumerHandler {
  const config = { table: 'bench', incarnation: 1, partialResponses: true, code: 'bench', secrets: {} };
  const client = { send: async () => ({}) } as unknown as Sender;
  const means = { config, client, clock: systemClock };
  return ledger === 'billing'
    ? consumer(billing, () => billingFold, means)
    : consumer(fraud, () => velocityFold('a key of the benchmark'), means);
}

function bareLoop(event: KafkaEvent): number {
  let micros = 0;
  for (const list of Object.values(event.records))
    for (const { value } of list) {
      // What JSON.parse does with a buffer: it makes it a text, as UTF-8.
      const bytes = Buffer.from(value ?? '', 'base64') as unknown as string;
      micros += (JSON.parse(bytes) as { priceMicros: number }).priceMicros;
    }
  return micros;
}

async function repeat(times: number, run: () => unknown): Promise<void> {
  for (let i = 0; i < times; i++) await run();
}
