import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LiveGroup, LiveLines, type LivePartition } from '../../../infra/start/live-lines.ts';

function aGroup(...partitions: Partial<LivePartition>[]): LiveGroup {
  const all = partitions.map((fields, partition) => ({
    partition,
    owner: 1,
    committed: 0,
    end: 0,
    clicks: 0n,
    micros: 0n,
    parked: 0,
    applied: 0,
    committedThen: 0,
    gaps: 0,
    ...fields,
  }));
  return { groupId: 'billing-service', partitions: all };
}

/** The cells of one partition's row by column. */
function cells(lines: LiveLines, fields: Partial<LivePartition>, now: number): Record<string, string> {
  const [head = '', row = ''] = lines.rows([aGroup(fields)], now);
  const split = (text: string) => text.trim().split(/\s{2,}/);
  return Object.fromEntries(split(head).map((column, i) => [column, split(row)[i] ?? '']));
}

describe('the live lines', () => {
  it('are a table of one row for each partition of each group, all as wide as each other', () => {
    const fraud = { ...aGroup({ owner: 2, parked: 3 }), groupId: 'fraud-service' };
    const billing = aGroup(
      { committed: 1_234_567, end: 1_234_600, micros: 9_876_543_210n },
      { owner: undefined },
    );

    const rows = new LiveLines().rows([billing, fraud], 0);

    assert.deepEqual(rows, [
      'group            partition  owner     position  lag  clicks/s       amount  parked',
      'billing-service  0          poller 1   1234567   33         0  9876.543210       0',
      'billing-service  1          nobody           0    0         0     0.000000       0',
      'fraud-service    0          poller 2         0    0         0     0.000000       3',
    ]);
  });

  it('are the head alone where there is nothing yet', () => {
    assert.equal(new LiveLines().rows([], 0).length, 1);
    assert.equal(new LiveLines().rows([aGroup()], 0).length, 1);
  });

  it('show a lag from the start of the log where nothing is committed, none below zero, and none where the end is unknown', () => {
    const lines = new LiveLines();
    const nothingCommitted = cells(lines, { committed: undefined, end: 70 }, 0);
    const aheadOfLook = cells(lines, { committed: 80, end: 70 }, 0);
    const [, row = ''] = lines.rows([aGroup({ committed: 5, end: undefined })], 0);

    assert.deepEqual([nothingCommitted['position'], nothingCommitted['lag']], ['-', '70']);
    assert.deepEqual([aheadOfLook['position'], aheadOfLook['lag']], ['80', '0']);
    assert.match(row, /poller 1 +5 {2,}0 +0\.000000/);
  });

  it('give clicks per second over the last three seconds', () => {
    const lines = new LiveLines();
    const rate = (clicks: bigint, now: number) => cells(lines, { clicks }, now)['clicks/s'];

    assert.equal(rate(100n, 10_000), '0');
    assert.equal(rate(600n, 10_500), '1000');
    assert.equal(rate(3_100n, 13_000), '1000');
    assert.equal(rate(3_100n, 13_500), '833', 'the first sample is too old');
    assert.equal(rate(3_100n, 20_000), '0');
  });

  it('keep the rates of partitions and groups apart', () => {
    const lines = new LiveLines();
    const groups = (...clicks: bigint[]) => [
      aGroup({ clicks: clicks[0]! }, { clicks: clicks[1]! }),
      { ...aGroup({ clicks: clicks[2]! }), groupId: 'fraud-service' },
    ];
    lines.rows(groups(0n, 100n, 1_000n), 0);

    const rows = lines.rows(groups(10n, 120n, 1_030n), 1_000);

    assert.deepEqual(
      rows.slice(1).map((row) => row.split(/\s{2,}/)[5]),
      ['10', '20', '30'],
    );
  });
});
