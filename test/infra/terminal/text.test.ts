import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProgressLine } from '../../../infra/terminal/progress.ts';
import {
  encodeNumber,
  escapeLines,
  escapeText,
  formatAmount,
  formatCount,
  formatMicros,
  formatQuantity,
  formatTable,
  shortenOffsets,
  wrap,
} from '../../../infra/terminal/text.ts';

describe('what a terminal is given', () => {
  it('has nothing in it that steers the terminal or hides text, and other text as it is', () => {
    const given = 'a\u001b[31mb\u009bc\u0007\u202ed\u2028e\ud800f\u200bg\u{e0041}h\nÄ€😀 "i" \\';

    assert.equal(
      escapeText(given),
      'a\\u001b[31mb\\u009bc\\u0007\\u202ed\\u2028e\\ud800f\\u200bg\\udb40\\udc41h\\u000aÄ€😀 "i" \\',
    );
    assert.equal(escapeLines('one\u001b\ntwo'), 'one\\u001b\ntwo');
  });

  it('counts a thing as one, and more of it in the plural', () => {
    assert.equal(formatQuantity(1, 'fault'), '1 fault');
    assert.equal(formatQuantity(1n, 'entry', 'entries'), '1 entry');
    assert.equal(formatQuantity(0, 'fault'), '0 faults');
    assert.equal(formatQuantity(1_200n, 'entry', 'entries'), '1,200 entries');
  });

  it('shows where a long set of offsets begins, and short sets whole', () => {
    const set = Array.from({ length: 100 }, (_, i) => 1_000 + 2 * i).join(',');
    const shown = '1000,1002,1004,1006,1008,1010,1012,1014,1016,1018,1020,1022,…';

    assert.equal(
      shortenOffsets(`resolved '${set}', not '0-4711,4713'`),
      `resolved '${shown}', not '0-4711,4713'`,
    );
    assert.equal(shortenOffsets('-'.repeat(100)), '-'.repeat(100));
  });

  it('breaks text at spaces at 80 columns, and leaves a longer word whole', () => {
    const word = (length: number) => 'x'.repeat(length);

    assert.deepEqual(wrap(`${word(39)} ${word(40)}`), [`${word(39)} ${word(40)}`]);
    assert.deepEqual(wrap(`${word(40)} ${word(40)} b`), [word(40), `${word(40)} b`]);
    assert.deepEqual(wrap(`a ${word(90)} b`, '! ', '  '), ['! a', `  ${word(90)}`, '  b']);
    assert.deepEqual(wrap(`${word(38)} ${word(39)} ${word(39)} ${word(39)}`, '! '), [
      `! ${word(38)} ${word(39)}`,
      `! ${word(39)}`,
      `! ${word(39)}`,
    ]);
    assert.deepEqual(wrap(''), ['']);
  });

  it('is a table of columns of one width, names to the left, numbers to the right, without spaces at the end', () => {
    assert.deepEqual(
      formatTable(
        [
          ['group', 'lag', 'state'],
          ['billing', '7', 'stable'],
          ['x', '1,200', ''],
        ],
        [1],
      ),
      ['group      lag  state', 'billing      7  stable', 'x        1,200'],
    );
    assert.deepEqual(formatTable([], [0]), []);
  });

  it('leaves JSON the same object', () => {
    const given = { name: 'a\u009b31m\u202e\u{e0041}\u001b"' };

    assert.deepEqual(JSON.parse(escapeText(JSON.stringify(given))), given);
  });

  it('has exact amounts and separators of thousands', () => {
    assert.deepEqual(
      [0n, 7n, 1_250_000n, -27_375_273_320n, 9_007_199_254_740_993_000_001n].map(formatAmount),
      ['0.000000', '0.000007', '1.250000', '-27,375.273320', '9,007,199,254,740,993.000001'],
    );
    assert.equal(formatCount(1_430_000), '1,430,000');
  });
});

describe('the line of progress', () => {
  function shown(isTTY: boolean, steps: readonly (readonly [now: number, done: number, of: number])[]) {
    const written: string[] = [];
    let now = 0;
    const out = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const line = new ProgressLine('bill\u001bing', 'records read', out, () => now);
    for (const [at, done, of] of steps) {
      now = at;
      line.show(done, of);
    }
    line.end();
    return written.map((text) => text.replace('\r\u001b[K', ''));
  }

  it('says how much of how much, the share, and once it can tell, the time to go', () => {
    assert.deepEqual(
      shown(true, [
        [0, 0, 1_430_000],
        [199, 100, 1_430_000],
        [200, 4_000, 1_430_000],
        [4_000, 357_500, 1_430_000],
        [5_000, 1_440_000, 1_430_000],
        [6_000, 0, 0],
      ]),
      [
        'bill\\u001bing: 0 of 1,430,000 records read (0 %)',
        'bill\\u001bing: 4,000 of 1,430,000 records read (0 %)',
        'bill\\u001bing: 357,500 of 1,430,000 records read (25 %, about 12 s to go)',
        'bill\\u001bing: 1,440,000 of 1,430,000 records read (100 %, about 0 s to go)',
        'bill\\u001bing: 0 of 0 records read (0 %)',
        '',
      ],
    );
  });

  it('is not shown where nobody looks', () => {
    assert.deepEqual(shown(false, [[4_000, 357_500, 1_430_000]]), []);
  });
});

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
