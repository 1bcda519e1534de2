import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  buildInterval,
  buildOffsetSet,
  countIntervals,
  countOffsets,
  findGaps,
  findNextOffset,
  formatOffsets,
  hasOffset,
  listOffsets,
  parseOffsets,
  subtractOffsets,
  uniteOffsets,
} from '../../../shared/journal/offsets.ts';

const someOffsets = fc
  .uniqueArray(fc.nat(60), { maxLength: 40 })
  .map((offsets) => offsets.sort((a, b) => a - b));

describe('a set of offsets', () => {
  it('behaves as the set of numbers that it stands for', () => {
    fc.assert(
      fc.property(someOffsets, someOffsets, (a, b) => {
        const both = new Set([...a, ...b]);
        const difference = a.filter((offset) => !b.includes(offset));

        assert.deepEqual([...listOffsets(buildOffsetSet(a))], a);
        assert.equal(countOffsets(buildOffsetSet(a)), a.length);
        assert.deepEqual(
          [...listOffsets(uniteOffsets(buildOffsetSet(a), buildOffsetSet(b)))],
          [...both].sort((x, y) => x - y),
        );
        assert.deepEqual([...listOffsets(subtractOffsets(buildOffsetSet(a), buildOffsetSet(b)))], difference);
        for (let offset = 0; offset <= 61; offset++)
          assert.equal(hasOffset(buildOffsetSet(a), offset), a.includes(offset));
      }),
    );
  });

  it('is one interval however long a run without gaps grows', () => {
    let set = buildOffsetSet([]);
    for (let batch = 0; batch < 100; batch++) set = uniteOffsets(set, [batch * 1000, batch * 1000 + 999]);

    assert.deepEqual(set, [0, 99_999]);
    assert.equal(countIntervals(set), 1);
    assert.equal(findNextOffset(set), 100_000);
  });

  it('reaches from a start up to an end, and is empty where that is not after it', () => {
    assert.deepEqual(buildInterval(3, 6), [3, 5]);
    assert.deepEqual(buildInterval(3, 4), [3, 3]);
    assert.deepEqual(buildInterval(3, 3), []);
    assert.deepEqual(buildInterval(0, 0), []);
    assert.deepEqual(buildInterval(3, 2), []);
  });

  it('has gaps exactly where offsets between its ends are missing', () => {
    fc.assert(
      fc.property(someOffsets, (offsets) => {
        const set = buildOffsetSet(offsets);
        const filled = uniteOffsets(set, findGaps(set));

        assert.equal(countIntervals(filled), offsets.length === 0 ? 0 : 1);
        assert.deepEqual([...listOffsets(subtractOffsets(filled, findGaps(set)))], offsets);
      }),
    );
  });

  it('reads back from its text', () => {
    fc.assert(
      fc.property(someOffsets, (offsets) => {
        const set = buildOffsetSet(offsets);

        assert.deepEqual(parseOffsets(formatOffsets(set)), set);
      }),
    );
    assert.equal(formatOffsets([0, 4711, 4713, 4713]), '0-4711,4713');
  });

  it('refuses a text that it cannot have written', () => {
    const texts = [
      '5-3',
      '3-3',
      '0-4,5-9',
      '0-4,3-9',
      '9,1',
      '1,,2',
      ' 1',
      '1 ',
      '-1',
      '01',
      '1-',
      'x',
      '1.5',
      '1e3',
      '0-99999999999999999',
    ];

    for (const text of texts) assert.throws(() => parseOffsets(text), RangeError, text);
  });

  it('refuses offsets that do not ascend', () => {
    assert.throws(() => buildOffsetSet([1, 1]), RangeError);
    assert.throws(() => buildOffsetSet([2, 1]), RangeError);
  });
});
