/**
 * Odd records of every class that a producer may send: records that break the click's contract, and records that only look
 * as if they did. Functions and auditor judge them independently; they share no code.
 */

export interface OddRecord {
  readonly name: string;
  readonly value: Buffer | undefined;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it is sent. Each is another record at another offset. */
  readonly times?: number;
  /** Sent only once, because it is large. */
  readonly once?: boolean;
}

const click = { v: 1, clickId: 'odd', advertiserId: 'adv-1', adId: 'ad-1', priceMicros: 1_000 };
const written = JSON.stringify(click);
const MB = 1_000_000;

const text = (name: string, value: string): OddRecord => ({ name, value: Buffer.from(value) });
const changed = (name: string, fields: Record<string, unknown>) =>
  text(name, JSON.stringify({ ...click, ...fields }));
const priced = (literal: string) => text(`price ${literal}`, written.replace('1000}', `${literal}}`));

export const oddRecords: readonly OddRecord[] = [
  { name: 'tombstone', value: undefined, key: 'adv-1' },
  text('empty value', ''),
  text('truncated JSON', '{"v":1,"clickId":"half'),
  text('an array', '[]'),
  text('null', 'null'),
  text('a text', '"text"'),
  text('NaN', '{"v":1,"priceMicros":NaN}'),
  text('Infinity', '{"v":1,"priceMicros":Infinity}'),
  { name: 'invalid UTF-8', value: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
  { name: 'UTF-8 of a lone surrogate', value: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) },
  text('lone surrogate, escaped', written.replace('odd', '\\ud800')),
  text('byte order mark', `\ufeff${written}`),
  text('nested 10,000 deep, never closed', '['.repeat(10_000)),
  {
    name: '2 MB nested 10,000 deep',
    value: Buffer.from(`${'{"priceMicros":'.repeat(10_000)}1${'}'.repeat(10_000)}${' '.repeat(2 * MB)}`),
    once: true,
  },
  { name: '1 MB value', value: Buffer.from(JSON.stringify({ ...click, note: 'x'.repeat(MB) })), once: true },
  text(
    'duplicate keys, the last is none',
    written.replace('1000}', '1000,"priceMicros":999.99999999999999999}'),
  ),
  text('duplicate keys, the last is a price', written.replace('1000}', '0.5,"priceMicros":7}')),
  text('__proto__ as a key', `{"__proto__":${written}}`),
  text('constructor as a key', written.replace('{', '{"constructor":{"prototype":1},')),
  changed('advertiser __proto__', { advertiserId: '__proto__' }),
  changed('advertiser constructor', { advertiserId: 'constructor' }),
  changed('advertiser with a delimiter', { advertiserId: 'a#b' }),
  changed('advertiser with U+0000', { advertiserId: 'a\u0000b' }),
  changed('advertiser of no characters', { advertiserId: '' }),
  changed('advertiser of 2,100 characters', { advertiserId: 'a'.repeat(2_100) }),
  changed('version 0', { v: 0 }),
  changed('version 99', { v: 99 }),
  changed('click id that is a number', { clickId: 7 }),
  changed('price as text', { priceMicros: '12' }),
  changed('price missing', { priceMicros: undefined }),
  ...['-1', '-0', '0.1', '0.30000000000000004', '1e3', '1e999', '9007199254740993', '1000000001'].map(priced),
  changed('unknown fields', { colour: 'red', nested: { priceMicros: 1.5 } }),
  changed('event of 1970', { clickedAt: '1970-01-01T00:00:00Z' }),
  changed('event of 9999', { clickedAt: '9999-12-31T23:59:59Z' }),
  { ...text('null key', written), headers: {} },
  { ...text('headers', written), key: 'adv-1', headers: { trace: 'ë', empty: '' } },
  { ...text('the same click twice', written.replace('odd', 'twice')), times: 2 },
];
