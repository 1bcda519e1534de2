/** What an audit can't know: it says so, with counts, and never passes on nothing. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { formatEntrySk, type Item, sealItem } from '../../../shared/journal/journal-items.ts';

import { aRecord, records } from '../../support/builders.ts';
import { apply, roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const log = records(0, 10);

async function filled(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  await apply(ledger, records(0, 4));
  await apply(ledger, records(4, 4));
  await apply(ledger, records(8, 2));
  await roll(ledger);
  return ledger;
}

/** An entry changed by somebody who writes a new seal as well. */
function forge(ledger: MemoryLedger, version: number, from: string, to: string): void {
  const { seal: _, ...item } = ledger.memory.get(JOURNAL, formatEntrySk(version)) as Item;
  const standing = JSON.stringify(item);
  assert.ok(standing.includes(from), standing);
  ledger.memory.set(sealItem(JSON.parse(standing.replaceAll(from, to)) as Item));
}

describe('the limits of an audit', () => {
  it('are counted where records have left the log, with what they were worth', async () => {
    const findings = await audit(await filled(), { committed: [10], starts: [6], records: log });

    assert.equal(findings.verdict, 'pass');
    assert.deepEqual(
      findings.partitions.map(({ compared, unverifiable }) => [compared, unverifiable]),
      [[4, 6]],
    );
    assert.deepEqual(findings.notes, [
      `${JOURNAL}: 6 records before offset 6 left the log and can't be verified any more: for 8 clicks and 2000000 micros of 2 entries only their chain and seals vouch; audit within the topic's retention, and keep --json for --since`,
    ]);
  });

  it('still find a changed character in an entry whose records have left the log', async () => {
    const ledger = await filled();
    const item = ledger.memory.get(JOURNAL, formatEntrySk(1)) as Item;
    ledger.memory.set({ ...item, expires: { N: '1' } });

    const { faults } = await audit(ledger, { committed: [10], starts: [6], records: log });

    assert.deepEqual(
      faults.map(({ kind, what }) => [kind, what.slice(0, 9)]),
      [['seal', 'entry 1: ']],
    );
  });

  it('take a hole among expired entries for what it is, and any other for a missing one', async () => {
    const hour = 3_600;
    const expiring = async (expires: number) => {
      const ledger = await filled();
      const { seal: _, ...first } = ledger.memory.get(JOURNAL, formatEntrySk(1)) as Item;
      ledger.memory.set(sealItem({ ...first, expires: { N: String(expires) } }));
      ledger.memory.delete(JOURNAL, formatEntrySk(2));
      return audit(ledger, { committed: [10], starts: [8], records: log });
    };
    const now = Math.floor(Date.now() / 1_000);

    const expired = await expiring(now - hour);
    const standing = await expiring(now + hour);

    assert.deepEqual([expired.verdict, expired.faults], ['pass', []]);
    assert.deepEqual(standing.faults.map(({ kind, what }) => [kind, what]).at(0), [
      'chain',
      'entries 2 to 2 are missing',
    ]);
  });

  it('hold an entry of which a part has left the log to what is left', async () => {
    const ledger = await filled();
    forge(ledger, 2, '[4,1000000]', '[4,499999]');

    const { faults } = await audit(ledger, { committed: [10], starts: [6], records: log });

    assert.ok(
      faults.some(
        ({ kind, what }) =>
          kind === 'money' &&
          what ===
            'entry 2, 2026-11-21T10 adv-7: 4 clicks and 499999 micros, by the log at least 2 clicks and 500000 micros',
      ),
      JSON.stringify(faults),
    );
  });

  it('are no verdict where no record that was counted is in the log', async () => {
    const gone = await audit(await filled(), { committed: [10], starts: [10], records: log });
    const empty = await audit(memoryLedger(), { committed: [undefined], records: [] });
    const unread = await audit(memoryLedger(), { committed: [undefined], records: log });

    for (const { verdict, faults } of [gone, empty, unread])
      assert.deepEqual([verdict, faults], ['unsure', []]);
    assert.deepEqual(gone.unsure, ['nothing that it counted (10 records) is in the log any more']);
    assert.deepEqual(unread.unsure, [
      'the log holds 10 records and the ledger has counted none: there is nothing to compare',
    ]);
  });

  it('are no excuse for an empty ledger whose group has committed', async () => {
    const { verdict, faults } = await audit(memoryLedger(), { committed: [10], records: log });

    assert.equal(verdict, 'fail');
    assert.match(faults[0]?.what ?? '', /^not counted: 10 records, offsets 0-9/);
  });

  it('are told of an earlier log, which is held to its chain and its lines', async () => {
    const ledger = await filled();
    const renamed = [...ledger.memory.items].flatMap(([, items]) => [...items.values()]);
    const second = memoryLedger();
    for (const item of renamed) second.memory.set(item);
    await apply(second, records(0, 2, { partition: 1 }));
    const { faults, notes, partitions } = await audit(
      second,
      { committed: [3, 0], records: [] },
      { incarnation: 2 },
    );

    assert.deepEqual(
      partitions.map(({ journal }) => journal),
      ['ad_clicks@2#0', 'ad_clicks@2#1'],
    );
    assert.match(notes[0] ?? '', /ad_clicks@1#0: it is of an earlier log, .* 10 clicks and 2500000 micros/);
    assert.deepEqual(
      faults.map(({ kind, what }) => [kind, what]),
      [
        [
          'phantom',
          'the group has committed 3, and the log ends at 0: it was recreated, or its tail rewritten',
        ],
      ],
    );
    forge(second, 2, '"2000000"', '"2000001"');
    const forged = await audit(second, { committed: [0, 0], records: [] }, { incarnation: 2 });
    assert.ok(forged.faults.some(({ kind, what }) => kind === 'chain' && what.startsWith('entry 2 ')));
  });

  it('are told where the ledger is of another topic', async () => {
    const ledger = memoryLedger();
    const other = 'clicks@1#0';
    await apply(ledger, [aRecord()]);
    const moved = JSON.stringify([...ledger.memory.items].flatMap(([, items]) => [...items.values()]));
    const second = memoryLedger();
    for (const item of JSON.parse(moved.replaceAll(JOURNAL, other)) as Item[]) second.memory.set(item);

    await assert.rejects(audit(second, { committed: [1], records: log }), {
      constructor: UserError,
      message:
        'the ledger has journals of topic clicks, and none of ad_clicks: name the topic that its group reads',
    });
  });

  it('tell gaps with their offsets, and those that hold no record apart', async () => {
    const ledger = await filled();
    await apply(ledger, [aRecord({ offset: 14 })]);
    const standing = [...log, aRecord({ offset: 11 }), aRecord({ offset: 14 })];

    const findings = await audit(ledger, { committed: [10], records: standing });

    assert.deepEqual(findings.notes, [
      `${JOURNAL}: not counted yet: 1 record in gaps, offsets 11`,
      `${JOURNAL}: the log holds no record at the open offsets 10,12-13`,
    ]);
    findings.demandCounted();
    const what = 'not counted yet: 1 record in gaps (offsets 11), 0 records after the newest';
    assert.deepEqual(findings.faults, [{ kind: 'not-yet', journal: JOURNAL, what }]);
  });
});
