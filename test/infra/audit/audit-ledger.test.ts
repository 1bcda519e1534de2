/** An audit is only worth something beside its negative controls: each damage has to be found, as what it is and where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatEntrySk } from '../../../shared/journal/journal-items.ts';
import { aRecord, base64, records } from '../../support/builders.ts';
import { apply, roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';
import { JOURNAL, tamperings } from './tamperings.ts';

const first = [...records(0, 3), aRecord({ offset: 3, value: base64('rubbish') })];
const second = records(4, 2, { click: { advertiserId: 'adv-9', priceMicros: 7 } });
const other = records(0, 2, { partition: 1 });
const log = [...first, ...second, ...other];
const committed = [6, 2];

/** Two journals, one with a parked record and with an entry that no rollup has folded. */
async function filled(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  await apply(ledger, first);
  await apply(ledger, other);
  await roll(ledger);
  await apply(ledger, second);
  return ledger;
}

describe('the audit of a ledger', () => {
  it('passes one that holds what the log is worth, and counts', async () => {
    const { faults, partitions } = await audit(await filled(), { committed, records: log });

    assert.deepEqual(faults, []);
    const none = { gapOffsets: '', explainedOffsets: '' };
    const counts = { missing: 0, gaps: 0, lag: 0, unverifiable: 0, logStart: 0, ...none };
    assert.deepEqual(partitions, [
      {
        journal: JOURNAL,
        logEnd: 6,
        committed: 6,
        records: 6,
        entries: 2,
        applied: 5,
        micros: 750_014n,
        microsByLog: 750_014n,
        parked: 1,
        accepted: 0,
        compared: 6,
        ...counts,
      },
      {
        journal: 'ad_clicks@1#1',
        logEnd: 2,
        committed: 2,
        records: 2,
        entries: 1,
        applied: 2,
        micros: 500_000n,
        microsByLog: 500_000n,
        parked: 0,
        accepted: 0,
        compared: 2,
        ...counts,
      },
    ]);
  });

  it('counts a partition that has no journal yet, and tells how far it is each thousand records', async () => {
    const told: [number, number][] = [];
    const progress = (done: number, of: number) => void told.push([done, of]);

    const { partitions } = await audit(
      memoryLedger(),
      { committed: [undefined], records: records(0, 2_500) },
      { progress },
    );

    assert.deepEqual(told, [
      [0, 2_500],
      [1_000, 2_500],
      [2_000, 2_500],
    ]);
    assert.deepEqual(partitions, [
      {
        ...{ journal: JOURNAL, logStart: 0, logEnd: 2_500, committed: undefined, records: 2_500, entries: 0 },
        ...{ applied: 0, micros: 0n, microsByLog: 0n, parked: 0, accepted: 0, compared: 0, missing: 0 },
        ...{ gaps: 0, gapOffsets: '', explainedOffsets: '', lag: 2_500, unverifiable: 0 },
      },
    ]);
  });

  it('tells lag and gaps, which are no fault before they are committed', async () => {
    const ledger = await filled();
    await apply(ledger, [aRecord({ offset: 8 })]);
    const records = [...first, ...second, ...Array.from([6, 7, 8, 9], (offset) => aRecord({ offset }))];

    const { faults, partitions } = await audit(ledger, { committed, records: [...records, ...other] });

    assert.deepEqual(faults, []);
    assert.deepEqual([partitions[0]?.gaps, partitions[0]?.lag], [2, 1]);
  });

  it('names records that are committed and not counted, by offset (I2, I7)', async () => {
    const { faults } = await audit(await filled(), { committed, records: [...log, ...records(6, 3)] });
    const ahead = await audit(await filled(), { committed: [8, 2], records: [...log, ...records(6, 3)] });
    const [{ missing, lag } = { missing: 0, lag: 0 }] = ahead.partitions;
    assert.deepEqual([missing, lag], [2, 1]);

    assert.deepEqual(faults, []);
    assert.deepEqual(ahead.faults, [
      { kind: 'missing', journal: JOURNAL, what: 'not counted: 2 records, offsets 6-7, committed 8' },
    ]);
  });

  it('takes a gap for closed where the log holds no record, and names those that do (I2)', async () => {
    const ledger = await filled();
    await apply(ledger, [aRecord({ offset: 9 })]);
    await apply(ledger, [], { empty: [6, 8] });
    const records = [...log, aRecord({ offset: 9 })];

    const { faults, partitions } = await audit(ledger, { committed: [10, 2], records });
    const denied = await audit(ledger, {
      committed: [10, 2],
      records: [...log, aRecord({ offset: 7 }), aRecord({ offset: 9 })],
    });

    assert.deepEqual(faults, []);
    assert.deepEqual([partitions[0]?.gaps, partitions[0]?.applied], [0, 6]);
    assert.deepEqual(denied.faults, [
      { kind: 'missing', journal: JOURNAL, what: 'closed as void, but in the log: 1 record, offsets 7' },
    ]);
  });

  it('names a record that changed in the log after it was counted (I10)', async () => {
    const records = log.map((record) =>
      record === second[0] ? { ...record, timestamp: record.timestamp - 1 } : record,
    );

    const { faults } = await audit(await filled(), { committed, records });

    assert.ok(faults.some(({ kind, what }) => kind === 'fingerprint' && what.startsWith('offset 4 ')));
  });

  it('says what has left the log and can not be verified, and what was lost with it (I2)', async () => {
    const ledger = await filled();
    const whole = await audit(ledger, { committed, starts: [4], records: log });
    await apply(ledger, [aRecord({ offset: 9 })]);
    const records = [...log, aRecord({ offset: 9 })];
    const torn = await audit(ledger, { committed: [10, 2], starts: [8], records });

    assert.deepEqual(whole.faults, []);
    assert.equal(whole.partitions[0]?.unverifiable, 4);
    assert.deepEqual(
      torn.faults.map(({ kind, what }) => [kind, what]),
      [['lost', '2 offsets, 6-7, left the log uncounted']],
    );
  });

  it('holds after old entries have expired, by the checkpoint, but not while their records are there', async () => {
    const ledger = await filled();
    await roll(ledger);
    ledger.memory.delete(JOURNAL, formatEntrySk(1));

    const expired = await audit(ledger, { committed, starts: [4], records: log });
    const early = await audit(ledger, { committed, starts: [3], records: log });

    assert.deepEqual(expired.faults, []);
    assert.deepEqual(early.faults, [
      {
        kind: 'chain',
        journal: JOURNAL,
        what: 'entries 1 to 1 are gone, and the records of their offsets 3 are still in the log',
      },
    ]);
  });

  it('names a partition that the topic does not have', async () => {
    const { faults } = await audit(await filled(), { committed: [6], records: log });

    assert.deepEqual(faults, [
      { kind: 'phantom', journal: 'ad_clicks@1#1', what: 'the topic has only 1 partitions' },
    ]);
  });

  for (const [what, tamper, kind, named] of tamperings) {
    it(`finds ${what} changed, as '${kind}'`, async () => {
      const ledger = await filled();
      await tamper(ledger);

      const { faults } = await audit(ledger, { committed, records: log });

      assert.ok(
        faults.some((fault) => fault.kind === kind && named.test(fault.what)),
        `found ${JSON.stringify(faults, null, 1)}`,
      );
    });
  }
});
