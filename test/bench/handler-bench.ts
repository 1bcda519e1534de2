/**
 * The handlers alone, DynamoDB answered at the SDK's edge, against the least that any consumer in JavaScript has to do with the
 * same event: `JSON.parse(Buffer.from(value, 'base64'))` on each record.
 */
import type { KafkaEvent } from '../../shared/event/event.ts';
import { captured } from '../support/captured.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { answersAtOnce, handlerOf } from './handlers.ts';
import { interleaved, ratioOf, spreadOf } from './interleaved.ts';

const SPREADS = ['Zipf', 'uniform'] as const;
/** Clicks that one measured turn handles at least, so that small events are not measured by the clock's grain. */
const CLICKS_PER_TURN = 10_000;

export async function benchHandler(options: BenchOptions): Promise<Section[]> {
  const { seed, rounds, say, signal } = options;
  const rows: Section['rows'][number][] = [];
  const on = { client: answersAtOnce, table: 'bench' };
  const [billing, fraud] = [handlerOf('billing', on), handlerOf('fraud', on)];
  for (const records of options.records) {
    for (const advertisers of options.advertisers) {
      for (const spread of SPREADS) {
        say(`handler: ${records} records, ${advertisers} advertisers, ${spread} …`);
        const event = eventOf({ records, advertisers, spread, seed });
        const times = Math.ceil(CLICKS_PER_TURN / records);
        const rivals = {
          bare: () => repeat(times, () => bareLoop(event)),
          billing: () => repeat(times, () => billing(event)),
          fraud: () => repeat(times, () => fraud(event)),
        };
        const { result: turns } = await captured(() =>
          interleaved(rivals, { turns: rounds * 5, warmUps: 15, signal }),
        );
        const perClick = (ms: readonly number[]) => (spreadOf(ms).median * 1_000) / (times * records);
        rows.push({
          records,
          advertisers,
          spread,
          'bare loop, µs/click': perClick(turns.bare),
          'billing, µs/click': perClick(turns.billing),
          'billing : bare': ratioOf(turns.bare, turns.billing),
          'fraud : bare': ratioOf(turns.bare, turns.fraud),
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
