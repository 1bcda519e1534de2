/** The proof of a replay can fail: entries that count something again, or more than they name, are found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computeExitCode, findEffects, formatReport } from '../../../../infra/ops/replay/replay-ledger.ts';

import type { Entry } from '../../../../shared/journal/journal.ts';
import { type OffsetSet, parseOffsets } from '../../../../shared/journal/offsets.ts';
import { aRecord, base64, records } from '../../../support/builders.ts';
import { apply } from '../../../support/filled-ledger.ts';
import { entriesOf, memoryLedger } from '../../../support/memory-ledger.ts';

const RANGE: OffsetSet = [0, 9];
const RESOLVED = parseOffsets('0-4,8-9');

/** What two invocations put after a ledger had resolved 0-4 and 8-9. */
async function later(): Promise<Entry[]> {
  const ledger = memoryLedger();
  await apply(ledger, [...records(0, 5), ...records(8, 2)]);
  await apply(ledger, [aRecord({ offset: 5 }), aRecord({ offset: 6, value: base64('no') })], {
    request: 'ours',
  });
  await apply(ledger, [aRecord({ offset: 7 }), ...records(10, 3)], { request: 'theirs' });
  return entriesOf(ledger, 'ad_clicks@1#0').slice(1);
}

function effects(entries: readonly Entry[]) {
  return findEffects(entries, RANGE, RESOLVED, new Set(['ours']));
}

describe('what a replay has done', () => {
  it('is nothing but to fill gaps, its own and others’ told apart', async () => {
    assert.deepEqual(effects(await later()), { filled: 2, filledByOthers: 1, again: [], faults: [] });
    assert.deepEqual(effects([]), { filled: 0, filledByOthers: 0, again: [], faults: [] });
  });

  it('is a second effect where an entry resolves what was resolved before, or by an entry before it (I1)', async () => {
    const [first, second] = (await later()) as [Entry, Entry];
    const doubled = { ...second, changed: { ...second.changed, offsets: parseOffsets('4-5,7,10') } };

    assert.deepEqual(effects([first, doubled]).again, parseOffsets('4-5'));
  });

  it('is at fault where an entry counts more clicks than it names offsets', async () => {
    const [first] = (await later()) as [Entry];
    const swollen = {
      ...first,
      changed: { ...first.changed, lines: '{"2026-11-21T10":{"adv-7":[3,750000]}}' },
    };

    assert.deepEqual(effects([swollen]).faults, ['entry 2 counts 3 clicks for 1 offsets']);
  });

  it('is told with its verdict', async () => {
    const range = { partition: 0, start: 0, end: 10 };
    const sound = { range, journal: 'j', records: 10, duplicates: 8, ...effects(await later()) };
    const doubled = { ...sound, again: [3, 4] };

    assert.deepEqual([computeExitCode([sound]), computeExitCode([doubled])], [0, 1]);
    assert.deepEqual(computeExitCode([{ ...sound, faults: ['stopped'] }]), 1);
    assert.match(
      formatReport('billing', [sound]).at(-1) ?? '',
      /^PASS {2}ledger billing: of 10 records 0 were counted again, 2 filled gaps/,
    );
    assert.match(formatReport('billing', [doubled]).join('\n'), /j counted again: offsets 3-4 \(I1\)\nFAIL/);
  });
});
