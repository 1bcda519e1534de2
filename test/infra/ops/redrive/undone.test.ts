import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DocumentsEnd } from '../../../../infra/ops/redrive/redrive-documents.ts';
import { listUndone, type Seen } from '../../../../infra/ops/redrive/undone.ts';
import { emptyState } from '../../../../shared/journal/journal.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/journal/offsets.ts';

const nothing = { records: 0, empty: [], tooLarge: [], requests: [], failed: undefined };

function seen(changed: Partial<Seen>): Seen {
  const work = {
    partition: 0,
    journal: 'ad_clicks@1#0',
    bounds: { start: 10, end: 50 },
    state: emptyState,
    ...{ parked: [], reasons: [], gaps: [], gone: [] },
  };
  return {
    work,
    parked: [],
    unparked: nothing,
    gaps: [],
    gone: [],
    filled: nothing,
    ...changed,
  };
}

function undone(of: Partial<Seen>, resolved: string, parked = '', documents?: DocumentsEnd): string[] {
  const state = { ...emptyState, resolved: parseOffsets(resolved) };
  return listUndone(seen(of), { state, parked: parseOffsets(parked) }, documents).map(
    ({ what, offsets, reason }) => `${what} ${formatOffsets(offsets)}: ${reason}`,
  );
}

describe('what stays undone of a redrive', () => {
  it('is nothing where everything is resolved', () => {
    const gaps = [20, 29];

    assert.deepEqual(undone({ gaps, filled: { ...nothing, empty: [25, 25] } }, '10-40'), []);
  });

  it('is a parked record that is refused again, erased, or gone from the log, each for its reason', () => {
    const of = {
      parked: [4, 4, 20, 22],
      work: { ...seen({}).work, reasons: [{ reason: 'value.json', offsets: [4, 4, 20, 22] }] },
      unparked: { ...nothing, empty: [22, 22] },
    };

    assert.deepEqual(undone(of, '0-40', '4,20,22'), [
      'parked 20: it is still refused: value.json',
      'parked 22: the log holds no record there any more',
      "gone 4: can't be redriven any more, the log begins at 10",
    ]);
  });

  it('is a gap with what stopped it, and not a hole that is no gap yet', () => {
    const failed = { at: 25, why: 'the function failed' };
    const filled = { ...nothing, empty: [30, 30, 44, 44], failed };

    assert.deepEqual(undone({ gaps: [20, 30, 44, 44], filled }, '10-24,31-40'), [
      'gap 25-29: stopped at offset 25: the function failed',
      'void 30: stopped at offset 25: the function failed',
    ]);
  });

  it('is a record that no event can hold', () => {
    const filled = { ...nothing, tooLarge: [22, 22] };

    assert.deepEqual(undone({ gaps: [20, 30], filled }, '10-21,23-40'), [
      'gap 22: the record is larger than the 6 MB that a function takes',
    ]);
  });

  it('is what retention has removed, unless a document holds it', () => {
    const documents: DocumentsEnd = {
      ...{ documents: 1, others: 0, faulty: [] },
      open: new Map([[0, [3, 5]]]),
      failed: new Map([[0, 'no rights']]),
    };

    assert.deepEqual(undone({ gone: [3, 8] }, '0-2,9-40', '', documents), [
      'discarded 3-5: no rights',
      "gone 6-8: can't be redriven any more, the log begins at 10",
    ]);
  });
});
