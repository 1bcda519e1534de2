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
  const [head = '', , row = ''] = lines.lines([aGroup(fields)], now);
  const split = (text: string) => text.trim().split(/\s{2,}/);
  return Object.fromEntries(split(head).map((column, i) => [column, split(row)[i] ?? '']));
}

/** So many partitions, each with a lag of its number and sums of five digits. */
function busyGroup(groupId: string, count: number): LiveGroup {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    owner: 1 + (partition % 4),
    committed: 1_087_801,
    end: 1_087_801 + partition,
    micros: 27_375_273_320n,
  }));
  return { ...aGroup(...partitions), groupId };
}

describe('the live lines', () => {
  it('are a total of each group and a row for each of its partitions, with separators', () => {
    const fraud = { ...aGroup({ owner: 2, parked: 3 }), groupId: 'fraud-service' };
    const billing = aGroup(
      { committed: 1_234_567, end: 1_234_600, micros: 9_876_543_210n },
      { owner: undefined, micros: 5_000n, parked: 1_000 },
    );

    assert.deepEqual(new LiveLines().lines([billing, fraud], 0), [
      'group            owner     committed  lag  lag s  clicks/s    amount  parked',
      'billing-service  1 of 2    1,234,567   33     >0         0  9,876.54   1,000',
      '  partition 0    poller 1  1,234,567   33     >0         0  9,876.54       0',
      '  partition 1    nobody            0    0    0.0         0      0.00   1,000',
      'fraud-service    1 of 1            0    0    0.0         0      0.00       3',
      '  partition 0    poller 2          0    0    0.0         0      0.00       3',
    ]);
  });

  it('are the head and the totals alone where there is nothing yet', () => {
    assert.equal(new LiveLines().lines([], 0).length, 1);
    assert.equal(new LiveLines().lines([aGroup()], 0).length, 2);
  });

  it('show a lag from the start of the log where nothing is committed, none below zero, and none where the end is unknown', () => {
    const lines = new LiveLines();
    const nothingCommitted = cells(lines, { committed: undefined, end: 70 }, 0);
    const aheadOfLook = cells(lines, { committed: 80, end: 70 }, 0);
    const [, , row = ''] = lines.lines([aGroup({ committed: 5, end: undefined })], 0);

    assert.deepEqual([nothingCommitted['committed'], nothingCommitted['lag']], ['-', '70']);
    assert.deepEqual(
      [aheadOfLook['committed'], aheadOfLook['lag'], aheadOfLook['lag s']],
      ['80', '0', '0.0'],
    );
    assert.match(row, /poller 1 +5 {2,}0 +0\.00/);
  });

  it('tell the age of the oldest record that is not committed', () => {
    const lines = new LiveLines();
    const age = (committed: number, end: number, now: number) =>
      cells(lines, { committed, end }, now)['lag s'];

    assert.equal(age(0, 100, 0), '>0', 'older than what was looked at');
    assert.equal(age(0, 200, 7_000), '>7');
    assert.equal(age(100, 300, 8_000), '8.0', 'record 100 came after the look at 0 s');
    assert.equal(age(250, 300, 9_000), '2.0', 'record 250 came after the look at 7 s');
    assert.equal(age(300, 300, 10_000), '0.0');
    assert.equal(age(300, 400, 11_000), '1.0');
  });

  it('remember the age of a long backlog within bounds', () => {
    const lines = new LiveLines();
    for (let second = 0; second < 5_000; second++)
      cells(lines, { committed: 10, end: 10 + second }, second * 1_000);

    assert.equal(cells(lines, { committed: 10, end: 9_999 }, 5_000_000)['lag s'], '5000.0');
  });

  for (const [columns, rows] of [
    [80, 24],
    [79, 23],
    [60, 24],
    [40, 10],
    [20, 3],
  ] as const)
    for (const partitions of [3, 12, 300])
      it(`fit ${columns} columns and ${rows} rows with ${partitions} partitions`, () => {
        const groups = [busyGroup('billing-service', partitions), busyGroup('fraud-service', partitions)];

        const lines = new LiveLines().lines(groups, 0, { columns, rows });

        assert.ok(lines.length <= rows, `${lines.length} lines`);
        for (const line of lines) assert.ok(line.length <= columns, line);
        assert.match(lines.join('\n'), /^billi/m);
        assert.match(lines.join('\n'), /^fraud/m);
      });

  it('lose columns by their importance in a narrow terminal, never lag and amount, and mark a name that is cut', () => {
    const heads = [80, 70, 60, 50, 40, 30].map((columns) => {
      const [head = ''] = new LiveLines().lines([busyGroup('billing-service', 3)], 0, { columns, rows: 24 });
      return head
        .trim()
        .split(/\s{2,}/)
        .slice(1)
        .join(' ');
    });
    const [, total = ''] = new LiveLines().lines([busyGroup('billing-service', 3)], 0, {
      columns: 24,
      rows: 24,
    });

    assert.deepEqual(heads, [
      'owner committed lag lag s clicks/s amount parked',
      'owner lag lag s clicks/s amount parked',
      'lag lag s clicks/s amount parked',
      'lag clicks/s amount parked',
      'lag amount parked',
      'lag amount',
    ]);
    assert.match(total, /^\S+… +3 +82,125\.81$/);
  });

  it('keep their columns beside a note on what is left out', () => {
    const lines = new LiveLines().lines([busyGroup('billing-service', 300)], 0, { columns: 79, rows: 22 });

    assert.match(lines[0] ?? '', /^group {12}owner/);
    assert.match(lines.at(-1) ?? '', /^ {2}… and 281 more, with less lag$/);
  });

  it('show of many partitions those that nobody owns and those with the largest lag, and say how many are left out', () => {
    const group = busyGroup('billing-service', 300);
    const partitions = group.partitions.map((each) =>
      each.partition === 7 ? { ...each, owner: undefined } : each,
    );

    const lines = new LiveLines().lines([{ ...group, partitions }], 0, { columns: 80, rows: 7 });

    assert.deepEqual(
      lines.map((line) => line.slice(0, 15).trimEnd()),
      [
        'group',
        'billing-service',
        '  partition 7',
        '  partition 297',
        '  partition 298',
        '  partition 299',
        '  … and 296 mor',
      ].map((line) => line.slice(0, 15)),
    );
    assert.match(lines[1] ?? '', /299 of 300/);
    assert.match(lines[1] ?? '', / 44,850 /, 'the lag of all of them');
  });

  it('say how many groups are left out where there are more than rows', () => {
    const groups = Array.from({ length: 9 }, (_, i) => busyGroup(`team-${i}`, 2));

    const lines = new LiveLines().lines(groups, 0, { columns: 80, rows: 6 });

    assert.equal(lines.length, 6);
    assert.equal(lines.at(-1), '… and 5 more groups');
    assert.equal(new LiveLines().lines(groups, 0, { columns: 80, rows: 1 }).length, 1);
  });

  it('give clicks per second over the last three seconds', () => {
    const lines = new LiveLines();
    const rate = (clicks: bigint, now: number) => cells(lines, { clicks }, now)['clicks/s'];

    assert.equal(rate(100n, 10_000), '0');
    assert.equal(rate(600n, 10_500), '1,000');
    assert.equal(rate(3_100n, 13_000), '1,000');
    assert.equal(rate(3_100n, 13_500), '833', 'the first sample is too old');
    assert.equal(rate(3_100n, 20_000), '0');
  });

  it('keep the rates of partitions and groups apart, and add them up', () => {
    const lines = new LiveLines();
    const groups = (...clicks: bigint[]) => [
      aGroup({ clicks: clicks[0]! }, { clicks: clicks[1]! }),
      { ...aGroup({ clicks: clicks[2]! }), groupId: 'fraud-service' },
    ];
    lines.lines(groups(0n, 100n, 1_000n), 0);

    const rows = lines.lines(groups(10n, 120n, 1_030n), 1_000);

    assert.deepEqual(
      rows.slice(1).map((row) => row.trim().split(/\s{2,}/)[5]),
      ['30', '10', '20', '30', '30'],
    );
  });
});
