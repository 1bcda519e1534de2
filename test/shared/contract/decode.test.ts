import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adClick } from '../../../functions/events/ad-click.ts';
import { computeFingerprint, isRejected, listReasons } from '../../../shared/contract/decode.ts';
import type { KafkaRecord } from '../../../shared/event/event.ts';
import { aRecord, base64 } from '../../support/builders.ts';
import { decode } from '../../support/clicks.ts';
import { poison } from '../../support/poison.ts';

function innermostMessage(record: KafkaRecord): string {
  const decoded = decode(record);
  return isRejected(decoded) ? decoded.rejected : 'click';
}

describe('decode: a record is a click or rejected, never half of either', () => {
  for (const [name, record, expected] of poison) {
    it(`${name}: ${expected}`, () => assert.equal(innermostMessage(record), expected));
  }

  it('gives every reason somewhere in the corpus, save those that folds and clocks give', () => {
    const met = new Set(poison.map(([, , reason]) => reason));

    assert.deepEqual(
      Object.keys(listReasons(adClick)).filter((reason) => !met.has(reason)),
      ['record.old', 'record.ahead', 'fold.threw'],
    );
  });

  it('of a repeated key the last counts', () => {
    const decoded = decode(
      aRecord({
        text: '{"v":1,"clickId":"c","advertiserId":"a","adId":"b","priceMicros":1,"priceMicros":2}',
      }),
    );

    assert.ok(!isRejected(decoded));
    assert.equal(decoded.priceMicros, 2);
  });

  it('gives back every field that was written (parse after encode)', () => {
    const id = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
    const fields = fc.record({
      clickId: id,
      adId: id,
      advertiserId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
      priceMicros: fc.integer({ min: 0, max: 1_000_000_000 }),
      ip: fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: undefined }),
    });
    fc.assert(
      fc.property(fields, fc.constantFrom(0, 1, 3), (given, indent) => {
        const decoded = decode(aRecord({ text: JSON.stringify({ v: 1, ...given }, null, indent) }));

        assert.ok(!isRejected(decoded));
        const { record: _, ...decodedFields } = decoded;
        assert.deepEqual(decodedFields, { ...given, ip: given.ip });
      }),
    );
  });

  it('never throws, whatever bytes or base64 come', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.uint8Array().map(base64),
      fc.json().map(base64),
      fc.constant(null),
    );
    fc.assert(
      fc.property(anything, fc.double(), (value, timestamp) => void decode(aRecord({ value, timestamp }))),
      { numRuns: 2_000 },
    );
  });
});

describe('fingerprint', () => {
  it('changes with timestamp, key and value, and not with how emptiness is written', () => {
    const same = aRecord({ offset: 1 });
    const others = [
      aRecord({ offset: 1, timestamp: 1 }),
      aRecord({ offset: 1, key: base64('x') }),
      aRecord({ offset: 1, click: { adId: 'x' } }),
    ];

    for (const other of others) assert.notEqual(computeFingerprint(other), computeFingerprint(same));
    assert.equal(
      computeFingerprint(aRecord({ key: null, value: null })),
      computeFingerprint(aRecord({ key: '', value: '' })),
    );
    assert.match(computeFingerprint(same), /^[0-9a-f]{16}$/);
  });

  it('keeps key and value apart', () => {
    assert.notEqual(
      computeFingerprint(aRecord({ key: base64('a'), value: base64('bc') })),
      computeFingerprint(aRecord({ key: base64('ab'), value: base64('c') })),
    );
  });
});
