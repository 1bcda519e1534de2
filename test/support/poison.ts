/**
 * The poison corpus: what comes, and what it gets. Whoever reads records is held against it: the decoder of the pipe, and the
 * recount, which shares no code with it.
 */
import type { Reason } from '../../shared/contract/decode.ts';
import type { KafkaRecord } from '../../shared/event/event.ts';
import { aClick, aRecord, base64 } from './builders.ts';

const click = (fields: Record<string, unknown>) => aRecord({ click: fields });
const text = (value: string) => aRecord({ text: value });
const bytes = (...values: number[]) => aRecord({ value: base64(Uint8Array.from(values)) });
const priced = (literal: string) => text(JSON.stringify(aClick()).replace('250000', literal));
/** A click but for its price, which the given members hold. */
const clickWith = (members: string) =>
  JSON.stringify(aClick({ priceMicros: undefined })).replace(/\}$/, `,${members}}`);
/** A click with a field that is ignored, of arrays so deep. */
const nested = (depth: number, members = '"note":0') =>
  clickWith(`"priceMicros":250000,${members},"deep":${'['.repeat(depth)}${']'.repeat(depth)}`);

export const poison: readonly (readonly [name: string, record: KafkaRecord, expected: Reason | 'click'])[] = [
  [
    'a tombstone without value',
    { ...aRecord(), value: undefined } as unknown as KafkaRecord,
    'value.missing',
  ],
  ['a tombstone of null', aRecord({ value: null }), 'value.missing'],
  ['an empty value', aRecord({ value: '' }), 'value.missing'],
  ['a value that is not base64', aRecord({ value: '%%%%' }), 'value.base64'],
  ['a value cut inside its base64', aRecord({ value: 'eyJ2I' }), 'value.base64'],
  ['invalid UTF-8', bytes(0x7b, 0xff, 0x7d), 'value.utf8'],
  ['UTF-8 of a lone surrogate', bytes(0xed, 0xa0, 0x80), 'value.utf8'],
  ['a byte order mark', text(`\ufeff${JSON.stringify(aClick())}`), 'value.mark'],
  ['a byte order mark alone', text('\ufeff'), 'value.mark'],
  ['a byte order mark after a blank', text(` \ufeff${JSON.stringify(aClick())}`), 'value.json'],
  ['a byte order mark in a field', click({ note: '\ufeff' }), 'click'],
  ['truncated JSON', text('{"v":1,"clickId":"c'), 'value.json'],
  ['NaN', text('{"v":1,"priceMicros":NaN}'), 'value.json'],
  ['Infinity', text('{"v":1,"priceMicros":Infinity}'), 'value.json'],
  ['two documents', text('{}{}'), 'value.json'],
  ['an array', text('[]'), 'click.object'],
  ['null', text('null'), 'click.object'],
  ['a number', text('7'), 'click.object'],
  ['arrays 10 000 deep', text('['.repeat(10_000) + ']'.repeat(10_000)), 'value.depth'],
  ['arrays 64 deep', text('['.repeat(64) + ']'.repeat(64)), 'click.object'],
  ['arrays 65 deep', text('['.repeat(65) + ']'.repeat(65)), 'value.depth'],
  ['3 million open brackets', text('['.repeat(3_000_000)), 'value.json'],
  ['a click nested 64 deep', text(nested(63)), 'click'],
  ['a click nested 65 deep', text(nested(64)), 'value.depth'],
  ['a click nested 3 million deep', text(nested(3_000_000)), 'value.depth'],
  ['a click nested 2 500 deep, and an escape', text(nested(2_500, '"note":"\\u0041"')), 'value.depth'],
  ['brackets in a string', click({ note: '['.repeat(100) }), 'click'],
  ['a click with many siblings', click({ list: new Array(1_000).fill([]) }), 'click'],
  ['a value of 1 MB', text(JSON.stringify(aClick({ note: 'x'.repeat(1 << 20) }))), 'click'],
  [
    'a value of 2 MB nested 10 000 deep',
    text(`${'{"priceMicros":'.repeat(10_000)}1${'}'.repeat(10_000)}${' '.repeat(2 << 20)}`),
    'value.depth',
  ],
  ['schema version 0', click({ v: 0 }), 'click.version'],
  ['schema version 99', click({ v: 99 }), 'click.version'],
  ['schema version as text', click({ v: '1' }), 'click.version'],
  ['no schema version', click({ v: undefined }), 'click.version'],
  ['a click id that is no text', click({ clickId: 7 }), 'click.id'],
  ['an empty click id', click({ clickId: '' }), 'click.id'],
  ['an advertiser with a delimiter', click({ advertiserId: 'adv#7' }), 'click.advertiser'],
  ['an advertiser with U+0000', click({ advertiserId: 'adv\u0000' }), 'click.advertiser'],
  ['an empty advertiser', click({ advertiserId: '' }), 'click.advertiser'],
  ['an advertiser of 65 characters', click({ advertiserId: 'a'.repeat(65) }), 'click.advertiser'],
  ['an advertiser named __proto__', click({ advertiserId: '__proto__' }), 'click.advertiser'],
  ['an advertiser named constructor', click({ advertiserId: 'constructor' }), 'click'],
  ['an advertiser of 64 characters', click({ advertiserId: 'a'.repeat(64) }), 'click'],
  [
    'a prototype in the value',
    text('{"__proto__":{"v":1,"clickId":"c","advertiserId":"a","adId":"b","priceMicros":1}}'),
    'click.version',
  ],
  ['an ad id that is a number', click({ adId: 5 }), 'click.ad'],
  ['an address that is a number', click({ ip: 5 }), 'click.ip'],
  ['an address of 1 character', click({ ip: ':' }), 'click.ip'],
  ['an address of 2 characters', click({ ip: '::' }), 'click'],
  ['an address of 45 characters', click({ ip: '1'.repeat(45) }), 'click'],
  ['an address of 46 characters', click({ ip: '1'.repeat(46) }), 'click.ip'],
  ['an address of null', click({ ip: null }), 'click'],
  ['a click id of null', click({ clickId: null }), 'click.id'],
  ['a schema version of 1.0', text(JSON.stringify(aClick()).replace('"v":1', '"v":1.0')), 'click'],
  ['ids of 128 characters', click({ clickId: 'c'.repeat(128), adId: 'd'.repeat(128) }), 'click'],
  ['a click id of 129 characters', click({ clickId: 'c'.repeat(129) }), 'click.id'],
  ['an ad id of 129 characters', click({ adId: 'd'.repeat(129) }), 'click.ad'],
  ['a click without address', click({ ip: undefined }), 'click'],
  ['unknown fields', click({ colour: 'red', nested: { priceMicros: 1.5 } }), 'click'],
  ['no price', click({ priceMicros: undefined }), 'price.missing'],
  ['a price as text', priced('"12"'), 'price.integer'],
  ['a price of null', priced('null'), 'price.integer'],
  ['a price of 0.1', priced('0.1'), 'price.integer'],
  ['a price of 1e999', priced('1e999'), 'price.integer'],
  ['a price of 1e3', priced('1e3'), 'price.integer'],
  ['a price of 5.0', priced('5.0'), 'price.integer'],
  ['a decimal that rounds to an integer', priced('249999.99999999999999999'), 'price.integer'],
  ['a price of -0', priced('-0'), 'price.integer'],
  ['a price above 2^53', priced('9007199254740993'), 'price.integer'],
  ['a negative price', priced('-5'), 'price.range'],
  ['a price above the cap', priced('1000000001'), 'price.range'],
  ['a price at the cap', priced('1000000000'), 'click'],
  ['a price of nothing', priced('0'), 'click'],
  ['a price after blanks', priced('  7 '), 'click'],
  ['a price behind a nested one', text(JSON.stringify({ a: { priceMicros: 1.5 }, ...aClick() })), 'click'],
  ['a price before a nested one', text(JSON.stringify({ ...aClick(), a: { priceMicros: 1.5 } })), 'click'],
  ['5.0 after a nested 5', text(clickWith('"a":{"priceMicros":5},"priceMicros":5.0')), 'price.integer'],
  ['5.0 before a nested 5', text(clickWith('"priceMicros":5.0,"a":{"priceMicros":5}')), 'price.integer'],
  ['5.0 after 5', text(clickWith('"priceMicros":5,"priceMicros":5.0')), 'price.integer'],
  ['5 after 5.0', text(clickWith('"priceMicros":5.0,"priceMicros":5')), 'click'],
  ['-0 after 0', text(clickWith('"priceMicros":0,"priceMicros":-0')), 'price.integer'],
  [
    'a decimal that rounds to the integer before it',
    text(clickWith('"priceMicros":250000,"priceMicros":249999.99999999999999999')),
    'price.integer',
  ],
  [
    '5.0 under an escaped key after 5',
    text(clickWith('"priceMicros":5,"price\\u004dicros":5.0')),
    'price.integer',
  ],
  ['a price after 100 blanks', priced(`${' '.repeat(100)}1000000`), 'click'],
  ['a price after 34 blanks', priced(`${' '.repeat(34)}1000000`), 'click'],
  ['an escaped key', text(JSON.stringify(aClick()).replace('"priceMicros"', '"price\\u004dicros"')), 'click'],
  ['characters beyond ASCII', click({ userAgent: 'Zoë ☕' }), 'click'],
  ['a lone surrogate, escaped', text(JSON.stringify(aClick()).replace('click-1', '\\ud800')), 'click'],
  ['a record of no time', aRecord({ timestamp: -1 }), 'record.timestamp'],
  ['a record of the year 9999', aRecord({ timestamp: Date.UTC(9999, 11, 31) }), 'click'],
  ['a record of the year 10000', aRecord({ timestamp: Date.UTC(10_000, 0) }), 'record.timestamp'],
  ['a record of half a millisecond', aRecord({ timestamp: 0.5 }), 'record.timestamp'],
  ['a null key', aRecord({ key: null }), 'click'],
];
