import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addEntries, comparableIn, emptySums } from '../../../../infra/ops/replay/shadow-offsets.ts';
import { differencesIn, exitCodeOf, shadowJson } from '../../../../infra/ops/replay/shadow-report.ts';
import { formatOffsets, parseOffsets } from '../../../../shared/offsets.ts';
import { aRecord, records } from '../../../support/builders.ts';
import { entriesOf, memoryLedger } from '../../../support/memory-ledger.ts';
import { apply } from '../filled-ledger.ts';

/** Entries 0-3, 4-7 with 5 parked, 8-9, then a void 12 between 10-11 and 13. */
async function entries() {
  const ledger = memoryLedger();
  await apply(ledger, records(0, 4));
  await apply(ledger, records(4, 4), { broken: 5 });
  await apply(ledger, records(8, 2));
  await apply(ledger, [...records(10, 2), aRecord({ offset: 13 })]);
  await apply(ledger, [], { empty: [12, 12] });
  return { ledger, entries: entriesOf(ledger, 'ad_clicks@1#0') };
}

describe('what of a ledger can be compared with a shadow', () => {
  it('is whole entries that lie within the range, without what is void', async () => {
    const { entries: all } = await entries();

    const offsets = (range: string) => formatOffsets(comparableIn(all, parseOffsets(range)).offsets);

    assert.equal(offsets('0-13'), '0-11,13');
    assert.equal(offsets('1-12'), '4-9');
    assert.equal(offsets('1-2'), '');
  });

  it('leaves out with an entry what another of its offsets was parked by', async () => {
    const { ledger } = await entries();
    await apply(ledger, [aRecord({ offset: 5 }), aRecord({ offset: 20 })], { unpark: true });
    const all = entriesOf(ledger, 'ad_clicks@1#0');

    const within = comparableIn(all, parseOffsets('0-13'));

    assert.equal(formatOffsets(within.offsets), '0-3,8-11,13');
    assert.equal(formatOffsets(comparableIn(all, parseOffsets('0-20')).offsets), '0-11,13,20');
  });

  it('adds up to applied, parked and lines', async () => {
    const { ledger, entries: all } = await entries();
    const sums = emptySums();
    addEntries(sums, all);
    await apply(ledger, [aRecord({ offset: 5 })], { unpark: true });
    const healed = emptySums();
    addEntries(healed, entriesOf(ledger, 'ad_clicks@1#0'));

    assert.deepEqual([sums.applied, sums.parked], [12, 1]);
    assert.deepEqual(Object.fromEntries(sums.lines), {
      '2026-11-21T10 adv-7': { clicks: 12n, micros: 3_000_000n, flagged: 0n },
    });
    assert.deepEqual([healed.applied, healed.parked], [13, 0]);
  });

  it('differs by a line, by a flag, or by what is parked', async () => {
    const { entries: all } = await entries();
    const [ledger, shadow] = [emptySums(), emptySums()];
    addEntries(ledger, all);
    addEntries(shadow, all);
    const shadowed = { bundle: 'b', table: undefined, partitions: [], ledger, shadow };
    const same = [exitCodeOf(shadowed), differencesIn(shadowed).length];
    shadow.lines.set('2026-11-21T11 adv-9', { clicks: 0n, micros: 0n, flagged: 1n });
    const flagged = [exitCodeOf(shadowed), differencesIn(shadowed).length];
    const { differences, totals } = JSON.parse(shadowJson('billing', shadowed));
    shadow.lines.delete('2026-11-21T11 adv-9');
    shadow.parked += 1;

    assert.deepEqual(
      [same, flagged],
      [
        [0, 0],
        [1, 1],
      ],
    );
    assert.deepEqual([differences[0].advertiser, differences[0].shadow.flagged], ['adv-9', 1]);
    assert.deepEqual([totals.ledger.clicks, totals.ledger.micros], [12, 3_000_000]);
    assert.equal(exitCodeOf(shadowed), 1);
    const halted = [{ journal: 'j', compared: 0, atEdges: 0, beforeLog: 0, fault: 'the shadow halted' }];
    assert.equal(exitCodeOf({ ...shadowed, shadow: ledger, partitions: halted }), 1);
  });
});
