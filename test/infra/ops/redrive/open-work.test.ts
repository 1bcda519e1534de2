import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bounds } from '../../../../infra/kafka/topic-log.ts';
import { findOpen, findOpenWork, type RedriveScope } from '../../../../infra/ops/redrive/open-work.ts';
import { emptyState } from '../../../../shared/journal/journal.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/journal/offsets.ts';
import { aRecord, records } from '../../../support/builders.ts';
import { apply, roll } from '../../../support/filled-ledger.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';

function open(resolved: string, bounds: Bounds, committed?: number, scope: RedriveScope = {}) {
  const state = { ...emptyState, resolved: parseOffsets(resolved) };
  const found = findOpen(state, bounds, committed, scope);
  return [found.gaps, found.gone].map(formatOffsets);
}

describe('what a ledger has not counted', () => {
  it('is what lies open below its newest offset', () => {
    assert.deepEqual(open('0-4,8-9', { start: 0, end: 20 }), ['5-7', '']);
  });

  it('is also what the group has committed past, above the newest offset and below the first', () => {
    assert.deepEqual(open('4-9', { start: 0, end: 20 }, 12), ['0-3,10-11', '']);
    assert.deepEqual(open('', { start: 3, end: 20 }, 12), ['3-11', '']);
  });

  it('is told apart where the log has begun later', () => {
    assert.deepEqual(open('0-4,8-9,12', { start: 7, end: 20 }), ['7,10-11', '5-6']);
    assert.deepEqual(open('8-9', { start: 7, end: 20 }), ['7', ''], 'nobody knows what was before');
  });

  it('is limited to what was asked for', () => {
    const scope = { from: 6, to: 11 };

    assert.deepEqual(open('0-4,8-9,14', { start: 0, end: 20 }, undefined, scope), ['6-7,10-11', '']);
    assert.deepEqual(open('0-4,8', { start: 0, end: 9 }, undefined, { from: 20 }), ['', '']);
  });

  it('is also what it parked and nobody has settled, listed by a rollup or not yet', async () => {
    const ledger = memoryLedger();
    const bad = (offset: number) => aRecord({ offset, text: offset % 2 === 0 ? '{' : '[]' });
    await apply(ledger, [aRecord({ offset: 0 }), bad(1), bad(2), bad(3)]);
    await roll(ledger);
    await apply(ledger, [bad(4), bad(5)]);
    await apply(ledger, [], { accept: { offsets: [1, 1], reason: 'r', who: 'w' } });
    const log = { bounds: async () => [{ start: 0, end: 9 }], committed: async () => [6] };

    const [work] = await findOpenWork({ store: ledger, topic: 'ad_clicks', log }, {});
    const [some] = await findOpenWork({ store: ledger, topic: 'ad_clicks', log }, { from: 3, to: 4 });

    assert.equal(formatOffsets(work?.parked ?? []), '2-5');
    assert.deepEqual(work?.reasons, [
      { reason: 'value.json', offsets: [2, 2, 4, 4] },
      { reason: 'click.object', offsets: [3, 3, 5, 5] },
    ]);
    assert.equal(formatOffsets(some?.parked ?? []), '3-4');
  });

  it('is read of the newest incarnation, and refused for a partition that the topic has not', async () => {
    const ledger = memoryLedger();
    await apply(ledger, [...records(0, 3), aRecord({ offset: 5 })]);
    const log = {
      bounds: async () => [{ start: 0, end: 9 }],
      committed: async () => [6],
    };

    const [work] = await findOpenWork({ store: ledger, topic: 'ad_clicks', log }, {});
    const other = findOpenWork({ store: ledger, topic: 'ad_clicks', log }, { partition: 1 });

    assert.deepEqual([work?.journal, formatOffsets(work?.gaps ?? [])], ['ad_clicks@1#0', '3-4']);
    await assert.rejects(other, /partition 1 is unknown, ad_clicks has 1: 0 to 0/);
  });
});
