/** The auditor's own judgement against the decoder of the pipe: the two share no code, and must not differ on any record. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judgeClick, type Worth } from '../../../infra/audit/judge-click.ts';
import { isRejected, type Rejected } from '../../../shared/contract/decode.ts';
import type { KafkaRecord } from '../../../shared/event/event.ts';
import { formatHour } from '../../../shared/fold/delta.ts';
import { aRecord, base64, START_MS } from '../../support/builders.ts';
import { type Click, decode, decodeBatch } from '../../support/clicks.ts';
import { poison } from '../../support/poison.ts';

/** By the pipe, in the auditor's words. */
function byThePipe(record: KafkaRecord): Worth | string {
  const decoded = decode(record);
  if (isRejected(decoded)) return decoded.rejected;
  const { advertiserId, priceMicros } = decoded;
  return { line: `${formatHour(record.timestamp)} ${advertiserId}`, micros: BigInt(priceMicros) };
}

/** The same record as the log holds it. */
function byTheAuditor({ timestamp, value }: KafkaRecord): Worth | string {
  return judgeClick(timestamp, typeof value === 'string' ? Buffer.from(value, 'base64') : null);
}

const advertisers = ['adv-7', 'a', 'constructor', 'A'.repeat(64), 'A'.repeat(65), '-a', 'a#b', '', '\u00e9'];
const goodPrices = ['0', '1', '7', '250000', '999999999', '1000000000'];
const badPrices = [
  ...['1000000001', '12345678901234567890'],
  ...['-0', '-7', '7.0', '0.7', '6.99999999999999999999', '7e0', '70e-1', '1E9', 'null', 'true'],
  ...['"7"', '"\\u0037"', '{}', '[7]', '{"priceMicros":7}', '[{"priceMicros":7}]'],
];
const blanks = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  fc.stringMatching(/^[ \t\r\n]{1,3}$/),
  fc.integer({ min: 20, max: 50 }).map((count) => ' '.repeat(count)),
);
const priceLiteral = fc.oneof(fc.constantFrom(...goodPrices), fc.constantFrom(...badPrices));
const priceKey = fc.constantFrom('"priceMicros"', '"price\\u004dicros"', '"\\u0070riceMicros"');
const otherMembers = [
  ...['"a":{"priceMicros":7}', '"a":[{"priceMicros":7},7]', '"a":{"a":{"priceMicros":7.0}}'],
  ...['"a":"\\"priceMicros\\":7,"', '"a":"{\\"priceMicros\\": 7}"', '"priceMicros\\\\":7', '"":7'],
  ...[
    '"":{"priceMicros":7}',
    '"__proto__":{"priceMicros":7,"v":1}',
    '"ip":"::1"',
    '"ip":7',
    '"ip":null',
    '"v":1.0',
    '"v":2',
  ],
  ...[`"a":${'['.repeat(63)}${']'.repeat(63)}`, `"a":${'[{"a":'.repeat(32)}0${'}]'.repeat(32)}`],
  ...['"a":"\\ud800"', '"a":"}\\\\"', '"a":",\\"priceMicros\\":7"', '"priceMicro":7'],
];

/** Texts that are clicks, or nearly: members in any order, repeated, nested, escaped and spaced out. */
const nearlyClick = fc
  .record({
    advertiser: fc.oneof(
      { weight: 4, arbitrary: fc.constant('adv-7') },
      { weight: 1, arbitrary: fc.constantFrom(...advertisers) },
    ),
    prices: fc.array(fc.tuple(priceKey, blanks, blanks, priceLiteral), {
      minLength: 1,
      maxLength: 3,
    }),
    others: fc.array(fc.constantFrom(...otherMembers), { maxLength: 3 }),
    ranks: fc.array(fc.nat({ max: 99 }), { minLength: 10, maxLength: 10, size: 'max' }),
    gap: blanks,
    mark: fc.oneof({ weight: 9, arbitrary: fc.constant('') }, fc.constant('\ufeff')),
  })
  .map(({ advertiser, prices, others, ranks, gap, mark }) => {
    const members = [
      ...['"v":1', '"clickId":"c"', '"adId":"d"', `"advertiserId":${JSON.stringify(advertiser)}`],
      ...prices.map(([key, before, after, literal]) => `${key}${before}:${after}${literal}`),
      ...others,
    ].map((member, i) => ({ member, rank: ranks[i] ?? 0 }));
    const shuffled = members.sort((a, b) => a.rank - b.rank).map(({ member }) => member);
    return `${mark}${gap}{${shuffled.join(`${gap},`)}${gap}}`;
  });

