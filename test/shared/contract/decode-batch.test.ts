import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adClick } from '../../../functions/events/ad-click.ts';
import { isRejected, type Rejected } from '../../../shared/contract/decode.ts';
import { Scanner } from '../../../shared/contract/scan-event.ts';
import type { KafkaRecord } from '../../../shared/event/event.ts';
import { aClick, aRecord, base64 } from '../../support/builders.ts';
import { type Click, decode, decodeBatch } from '../../support/clicks.ts';
import { poison } from '../../support/poison.ts';

/** What is said of a record, as plain fields. */
function said(decoded: Click | Rejected): object {
  if (isRejected(decoded)) return { record: decoded.record, rejected: decoded.rejected };
  const { record, clickId, advertiserId, adId, priceMicros, ip } = decoded;
  return { record, clickId, advertiserId, adId, priceMicros, ip };
}

/** The batch says of every record what `decode` says of it alone. */
function assertAsOneByOne(records: readonly KafkaRecord[]): void {
  assert.deepEqual(
    decodeBatch(records).map(said),
    records.map((record) => said(decode(record))),
  );
}

const usual = JSON.stringify(aClick({ ip: '10.0.0.1', userAgent: 'Mozilla/5.0 (X11)', at: 17, debt: -3 }));

const scanner = new Scanner(adClick, ['advertiserId']);

function isScanned(text: string): boolean {
  const bytes = Buffer.from(`${text}\0`);
  scanner.begin(bytes, 1);
  return scanner.scan(aRecord(), 0, 0, bytes.length - 1) !== undefined;
}

describe('a batch is decoded as its records are one by one', () => {
  it('the whole poison corpus, in one batch and in the other order', () => {
    const corpus = poison.map(([, record], offset) => ({ ...record, offset }));

    assertAsOneByOne(corpus);
    assertAsOneByOne(corpus.toReversed());
  });

  it('clicks with one byte changed, inserted or taken away, anywhere', () => {
    const telling = fc.oneof(
      fc.constantFrom(...Buffer.from('"\\{}[]:,. \t\n0129-+eEnull\0\x1f\x7f')),
      fc.integer({ min: 0, max: 255 }),
    );
    const damage = fc.tuple(fc.nat(usual.length - 1), fc.constantFrom(0, 1, 2), telling);
    fc.assert(
      fc.property(fc.array(fc.array(damage, { maxLength: 2 }), { minLength: 1, maxLength: 8 }), (damages) => {
        assertAsOneByOne(
          damages.map((changes, offset) => {
            const bytes = [...Buffer.from(usual)];
            for (const [at, kind, byte] of changes)
              bytes.splice(at, kind === 1 ? 0 : 1, ...(kind === 2 ? [] : [byte]));
            return aRecord({ offset, value: base64(Uint8Array.from(bytes)) });
          }),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it('objects of any keys and values, the keys of a click among them, in any order, repeated and nested', () => {
    const key = fc.oneof(
      fc.constantFrom('v', 'ip', 'adId', 'clickId', 'priceMicros', 'advertiserId', '__proto__', '', 'x'),
      fc.string({ maxLength: 13, unit: 'binary' }),
    );
    const value = fc.oneof(
      fc.constantFrom(
        '1',
        '0',
        '-0',
        '01',
        '1.0',
        '1e3',
        '1000000000',
        '1000000001',
        '99999999999',
        'true',
        'null',
      ),
      fc.string({ maxLength: 140, unit: 'binary' }).map((text) => JSON.stringify(text)),
      fc.constantFrom('"a"', '"adv-7"', '"ad#7"', '""', '"é"', '"\\u0061"', '{}', '[1]', '{"priceMicros":5}'),
    );
    const blank = fc.constantFrom('', '', '', ' ', '  ', '\t', '\n');
    const member = fc
      .tuple(blank, key, blank, value, blank)
      .map(([a, k, b, v, c]) => `${a}${JSON.stringify(k)}${b}:${v}${c}`);
    const click = fc.shuffledSubarray(usual.slice(1, -1).split(/,(?=")/));
    const text = fc
      .tuple(click, fc.array(member, { maxLength: 3 }), blank)
      .map(([members, others, end]) => `{${[...members, ...others].join(',')}}${end}`);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) =>
        assertAsOneByOne(texts.map((each, offset) => aRecord({ offset, text: each }))),
      ),
      { numRuns: 3_000 },
    );
  });

  it('values that only parse when joined, beside sound ones: nobody gets a neighbour’s money', () => {
    const cut = fc.integer({ min: 1, max: usual.length - 1 });
    fc.assert(
      fc.property(cut, fc.constantFrom('', ',', '"', '{', '}', '\0'), (at, between) => {
        const sound = aRecord({ offset: 9, click: { priceMicros: 7 } });
        const halves = [`${usual.slice(0, at)}${between}`, usual.slice(at)];
        assertAsOneByOne([sound, ...halves.map((text, offset) => aRecord({ offset, text })), sound]);
      }),
    );
  });

  it('any base64: of the other alphabet, with blanks, without padding, cut, or none', () => {
    const sound = base64(usual);
    const anything = fc.oneof(
      fc
        .tuple(fc.nat(sound.length), fc.constantFrom('', '=', '==', '-', '_', ' ', '\n', '%', 'A', 'é'))
        .map(([at, put]) => sound.slice(0, at) + put + sound.slice(at)),
      fc
        .tuple(fc.nat(sound.length), fc.nat(4))
        .map(([at, cut]) => sound.slice(0, at) + sound.slice(at + cut)),
      fc.base64String(),
      fc.string(),
      fc.constantFrom(null, '', sound),
    );
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 5 }), fc.double(), (values, timestamp) =>
        assertAsOneByOne(
          values.map((value, offset) => aRecord({ offset, value, ...(offset === 1 && { timestamp }) })),
        ),
      ),
      { numRuns: 3_000 },
    );
  });

  it('records without a value, and batches of none', () => {
    assertAsOneByOne([]);
    assertAsOneByOne([{ ...aRecord(), value: undefined } as unknown as KafkaRecord, aRecord({ offset: 1 })]);
  });

  it('more advertisers than the scan remembers', () => {
    const ids = Array.from({ length: 70_000 }, (_, id) => `adv-${id}`);
    const records = ids.map((advertiserId, offset) => aRecord({ offset, click: { advertiserId } }));

    for (let round = 0; round < 2; round++)
      assert.deepEqual(
        decodeBatch(records).map((click) => (isRejected(click) ? click.rejected : click.advertiserId)),
        ids,
      );
  });
});

describe('the scan', () => {
  it('reads the usual spellings itself, so that the tests above test it', () => {
    assert.ok(isScanned(usual));
    assert.ok(
      isScanned(usual.replaceAll(',"', ', "').replaceAll('":', '": ')),
      'spaces after commas and colons',
    );
    assert.ok(
      isScanned(JSON.stringify(aClick({ city: 'Zürich' }))),
      'texts beyond ASCII in fields of no click',
    );
  });

  it('leaves everything else to decode', () => {
    for (const other of [
      { nested: {} },
      { share: 5e-7 },
      { clickId: 'é' },
      { note: 'a"b' },
      { priceMicros: 1.5 },
    ])
      assert.ok(!isScanned(JSON.stringify(aClick(other))), JSON.stringify(other));
    assert.ok(!isScanned(` ${usual}`));
    assert.ok(!isScanned(`${usual} `));
  });
});
