import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BilledTotals } from '../../../../infra/start/page/totals.ts';

describe('what was billed', () => {
  const at = (clicks: number) => new Map([['billing-service', { clicks, micros: BigInt(clicks) }]]);

  it('is told as it was before the log was counted, never after', () => {
    const totals = new BilledTotals();
    for (const second of [1, 2, 3]) totals.note(second * 1_000, at(second));

    assert.deepEqual(totals.before(2_500), at(2));
    assert.equal(totals.before(500), undefined);
  });

  it('is forgotten after a while', () => {
    const totals = new BilledTotals();
    for (let second = 0; second < 100; second++) totals.note(second * 1_000, at(second));

    assert.equal(totals.before(10_000), undefined);
    assert.deepEqual(totals.before(99_000), at(99));
  });
});