describe('the auditor', () => {
  // What is no base64 can't stand on a log, only in an event.
  for (const [name, record, expected] of poison.filter(([, , reason]) => reason !== 'value.base64')) {
    it(`takes ${name} for what the contract says: ${expected}`, () => {
      const judged = byTheAuditor(record);

      assert.equal(typeof judged === 'string' ? judged : 'click', expected);
      assert.deepEqual(judged, byThePipe(record));
    });
  }

  it('prices a click exactly, in the hour of its record (I6)', () => {
    const click = byTheAuditor(aRecord({ timestamp: START_MS - 1, click: { priceMicros: 999_999_999 } }));

    assert.deepEqual(click, { line: '2026-11-21T09 adv-7', micros: 999_999_999n });
  });

  it('agrees with the pipe on every text that is nearly a click', () => {
    const seen = { clicks: 0, others: 0 };
    fc.assert(
      fc.property(nearlyClick, (text) => {
        const record = aRecord({ text });
        const click = byTheAuditor(record);
        seen[typeof click === 'string' ? 'others' : 'clicks'] += 1;

        assert.deepEqual(click, byThePipe(record), text);
      }),
      { numRuns: 3_000 },
    );
    assert.ok(seen.clicks > 500 && seen.others > 500, `a lopsided search: ${JSON.stringify(seen)}`);
  });

  it('agrees with the pipe, record by record and in a batch, where characters are changed, put in or taken away', () => {
    const telling = fc.constantFrom(...'"\\{}[]:,. \t\n\f0129-+eEnulltrfas\u00001\ufeff\u00a0é');
    const damage = fc.tuple(fc.nat({ max: 400 }), fc.constantFrom(0, 1), fc.constantFrom(0, 1), telling);
    const seen = { clicks: 0, noJson: 0, others: 0 };
    fc.assert(
      fc.property(nearlyClick, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        const characters = [...text];
        for (const [at, out, put, character] of damages)
          characters.splice(at % characters.length, out, ...(put === 1 ? [character] : []));
        const record = aRecord({ text: characters.join('') });
        const judged = byTheAuditor(record);
        const [batched] = decodeBatch([record]) as [Click | Rejected];
        seen[typeof judged !== 'string' ? 'clicks' : judged === 'value.json' ? 'noJson' : 'others'] += 1;

        assert.deepEqual(judged, byThePipe(record), characters.join(''));
        assert.equal(
          isRejected(batched) ? batched.rejected : 'click',
          typeof judged === 'string' ? judged : 'click',
        );
      }),
      { numRuns: 6_000 },
    );
    assert.ok(Math.min(...Object.values(seen)) > 300, `a lopsided search: ${JSON.stringify(seen)}`);
  });

  it('agrees with the pipe on any bytes, any JSON and any time', () => {
    const values = fc.oneof(fc.uint8Array().map(base64), fc.json().map(base64), fc.constant(null));
    const times = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(253_402_300_799_999, 253_402_300_800_000),
    );
    fc.assert(
      fc.property(fc.oneof(nearlyClick.map(base64), values), times, (value, timestamp) => {
        const record = aRecord({ value, timestamp });

        assert.deepEqual(byTheAuditor(record), byThePipe(record));
      }),
      { numRuns: 2_000 },
    );
  });
});
