import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkLines } from '../../../infra/audit/check-lines.ts';
import { isHour, isPossible, readLines } from '../../../infra/audit/entry-lines.ts';
import type { EntryRead, LineRead } from '../../../infra/audit/layout.ts';
import { checkpointOf, entry, faultsOf, HOUR, JOURNAL } from './made-entries.ts';

describe('statement lines', () => {
  const lines = (numbers: string) => `{"${HOUR}":{"a":${numbers}}}`;
  const line = (
    clicks: number,
    micros: number,
    flagged: number,
    through: number,
    advertiser = 'a',
  ): LineRead => ({
    journal: JOURNAL,
    line: `${HOUR} ${advertiser}`,
    ...{ clicks: BigInt(clicks), micros: BigInt(micros), flagged: BigInt(flagged), through },
  });
  const two = [entry(1, { lines: lines('[2,20,1]') }), entry(2, { lines: lines('[1,10]') })];
  const has = (clicks: number, micros: number, flagged: number, through: number, sums: string) =>
    `statement: ${HOUR} a has ${clicks} clicks and ${micros} micros, ${flagged} flagged; its entries up to ${through} have ${sums} flagged`;
  const late = [entry(3, { lines: lines('[1,10,1]'), state: { clicks: 4n, micros: 40n } })];
  const expired = (clicks: number, micros: number) =>
    `statement: all lines together hold ${clicks} clicks and ${micros} micros of expired entries, by the states these had 3 clicks and 30 micros`;

  const cases: readonly [string, EntryRead[], number, LineRead[], string[]][] = [
    ['are the sum of their entries', two, 2, [line(3, 30, 1, 2)], []],
    ['are the sum of those up to their version', two, 1, [line(2, 20, 1, 1)], []],
    [
      'lack an entry that the checkpoint has',
      two,
      2,
      [line(2, 20, 1, 1)],
      [`statement: ${HOUR} a lacks entry 2, and the checkpoint is at 2`],
    ],
    ['are ahead of the checkpoint', two, 1, [line(3, 30, 1, 2)], []],
    ['have a click more', two, 2, [line(4, 30, 1, 2)], [has(4, 30, 1, 2, '3 clicks and 30 micros, 1')]],
    ['have a click less', two, 2, [line(2, 30, 1, 2)], [has(2, 30, 1, 2, '3 clicks and 30 micros, 1')]],
    ['have a micro more', two, 2, [line(3, 31, 1, 2)], [has(3, 31, 1, 2, '3 clicks and 30 micros, 1')]],
    ['have a flag less', two, 2, [line(3, 30, 0, 2)], [has(3, 30, 0, 2, '3 clicks and 30 micros, 1')]],
    ['are missing', two, 1, [], [`statement: ${HOUR} a has no line, entry 1 has 2 clicks and 20 micros`]],
    ['are missing before the checkpoint reaches their entry', two, 0, [], []],
    [
      'claim a version beyond the newest',
      two,
      2,
      [line(3, 30, 1, 3)],
      [`statement: ${HOUR} a claims version 3, the newest is 2`],
    ],
    [
      'claim a version that has nothing of them',
      [...two, entry(3)],
      3,
      [line(3, 30, 1, 3)],
      [`statement: ${HOUR} a claims version 3, and entry 3 has nothing of it`],
    ],
    ['hold what expired entries added up to', late, 3, [line(4, 40, 2, 3)], []],
    ['hold it in several', late, 3, [line(2, 20, 1, 3), line(2, 20, 0, 2, 'b')], []],
    ['hold a click more than expired entries added up to', late, 3, [line(5, 40, 1, 3)], [expired(4, 30)]],
    ['hold a micro less than expired entries added up to', late, 3, [line(4, 39, 1, 3)], [expired(3, 29)]],
    [
      'hold fewer clicks than the entries that stand',
      late,
      3,
      [line(0, 40, 1, 3), line(4, 0, 0, 2, 'b')],
      [has(0, 40, 1, 3, '1 click and 10 micros, 1')],
    ],
    [
      'hold less money than the entries that stand',
      late,
      3,
      [line(4, 9, 1, 3), line(0, 31, 0, 2, 'b')],
      [has(4, 9, 1, 3, '1 click and 10 micros, 1')],
    ],
    [
      'hold fewer flags than the entries that stand',
      late,
      3,
      [line(4, 40, 0, 3)],
      [has(4, 40, 0, 3, '1 click and 10 micros, 1')],
    ],
    [
      'name the oldest entry that stands, which has nothing of them',
      late,
      3,
      [line(1, 10, 1, 3), line(3, 30, 0, 3, 'b')],
      [`statement: ${HOUR} b claims version 3, and entry 3 has nothing of it`],
    ],
    ['have all to say where every entry has expired', [], 3, [line(4, 40, 0, 3)], []],
    [
      'are there before any entry',
      [],
      0,
      [line(0, 0, 0, 1)],
      [`statement: ${HOUR} a claims version 1, the newest is 0`],
    ],
  ];
  for (const [what, entries, through, given, expected] of cases)
    it(what, () => {
      const checkpoint = through === 0 ? undefined : checkpointOf(through, '', { clicks: 4n, micros: 40n });
      assert.deepEqual(
        faultsOf((findings) => checkLines(findings, { journal: JOURNAL, entries, checkpoint }, given)),
        expected,
      );
    });

  it('of an entry are of hours that exist and of sums that are possible', () => {
    for (const hour of ['2026-11-21T00', '2024-02-29T23']) assert.ok(isHour(hour), hour);
    for (const hour of ['2026-02-29T10', '2026-11-21T24', '2026-11-21T1', 'x2026-11-21T10', '2026-11-21T100'])
      assert.ok(!isHour(hour), hour);
    assert.deepEqual(readLines(lines('[1,0,0]')).sum, { clicks: 1n, micros: 0n, flagged: 0n });
    const sums = (clicks: bigint, micros: bigint, flagged: bigint) => isPossible({ clicks, micros, flagged });
    assert.deepEqual([sums(0n, 0n, 0n), sums(1n, 1_000_000_000n, 1n), sums(2n, 0n, 2n)], [true, true, true]);
    assert.deepEqual(
      [sums(1n, 1_000_000_001n, 0n), sums(1n, -1n, 0n), sums(1n, 0n, -1n), sums(1n, 0n, 2n)],
      [false, false, false, false],
    );
  });
});
