import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bounds } from '../../../../infra/ops/audit/topic-log.ts';
import { openIn, openWork, type Scope } from '../../../../infra/ops/redrive/open-work.ts';
import { emptyState } from '../../../../shared/journal.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/offsets.ts';
import { aRecord, records } from '../../../support/builders.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import { apply } from '../filled-ledger.ts';

function open(resolved: string, parked: string, bounds: Bounds, committed?: number, scope: Scope = {}) {
  const state = { ...emptyState, resolved: parseOffsets(resolved), parked: parseOffsets(parked) };
  const found = openIn(state, bounds, committed, scope);
  return [found.parked, found.gaps, found.gone].map(formatOffsets);
}

describe('what a ledger has not counted', () => {
  it('is what it parked and what lies open below its newest offset', () => {
    assert.deepEqual(open('0-4,8-9', '2', { start: 0, end: 20 }), ['2', '5-7', '']);
  });

  it('is also what the group has committed past, above the newest offset and below the first', () => {
    assert.deepEqual(open('4-9', '', { start: 0, end: 20 }, 12), ['', '0-3,10-11', '']);
    assert.deepEqual(open('', '', { start: 3, end: 20 }, 12), ['', '3-11', '']);
  });

  it('is told apart where the log has begun later', () => {
    assert.deepEqual(open('0-4,8-9,12', '2,9', { start: 7, end: 20 }), ['2,9', '7,10-11', '5-6']);
    assert.deepEqual(open('8-9', '', { start: 7, end: 20 }), ['', '7', ''], 'nobody knows what was before');
  });

  it('is limited to what was asked for', () => {
    const scope = { from: 6, to: 11 };

    assert.deepEqual(open('0-4,8-9,14', '1,8', { start: 0, end: 20 }, undefined, scope), [
      '8',
      '6-7,10-11',
      '',
    ]);
    assert.deepEqual(open('0-4,8', '', { start: 0, end: 9 }, undefined, { from: 20 }), ['', '', '']);
  });

  it('is read of the newest incarnation, and refused for a partition that the topic has not', async () => {
    const ledger = memoryLedger();
    await apply(ledger, [...records(0, 3), aRecord({ offset: 5 })]);
    const log = {
      bounds: async () => [{ start: 0, end: 9 }],
      committed: async () => [6],
    };

    const [work] = await openWork({ store: ledger, topic: 'ad_clicks', log }, {});
    const other = openWork({ store: ledger, topic: 'ad_clicks', log }, { partition: 1 });

    assert.deepEqual([work?.journal, formatOffsets(work?.gaps ?? [])], ['ad_clicks@1#0', '3-4']);
    await assert.rejects(other, /partition 1 is unknown, ad_clicks has 1: 0 to 0/);
  });
});
