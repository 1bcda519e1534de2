/** Sets of offsets against the arithmetic of plain sets, for any sets that are small enough to be spelled out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  clipRanges,
  countOffsets,
  formatRanges,
  joinRanges,
  parseRanges,
  type Ranges,
  subtractRanges,
} from '../../../infra/audit/offset-ranges.ts';

const OFFSETS = 40;
const offsets = fc.uniqueArray(fc.nat({ max: OFFSETS }), { maxLength: OFFSETS, size: 'max' });

/** As the layout writes them, spelled out by other means: runs of neighbours. */
function rangesOf(of: Iterable<number>): Ranges {
  const sorted = [...new Set(of)].sort((a, b) => a - b);
  const starts = sorted.filter((offset) => !sorted.includes(offset - 1));
  const ends = sorted.filter((offset) => !sorted.includes(offset + 1));
  return starts.map((from, i) => [from, ends[i] ?? from] as const);
}

const anySet = offsets.map((of) => ({ set: new Set(of), ranges: rangesOf(of) }));

describe('a set of offsets', () => {
  it('is written and read back as it is', () => {
    assert.equal(formatRanges(rangesOf([4713, 0, 1, 2, 4711])), '0-2,4711,4713');
    fc.assert(
      fc.property(anySet, ({ set, ranges }) => {
        const text = formatRanges(ranges);

        assert.deepEqual(parseRanges(text), ranges);
        assert.equal(text === '', set.size === 0);
        assert.equal(countOffsets(ranges), set.size);
      }),
    );
  });

  it('is read at the very end of what a number can hold', () => {
    assert.deepEqual(parseRanges('0,2-9007199254740991'), [
      [0, 0],
      [2, Number.MAX_SAFE_INTEGER],
    ]);
    assert.equal(countOffsets(parseRanges('1-9007199254740991')), Number.MAX_SAFE_INTEGER);
  });

  for (const [text, part] of [
    ...['5-4', '5-5', '0-0', '01', '1-02', '-1', '1-', '1-2-3', ' 1', '1 ', '1e3', '0x1', '١'].map((bad) => [
      bad,
      bad,
    ]),
    ...['9007199254740992', '1-9007199254740992', 'a', '1.0', '+1'].map((bad) => [bad, bad]),
    ...[
      ['1,', ''],
      [',1', ''],
      ['1,,3', ''],
      ['1;3', '1;3'],
      ['1\n', '1\n'],
    ],
  ]) {
    it(`is not written as ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseRanges(text ?? ''), {
        name: 'RangeError',
        message: `'${part}' is no range of offsets`,
      });
    });
  }

  for (const [text, touching] of [
    ['1,1', '1 and 1'],
    ['0-3,4', '0-3 and 4'],
    ['0-3,3-5', '0-3 and 3-5'],
    ['9,0-3', '9 and 0-3'],
    ['0,5-9,7', '5-9 and 7'],
  ] as const) {
    it(`is not written as '${text}', whose ranges touch or do not ascend`, () => {
      assert.throws(() => parseRanges(text), { name: 'RangeError', message: `the ranges ${touching} touch` });
    });
  }
});

describe('sets of offsets', () => {
  it('are joined in any order, however many of them an offset stands in', () => {
    const seen = { twice: 0, thrice: 0 };
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 4 }), (sets) => {
        const all = joinRanges(sets.map(({ ranges }) => ranges));

        const times = new Map<number, number>();
        for (const { set } of sets) for (const each of set) times.set(each, (times.get(each) ?? 0) + 1);
        const more = [...times].filter(([, count]) => count > 1);
        if (more.length > 0) seen.twice += 1;
        if (more.some(([, count]) => count > 2)) seen.thrice += 1;
        assert.deepEqual(all, rangesOf(times.keys()));
      }),
      { numRuns: 1_000 },
    );
    assert.ok(seen.twice > 300 && seen.thrice > 100, `a lopsided search: ${JSON.stringify(seen)}`);
  });

  it('are left unchanged by being joined', () => {
    const sets: Ranges[] = [[[0, 3]], [[2, 9]]];

    joinRanges(sets);

    assert.deepEqual(sets, [[[0, 3]], [[2, 9]]]);
  });

  it('are subtracted', () => {
    fc.assert(
      fc.property(anySet, anySet, (one, other) => {
        assert.deepEqual(subtractRanges(one.ranges, other.ranges), rangesOf(one.set.difference(other.set)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are cut to what lies within two bounds, to nothing where these are the wrong way round', () => {
    const bound = fc.integer({ min: -2, max: OFFSETS + 2 });
    fc.assert(
      fc.property(anySet, bound, bound, ({ set, ranges }, from, to) => {
        const inside = [...set].filter((offset) => offset >= from && offset <= to);

        assert.deepEqual(clipRanges(ranges, from, to), rangesOf(inside));
      }),
      { numRuns: 1_000 },
    );
  });
});
