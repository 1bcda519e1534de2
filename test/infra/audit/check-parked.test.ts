import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkParked, findOpenParked } from '../../../infra/audit/check-parked.ts';
import type { CheckpointRead, EntryRead, ParkedRead } from '../../../infra/audit/layout.ts';
import { formatRanges } from '../../../infra/audit/offset-ranges.ts';
import { checkpointOf, entry, faultsOf, JOURNAL, SHA } from './made-entries.ts';

const DAY = 86_400;

describe('the list of parked records', () => {
  const item = (more: Partial<ParkedRead> = {}): ParkedRead => {
    const fixed = { journal: JOURNAL, offset: 3, version: 1, reason: 'r', sha256: SHA, settled: undefined };
    return { ...fixed, ...more };
  };
  const settledBy = (version: number, expiresSeconds = 1_000 + DAY) =>
    item({ settled: { version, expiresSeconds } });
  const parks = entry(1, { offsets: '3', parked: [3], resolved: '0-3' });
  const settles = entry(2, { unparked: '3', resolved: '0-3' });
  const open = (through: number, count: number) => checkpointOf(through, '0-3', { openParked: count });
  const early = entry(3, { resolved: '0-3' });

  const cases: readonly [string, EntryRead[], CheckpointRead | undefined, ParkedRead[], string[]][] = [
    ['open, as the entry has it', [parks], open(1, 1), [item()], []],
    ['without a checkpoint yet', [parks], undefined, [item()], []],
    ['not listed, without a checkpoint yet', [parks], undefined, [], []],
    ['settled, without a checkpoint yet', [entry(1, { unparked: '3' })], undefined, [item()], []],
    [
      'another reason',
      [parks],
      open(1, 1),
      [item({ reason: 'q' })],
      [`parked: offset 3 is listed for q ${SHA}, entry 1 has r ${SHA}`],
    ],
    [
      'another digest',
      [parks],
      open(1, 1),
      [item({ sha256: 'e' })],
      [`parked: offset 3 is listed for r e, entry 1 has r ${SHA}`],
    ],
    [
      'another version',
      [parks, settles],
      open(2, 0),
      [{ ...settledBy(2), version: 2 }],
      ['parked: offset 3 is listed as parked by entry 2, entry 1 did'],
    ],
    [
      'not listed at the checkpoint',
      [parks],
      open(1, 0),
      [],
      ['parked: offset 3 is parked by entry 1 and not listed'],
    ],
    [
      'not listed before the checkpoint reaches it',
      [entry(1), entry(2, { offsets: '3', parked: [3] })],
      open(1, 0),
      [],
      [],
    ],
    [
      'not listed where only who settled it is known',
      [settles],
      open(2, 0),
      [],
      ['parked: offset 3 is parked by entry 2 and not listed'],
    ],
    ['settled, and listed so', [parks, settles], open(2, 0), [settledBy(2)], []],
    [
      'settled, and listed as open',
      [parks, settles],
      open(2, 1),
      [item()],
      ['parked: offset 3 was settled by entry 2, and the list does not say so'],
    ],
    ['settled after the checkpoint', [parks, settles], open(1, 1), [item()], []],
    ['listed as settled ahead of the checkpoint', [parks, settles], open(1, 1), [settledBy(2)], []],
    [
      'settled by another entry',
      [parks, settles, entry(3)],
      open(3, 0),
      [settledBy(3)],
      ['parked: offset 3 is listed as settled by entry 3, by the entries entry 2 did'],
    ],
    [
      'settled by nobody',
      [parks],
      open(1, 0),
      [settledBy(1)],
      ['parked: offset 3 is listed as settled by entry 1, by the entries none did'],
    ],
    [
      'expiring with its entry',
      [parks, settles],
      open(2, 0),
      [settledBy(2, 1_000)],
      ['parked: offset 3 expires 0 seconds after entry 2, which is no number of days'],
    ],
    [
      'expiring a day before it',
      [parks, settles],
      open(2, 0),
      [settledBy(2, 1_000 - DAY)],
      [`parked: offset 3 expires -${DAY} seconds after entry 2, which is no number of days`],
    ],
    ['expiring days after it', [parks, settles], open(2, 0), [settledBy(2, 1_000 + 7 * DAY)], []],
    [
      'expiring a day and a second after it',
      [parks, settles],
      open(2, 0),
      [settledBy(2, 1_001 + DAY)],
      [`parked: offset 3 expires ${DAY + 1} seconds after entry 2, which is no number of days`],
    ],
    [
      'parked by no entry',
      [entry(1)],
      open(1, 1),
      [item()],
      ['parked: offset 3 is listed as parked, and no entry parks it'],
    ],
    ['parked by an expired entry', [early], open(3, 1), [item()], []],
    [
      'parked by an expired entry, and not resolved',
      [entry(3, { resolved: '0-2' })],
      open(3, 1),
      [item()],
      ['parked: offset 3 is listed as parked, and no entry parks it'],
    ],
    [
      'parked by an entry that stands',
      [early],
      open(3, 1),
      [item({ version: 3 })],
      ['parked: offset 3 is listed as parked, and no entry parks it'],
    ],
    ['settled by an expired entry', [early], open(3, 0), [settledBy(2)], []],
    [
      'settled by an entry that stands, which does not',
      [early],
      open(3, 0),
      [settledBy(3)],
      ['parked: offset 3 is listed as parked, and no entry parks it'],
    ],
    ['where all entries have expired', [], open(3, 1), [item({ version: 3 })], []],
    [
      'where all entries have expired, by one to come',
      [],
      open(3, 0),
      [item({ version: 4 })],
      ['parked: offset 3 is listed as parked, and no entry parks it'],
    ],
    [
      'fewer open than the checkpoint counts',
      [parks],
      open(1, 2),
      [item()],
      ['parked: listed as open through version 1: 1 record; the checkpoint counts 2'],
    ],
    [
      'more open than the checkpoint counts',
      [parks, settles],
      open(1, 0),
      [settledBy(2)],
      ['parked: listed as open through version 1: 1 record; the checkpoint counts 0'],
    ],
  ];
  for (const [what, entries, checkpoint, items, expected] of cases)
    it(`is checked: ${what}`, () => {
      const rolled = { journal: JOURNAL, entries, checkpoint };
      assert.deepEqual(
        faultsOf((findings) => checkParked(findings, rolled, items)),
        expected,
      );
    });

  it('and the entries tell which offsets are open', () => {
    const entries = [parks, entry(2, { offsets: '4-5', parked: [4, 5] }), entry(3, { unparked: '4' })];
    const items = [item(), item({ offset: 9 }), { ...settledBy(2), offset: 8 }];

    assert.equal(formatRanges(findOpenParked(entries, items)), '3,5,9');
  });
});
