import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Item, readNumber } from '../../../shared/journal/journal-items.ts';
import { rollUp } from '../../../shared/statement/rollup.ts';
import { readStatement, type StatementHour, wholePeriod } from '../../../shared/statement/statement.ts';
import { aRecord, records, START_MS } from '../../support/builders.ts';
import { memoryLedger, steppedClock } from '../../support/memory-ledger.ts';
import { apply, flagging } from './applied.ts';

const clock = steppedClock(START_MS);
const HOUR = '2026-11-21T10';

function shape(hours: StatementHour[]): [string, number, number][] {
  return hours.map(({ hour, sums }) => [hour, Number(sums['clicks']), Number(sums['micros'])]);
}

describe('a statement', () => {
  it('sums an advertiser over partitions and hours, of the period only', async () => {
    const ledger = memoryLedger();
    await apply(ledger, [aRecord({ offset: 0 }), aRecord({ offset: 1, timestamp: START_MS + 3_600_000 })]);
    await apply(ledger, records(0, 2, { partition: 1 }), { partition: 1 });
    await apply(ledger, [aRecord({ offset: 2, click: { advertiserId: 'adv-70' } })]);
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);

    const whole = await readStatement(ledger, 'adv-7', wholePeriod, false);
    const firstHour = await readStatement(ledger, 'adv-7', { from: HOUR, to: HOUR }, false);

    assert.deepEqual(shape(whole), [
      [HOUR, 3, 750_000],
      ['2026-11-21T11', 1, 250_000],
    ]);
    assert.deepEqual(shape(firstHour), [[HOUR, 3, 750_000]]);
  });

  it('is as of the last rollup, or exact with the entries after it', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, records(3, 4));

    assert.deepEqual(shape(await readStatement(ledger, 'adv-7', wholePeriod, false)), [[HOUR, 3, 750_000]]);
    assert.deepEqual(shape(await readStatement(ledger, 'adv-7', wholePeriod, true)), [[HOUR, 7, 1_750_000]]);
  });

  it('is exact while a rollup is half way: lines written, checkpoint not yet', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    const checkpoint = ledger.memory.get('checkpoint#ad_clicks@1#0', 'checkpoint') as Item;
    await apply(ledger, records(3, 4));
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    ledger.memory.set(checkpoint);

    assert.equal(readNumber(checkpoint['through']), 1);
    assert.deepEqual(shape(await readStatement(ledger, 'adv-7', wholePeriod, true)), [[HOUR, 7, 1_750_000]]);
  });

  it('has the hours in order and within the period, both ends included, though entries came in another order', async () => {
    const ledger = memoryLedger();
    const at = (offset: number, hours: number) =>
      aRecord({ offset, timestamp: START_MS + hours * 3_600_000 });
    await apply(ledger, [at(0, 2), at(1, 3)]);
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, [at(2, 4), at(3, 1), at(4, 0), at(5, 2)]);
    const exact = async (from: string, to: string) =>
      shape(await readStatement(ledger, 'adv-7', { from, to }, true)).map(([hour, clicks]) => [hour, clicks]);

    assert.deepEqual(await exact('2026-11-21T10', '2026-11-21T14'), [
      ['2026-11-21T10', 1],
      ['2026-11-21T11', 1],
      ['2026-11-21T12', 2],
      ['2026-11-21T13', 1],
      ['2026-11-21T14', 1],
    ]);
    assert.deepEqual(await exact('2026-11-21T11', '2026-11-21T13'), [
      ['2026-11-21T11', 1],
      ['2026-11-21T12', 2],
      ['2026-11-21T13', 1],
    ]);
    assert.deepEqual(await exact('2026-11-21T15', '2026-11-21T16'), []);
  });

  it('is exact before the first rollup, and has nothing as of it', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3));

    assert.deepEqual(shape(await readStatement(ledger, 'adv-7', wholePeriod, true)), [[HOUR, 3, 750_000]]);
    assert.deepEqual(await readStatement(ledger, 'adv-7', wholePeriod, false), []);
  });

  it('sums what was flagged, of lines and of the entries after them', async () => {
    const ledger = memoryLedger();
    await apply(ledger, records(0, 3), { fold: flagging });
    await apply(ledger, records(0, 1, { partition: 1 }), { partition: 1, fold: flagging });
    await rollUp(ledger, clock, Number.POSITIVE_INFINITY);
    await apply(ledger, records(3, 2), { fold: flagging });

    const flagged = async (exact: boolean) =>
      (await readStatement(ledger, 'adv-7', wholePeriod, exact)).map((hour) => hour.flagged);
    assert.deepEqual([await flagged(false), await flagged(true)], [[8n], [12n]]);
  });

  it('of an unknown advertiser is empty', async () => {
    assert.deepEqual(await readStatement(memoryLedger(), 'adv-0', wholePeriod, true), []);
  });
});
