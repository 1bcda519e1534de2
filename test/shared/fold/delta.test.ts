import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Delta, FoldFault, formatHour, formatLines, parseLines } from '../../../shared/fold/delta.ts';
import { aRecord } from '../../support/builders.ts';
import { type Click, counting, decode } from '../../support/clicks.ts';

function click(advertiserId: string, priceMicros: number, timestamp: number): Click {
  return decode(aRecord({ timestamp, click: { advertiserId, priceMicros } })) as Click;
}

const tenOClock = Date.UTC(2026, 10, 21, 10);

describe('a delta', () => {
  it('sums clicks and micros per hour and advertiser, in one readable text', () => {
    const delta = new Delta(counting);
    delta.count(click('adv-7', 5, tenOClock + 3_599_999));
    delta.count(click('adv-7', 6, tenOClock));
    delta.count(click('adv-9', 7, tenOClock + 3_600_000));
    delta.count(click('adv-7', 8, tenOClock + 1));

    const text = formatLines(delta.hours);

    assert.equal(text, '{"2026-11-21T10":{"adv-7":[3,19]},"2026-11-21T11":{"adv-9":[1,7]}}');
    assert.deepEqual(delta.totals, [4, 26]);
  });

  it('counts flagged clicks on their line and lists them by position', () => {
    const delta = new Delta(counting);
    const suspicious = click('adv-7', 5, tenOClock);
    delta.count(suspicious);
    delta.flag(suspicious, 'velocity', 21);

    assert.equal(formatLines(delta.hours), '{"2026-11-21T10":{"adv-7":[1,5,1]}}');
    assert.deepEqual(delta.flags, [{ offset: 0, rule: 'velocity', score: 21 }]);
  });

  it('reads back line by line, for advertisers with the names of object properties too', () => {
    const delta = new Delta(counting);
    for (const id of ['constructor', 'toString', 'a.b:c-d_e']) delta.count(click(id, 1, tenOClock));

    const lines = [...parseLines(formatLines(delta.hours), 2)];

    assert.deepEqual(
      lines.map(({ hour, key, line }) => [hour, key, ...line.sums, line.flagged]),
      [
        ['2026-11-21T10', 'constructor', 1, 1, 0],
        ['2026-11-21T10', 'toString', 1, 1, 0],
        ['2026-11-21T10', 'a.b:c-d_e', 1, 1, 0],
      ],
    );
  });

  it('refuses a text that it cannot have written', () => {
    for (const line of [
      '[1]',
      '[1,2,-1]',
      '[1,1.5]',
      '["1",1]',
      '{}',
      'null',
      '[1,9007199254740993]',
      '[1,2,3,4]',
    ]) {
      assert.throws(() => [...parseLines(`{"2026-11-21T10":{"a":${line}}}`, 2)], /journal\.damaged/, line);
    }
    for (const text of ['', '{', 'null', '[]', '7', '{"2026-11-21T10":null}', '{"2026-11-21T10":[]}'])
      assert.throws(() => [...parseLines(text, 2)], /journal\.damaged/, text);
  });

  it('refuses what no line can hold (I6)', () => {
    const one = click('adv-7', 1, tenOClock);
    const wrong = [
      { priceMicros: 0.5 },
      { priceMicros: -1 },
      { priceMicros: 1_000_000_001 },
      { priceMicros: Number.NaN },
      { advertiserId: 0.5 },
      { advertiserId: undefined },
      { record: { ...one.record, timestamp: Number.NaN } },
    ];
    for (const fields of wrong) {
      const delta = new Delta(counting);

      assert.throws(() => delta.count({ ...one, ...fields } as Click), FoldFault, JSON.stringify(fields));
      assert.equal(formatLines(delta.hours).includes('adv'), false);
      assert.ok(delta.fault instanceof FoldFault);
    }
    for (const [rule, score] of [
      ['', 1],
      ['x'.repeat(65), 1],
      ['\ud800', 1],
      [7, 1],
      ['velocity', Number.NaN],
    ] as const)
      assert.throws(
        () => new Delta(counting).flag(one, rule as string, score),
        FoldFault,
        `${rule} ${score}`,
      );
  });

  it('has hours in UTC, whatever the zone of the machine', () => {
    assert.equal(formatHour(Date.UTC(2026, 2, 29, 1, 59, 59, 999)), '2026-03-29T01');
    assert.equal(formatHour(0), '1970-01-01T00');
  });
});
