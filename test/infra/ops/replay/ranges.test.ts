import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Extent,
  type ReplayRequest,
  readPlace,
  resolveRanges,
} from '../../../../infra/ops/replay/ranges.ts';

const extents: Extent[] = [
  { partition: 0, log: { start: 24, end: 480 }, counted: 470 },
  { partition: 1, log: { start: 0, end: 0 }, counted: 0 },
  { partition: 2, log: { start: 0, end: 9 }, counted: 9 },
];

function ranges(
  asked: Partial<ReplayRequest>,
  at: (time: number, partition: number) => number | undefined = () => undefined,
) {
  const whole: ReplayRequest = { from: 'start', to: undefined, partition: undefined, ...asked };
  return resolveRanges(whole, extents, at).map(({ partition, start, end }) => [partition, start, end]);
}

describe('the range of a replay', () => {
  it('goes from where the log begins to what the ledger has counted', () => {
    assert.deepEqual(ranges({}), [
      [0, 24, 470],
      [2, 0, 9],
    ]);
  });

  it('goes from an offset to an offset, which is included', () => {
    assert.deepEqual(ranges({ from: { offset: 30 }, to: { offset: 30 }, partition: 0 }), [[0, 30, 31]]);
    assert.deepEqual(ranges({ from: { offset: 479 }, to: { offset: 479 }, partition: 0 }), [[0, 479, 480]]);
  });

  it('goes from a time to a time, by what the log says of both', () => {
    const at = (time: number, partition: number) => (partition === 0 ? time : undefined);

    assert.deepEqual(ranges({ from: { time: 100 }, to: { time: 200 } }, at), [[0, 100, 200]]);
  });

  const refused: [what: string, asked: Partial<ReplayRequest>, why: RegExp][] = [
    [
      'before the log',
      { from: { offset: 23 }, partition: 0 },
      /--from 23 is outside of the log of partition 0: partition 0 holds 24 to 479, counted up to 469/,
    ],
    ['after the log', { to: { offset: 480 }, partition: 0 }, /--to 480 is outside of the log/],
    ['in an empty partition', { from: { offset: 0 }, partition: 1 }, /partition 1 holds nothing/],
    ['beyond one partition of several', { from: { offset: 100 } }, /partition 1: .*partition 2 holds 0 to 8/],
    [
      'backwards',
      { from: { offset: 30 }, to: { offset: 29 }, partition: 0 },
      /there is nothing in that range/,
    ],
    [
      'after the newest record',
      { from: { time: 9e12 } },
      /there is nothing in that range: partition 0 holds 24 to 479/,
    ],
  ];
  for (const [what, asked, why] of refused)
    it(`${what} is refused with what there is`, () => {
      assert.throws(() => ranges(asked), why);
    });

  it('is read as an offset or a time', () => {
    assert.deepEqual(readPlace('from', '17'), { offset: 17 });
    assert.deepEqual(readPlace('from', '2026-11-21'), { time: Date.UTC(2026, 10, 21) });
    assert.deepEqual(readPlace('from', '2026-11-21T10Z'), { time: Date.UTC(2026, 10, 21, 10) });
    assert.deepEqual(readPlace('from', '2026-11-21T10:30:00.250Z'), {
      time: Date.UTC(2026, 10, 21, 10, 30, 0, 250),
    });
    assert.deepEqual(readPlace('to', '2026-11-21T12:00+02:00'), { time: Date.UTC(2026, 10, 21, 10) });
    for (const given of ['-1', '1.5', 'yesterday', '2026-13-01', '2026-11-21T25:00Z', '2026-11-21T10:00', ''])
      assert.throws(() => readPlace('from', given), /allowed is an offset, or a time like/, given);
  });
});
