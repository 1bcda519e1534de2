import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeNumber, formatMicros } from '../../../infra/terminal/money.ts';

describe('money', () => {
  it('is a decimal of the currency unit with six places', () => {
    const written: readonly (readonly [bigint, string])[] = [
      [0n, '0.000000'],
      [1n, '0.000001'],
      [999_999n, '0.999999'],
      [1_000_000n, '1.000000'],
      [1_234_567n, '1.234567'],
      [-1n, '-0.000001'],
      [-1_234_567n, '-1.234567'],
      [90_071_992_547_409_930_001n, '90071992547409.930001'],
    ];

    for (const [micros, text] of written) assert.equal(formatMicros(micros), text);
  });

  it('reads back to the very micros, beyond 2^53 too (I6)', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), (micros) => {
        const text = formatMicros(micros);

        assert.match(text, /^-?(0|[1-9]\d*)\.\d{6}$/);
        assert.equal(BigInt(text.replace('.', '')), micros);
      }),
    );
  });

  it('stands in JSON as a number with all its digits (I6)', () => {
    assert.equal(
      JSON.stringify({ micros: encodeNumber(90_071_992_547_409_930_001n), less: encodeNumber(-7n) }),
      '{"micros":90071992547409930001,"less":-7}',
    );
  });
});
