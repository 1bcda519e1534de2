/** What a click costs that is written in another way than usual, against a usual one of as many bytes: its decoding, and all of billing's handler. */

import { isRejected } from '../../shared/contract/decode.ts';
import type { KafkaEvent } from '../../shared/event/event.ts';
import { captured } from '../support/captured.ts';
import { decodeBatch } from '../support/clicks.ts';
import type { BenchOptions, Section } from './bench-section.ts';
import { eventOf } from './events.ts';
import { answersAtOnce, handlerOf } from './handlers.ts';
import { interleaved, ratioOf, spreadOf } from './interleaved.ts';

const RECORDS = 1_000;
const LEVELS = 60;

/** Of a click as JSON, another way to write it; all of them are clicks. */
const ways: Readonly<Record<string, (click: string) => string>> = {
  'an escape': (click) => click.replace('"clickId":"', '"clickId":"\\u0041'),
  'an escape in a key': (click) => click.replace('"clickId"', '"\\u0063lickId"'),
  'beyond ASCII': (click) => click.replace('"adId":"', '"adId":"ä'),
  'a fraction': (click) => more(click, '"score":0.25'),
  'an object inside': (click) => more(click, '"geo":{"at":[1,2],"of":"x"}'),
  [`lists ${LEVELS} deep`]: (click) => more(click, `"deep":${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`),
  [`objects ${LEVELS} deep`]: (click) =>
    more(click, `"deep":${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`),
  'many empty lists': (click) => more(click, `"lists":[${'[],'.repeat(LEVELS)}1]`),
  'over many lines': (click) => JSON.stringify(JSON.parse(click), null, 2),
};

export async function benchOddRecords({ seed, rounds, say, signal }: BenchOptions): Promise<Section[]> {
  const usual = eventOf({ records: RECORDS, advertisers: 500, spread: 'Zipf', seed });
  const handler = handlerOf('billing', { client: answersAtOnce, table: 'bench' });
  const rows: Section['rows'][number][] = [];
  for (const [name, way] of Object.entries(ways)) {
    say(`odd records: ${name} …`);
    const odd = rewritten(usual, way);
    const like = rewritten(usual, (click) => padded(click, Buffer.byteLength(way(click))));
    const [oddRecords, likeRecords] = [recordsOf(odd), recordsOf(like)];
    if (decodeBatch(oddRecords).some(isRejected)) throw new Error(`${name}: a record is no click`);
    const rivals = {
      usual: () => decodeBatch(likeRecords),
      odd: () => decodeBatch(oddRecords),
      usualHandled: () => handler(like),
      oddHandled: () => handler(odd),
    };
    const { result: turns } = await captured(() =>
      interleaved(rivals, { turns: rounds * 20, warmUps: 20, signal }),
    );
    rows.push({
      'written with': name,
      bytes: Buffer.byteLength(Buffer.from(oddRecords[0]?.value ?? '', 'base64')),
      'decoding, µs/click': (spreadOf(turns.odd).median * 1_000) / RECORDS,
      'decoding, odd : usual': ratioOf(turns.odd, turns.usual),
      'handler, odd : usual': ratioOf(turns.oddHandled, turns.usualHandled),
    });
  }
  return [
    {
      id: 'odd-records',
      title: 'A record that is written oddly',
      about: `Events of ${RECORDS.toLocaleString('en-US')} clicks that are all written in one unusual way, against usual ones of as many bytes. To reach: 5 at most.`,
      rows,
    },
  ];
}

function more(click: string, member: string): string {
  return `${click.slice(0, -1)},${member}}`;
}

function padded(click: string, bytes: number): string {
  const lacking = bytes - Buffer.byteLength(click) - ',"pad":""'.length;
  return more(click, `"pad":"${'x'.repeat(Math.max(0, lacking))}"`);
}

function rewritten(event: KafkaEvent, way: (click: string) => string): KafkaEvent {
  const lists = Object.entries(event.records).map(([partition, records]) => [
    partition,
    records.map((record) => {
      const click = Buffer.from(record.value ?? '', 'base64').toString('utf8');
      return { ...record, value: Buffer.from(way(click)).toString('base64') };
    }),
  ]);
  return { ...event, records: Object.fromEntries(lists) };
}

function recordsOf(event: KafkaEvent) {
  return Object.values(event.records).flat();
}
