import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCoverage, Holes } from '../../../infra/audit/check-partition.ts';
import type { PartitionTally } from '../../../infra/audit/findings.ts';
import { formatRanges, parseRanges } from '../../../infra/audit/offset-ranges.ts';
import { faultsOf, JOURNAL } from './made-entries.ts';

describe('the coverage of a partition', () => {
  const tally = (): PartitionTally => ({
    ...{ journal: JOURNAL, logStart: 0, logEnd: 0, committed: 0, records: 0, entries: 0, applied: 0 },
    ...{ micros: 0n, microsByLog: 0n, parked: 0, accepted: 0, compared: 0, missing: 0, gaps: 0 },
    ...{ gapOffsets: '', explainedOffsets: '', lag: 0, unverifiable: 0 },
  });
  interface Sight {
    readonly start?: number;
    readonly end: number;
    readonly committed?: number;
    readonly resolved?: string;
    readonly voided?: string;
    readonly accepted?: string;
    readonly expired?: string;
    readonly holes?: string;
  }
  const cases: readonly [string, Sight, string[], Partial<PartitionTally>][] = [
    [
      'has expired entries of all that is in the log',
      { start: 3, end: 4, committed: 4, resolved: '0-3', expired: '0-3' },
      ['chain: entries 1 to 7 are gone, and the records of their offsets 3 are still in the log'],
      {},
    ],
    [
      'lacks the first record',
      { end: 3, committed: 3, resolved: '1-2' },
      ['missing: not counted: 1 record, offsets 0, committed 3'],
      { missing: 1, gaps: 0 },
    ],
    ['has a gap at the start', { end: 3, resolved: '1-2' }, [], { gaps: 1, gapOffsets: '0', lag: 0 }],
    [
      'has a hole at the start',
      { end: 3, resolved: '1-2', holes: '0' },
      [],
      { gaps: 0, explainedOffsets: '0' },
    ],
    [
      'has counted the first record, which has left the log',
      { start: 1, end: 3, committed: 3, resolved: '0-2' },
      [],
      { unverifiable: 1 },
    ],
    [
      'has a gap where the log begins',
      { start: 3, end: 5, resolved: '0,4' },
      ['lost: 2 offsets, 1-2, left the log uncounted'],
      { gaps: 1, gapOffsets: '3' },
    ],
    ['is whole', { end: 5, committed: 5, resolved: '0-4' }, [], { lag: 0, gaps: 0, missing: 0 }],
    ['lags', { end: 5, committed: 3, resolved: '0-2' }, [], { lag: 2, gaps: 0 }],
    ['lags from the start', { end: 5 }, [], { lag: 5 }],
    ['has nothing of an empty log', { start: 5, end: 5, committed: 5 }, [], { lag: 0 }],
    ['has gaps', { end: 6, committed: 1, resolved: '0,3,5' }, [], { gaps: 3, gapOffsets: '1-2,4', lag: 0 }],
    [
      'has gaps that hold no record',
      { end: 6, committed: 1, resolved: '0,3', holes: '1,4' },
      [],
      { gaps: 1, gapOffsets: '2', explainedOffsets: '1', lag: 1 },
    ],
    [
      'lacks the last committed record',
      { end: 5, committed: 4, resolved: '0-2' },
      ['missing: not counted: 1 record, offsets 3, committed 4'],
      { missing: 1, lag: 1 },
    ],
    [
      'has a commit beyond the log',
      { end: 3, committed: 4, resolved: '0-2' },
      ['phantom: the group has committed 4, and the log ends at 3: it was recreated, or its tail rewritten'],
      {},
    ],
    [
      'counts what the log has not',
      { end: 3, committed: 3, resolved: '0-3' },
      ['phantom: the log has no record at offsets 3, its end is 3'],
      {},
    ],
    [
      'counts a hole',
      { end: 4, committed: 4, resolved: '0-3', holes: '2' },
      ['phantom: the log has no record at offsets 2, its end is 4'],
      {},
    ],
    ['counts a hole as void', { end: 4, committed: 4, resolved: '0-3', holes: '2', voided: '2' }, [], {}],
    ['accepts a hole', { end: 4, committed: 4, resolved: '0-3', holes: '2', accepted: '2' }, [], {}],
    [
      'voids a record',
      { end: 4, committed: 4, resolved: '0-3', voided: '3' },
      ['missing: closed as void, but in the log: 1 record, offsets 3'],
      {},
    ],
    [
      'voids what has left the log',
      { start: 2, end: 4, committed: 4, resolved: '0-3', voided: '1' },
      [],
      { unverifiable: 1 },
    ],
    [
      'accepts what has left the log',
      { start: 2, end: 4, committed: 4, resolved: '0-3', accepted: '0-1' },
      [],
      { unverifiable: 0 },
    ],
    [
      'has lost what left the log',
      { start: 3, end: 4, committed: 4, resolved: '0,3' },
      ['lost: 2 offsets, 1-2, left the log uncounted'],
      { unverifiable: 1 },
    ],
    ['begins where the log does', { start: 3, end: 4, committed: 4, resolved: '3' }, [], { unverifiable: 0 }],
    ['begins with nothing, after the log has begun', { start: 3, end: 4, committed: 3 }, [], { lag: 1 }],
    [
      'has expired entries whose records are gone',
      { start: 2, end: 4, committed: 4, resolved: '0-3', expired: '0-1' },
      [],
      {},
    ],
    [
      'has expired entries whose last record is there',
      { start: 1, end: 4, committed: 4, resolved: '0-3', expired: '0-1' },
      ['chain: entries 1 to 7 are gone, and the records of their offsets 1 are still in the log'],
      {},
    ],
    [
      'has expired entries that end in a hole',
      { start: 1, end: 4, committed: 4, resolved: '0-3', expired: '0-1', holes: '1' },
      [],
      {},
    ],
  ];
  for (const [what, sight, expected, counts] of cases)
    it(what, () => {
      const own = tally();
      const {
        start = 0,
        end,
        committed,
        resolved = '',
        voided = '',
        accepted = '',
        expired = '',
        holes = '',
      } = sight;
      const faults = faultsOf((findings) =>
        checkCoverage(findings, own, {
          ...{
            bounds: { start, end },
            committed,
            resolved: parseRanges(resolved),
            voided: parseRanges(voided),
          },
          ...{ accepted: parseRanges(accepted), expired: parseRanges(expired), expiredTo: 7 },
          holes: parseRanges(holes),
        }),
      );
      assert.deepEqual(faults, expected);
      const { missing, gaps, gapOffsets, explainedOffsets, lag, unverifiable } = own;
      const all = { missing, gaps, gapOffsets, explainedOffsets, lag, unverifiable };
      assert.deepEqual({ ...all, ...counts }, all);
    });

  it('knows where there is no record, at the start, between and at the end', () => {
    const holesOf = (start: number, offsets: readonly number[], end: number) => {
      const holes = new Holes(start);
      for (const offset of offsets) holes.record(offset);
      return formatRanges(holes.until(end));
    };
    assert.equal(holesOf(0, [0, 1, 2], 3), '');
    assert.equal(holesOf(2, [4, 5, 7], 10), '2-3,6,8-9');
    assert.equal(holesOf(2, [2], 4), '3');
    assert.equal(holesOf(2, [], 2), '');
  });
});
