/** A verdict is only worth something beside its negative controls: each damage must be found, and named. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareLedger } from '../../../infra/start/verdict.ts';
import { formatEntrySk, type Item } from '../../../shared/journal/journal-items.ts';
import { aRecord, base64, records } from '../../support/builders.ts';
import { apply, recountOf, roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';
import { resealed } from '../../support/mutations.ts';

const JOURNAL = 'ad_clicks@1#0';
const HOUR = '2026-11-21T10';
const first = [...records(0, 3), aRecord({ offset: 3, value: base64('rubbish') })];
const second = records(4, 2, { click: { advertiserId: 'adv-9', priceMicros: 7 } });
const other = records(0, 2, { partition: 1 });
const log = [...first, ...second, ...other];

/** Two journals, one with a parked record and with an entry that no rollup has folded. */
async function filled(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  await apply(ledger, first);
  await apply(ledger, other);
  await roll(ledger);
  await apply(ledger, second);
  return ledger;
}

/** Writes an item anew as somebody would who tampers with the table and knows of the seal. */
function damage(ledger: MemoryLedger, pk: string, sk: string, change: (text: string) => string): void {
  const standing = JSON.stringify(ledger.memory.get(pk, sk));
  const changed = change(standing);
  assert.notEqual(changed, standing, 'the damage hits something');
  const item = JSON.parse(changed) as Item;
  ledger.memory.set(item['seal'] === undefined ? item : resealed(item));
}

const lineKey = ['advertiser#adv-7', `${HOUR}#${JOURNAL}`] as const;

const damages: readonly {
  readonly what: string;
  readonly act: (ledger: MemoryLedger) => unknown;
  readonly named: RegExp;
}[] = [
  {
    what: 'one digit flipped in the lines of an entry',
    act: (ledger) =>
      damage(ledger, JOURNAL, formatEntrySk(1), (item) => item.replace('[3,750000]', '[3,751000]')),
    named: /^journal line 2026-11-21T10 adv-7: 5 clicks and 1251000 micros .* 5 clicks and 1250000 micros by/,
  },
  {
    what: 'one digit flipped in an entry that no rollup has folded',
    act: (ledger) => damage(ledger, JOURNAL, formatEntrySk(2), (item) => item.replace('[2,14]', '[3,14]')),
    named: /^journal line 2026-11-21T10 adv-9: 3 clicks and 14 micros in the ledger, 2 clicks/,
  },
  {
    what: 'one digit flipped in the total of the head',
    act: (ledger) =>
      damage(ledger, JOURNAL, formatEntrySk(2), (item) => item.replace('{"N":"750014"}', '{"N":"750015"}')),
    named: /^micros: 1250015 in the ledger, 1250014 by the log/,
  },
  {
    what: 'money moved from one advertiser to another',
    act: (ledger) => damage(ledger, JOURNAL, formatEntrySk(2), (item) => item.replace('adv-9', 'adv-8')),
    named: /^journal line 2026-11-21T10 adv-9: nothing in the ledger, 2 clicks and 14 micros by the log/,
  },
  {
    what: 'money moved from one hour to another',
    act: (ledger) =>
      damage(ledger, JOURNAL, formatEntrySk(2), (item) => item.replace('2026-11-21T10\\', '2026-11-21T11\\')),
    named: /^journal line 2026-11-21T10 adv-9: nothing in the ledger/,
  },
  {
    what: 'an advertiser added to an entry',
    act: (ledger) =>
      damage(ledger, JOURNAL, formatEntrySk(2), (item) => item.replace('[2,14]', '[2,14],\\"adv-0\\":[0,0]')),
    named: /^journal line 2026-11-21T10 adv-0: 0 clicks and 0 micros in the ledger, nothing by the log/,
  },
  {
    what: 'a statement line that is missing',
    act: (ledger) => ledger.memory.delete(...lineKey),
    named: /^statement line 2026-11-21T10 adv-7: 2 clicks and 500000 micros in the ledger, 5 clicks/,
  },
  {
    what: 'one digit flipped in a statement line',
    act: (ledger) => damage(ledger, ...lineKey, (item) => item.replace('{"N":"750000"}', '{"N":"760000"}')),
    named: /^statement line 2026-11-21T10 adv-7: 5 clicks and 1260000 micros in the ledger/,
  },
  {
    what: 'a statement line in an hour without clicks',
    act: (ledger) =>
      ledger.memory.set({
        ...(ledger.memory.get(...lineKey) as Item),
        sk: { S: `2026-11-21T09#${JOURNAL}` },
      }),
    named:
      /^statement line 2026-11-21T09 adv-7: 3 clicks and 750000 micros in the ledger, nothing by the log/,
  },
  {
    what: 'an entry that a line claims to hold and does not',
    act: (ledger) =>
      ledger.memory.set({
        ...(ledger.memory.get(...lineKey) as Item),
        pk: { S: 'advertiser#adv-9' },
        clicks: { N: '0' },
        micros: { N: '0' },
        through: { N: '2' },
      }),
    named: /^statement line 2026-11-21T10 adv-9: 0 clicks and 0 micros in the ledger, 2 clicks/,
  },
];

describe('the verdict', () => {
  it('finds no difference in a ledger that holds what the log is worth', async () => {
    const ledger = await filled();

    const verdict = await compareLedger(ledger, recountOf(log));

    assert.deepEqual(verdict, {
      applied: 7,
      micros: 1_250_014n,
      expectedMicros: 1_250_014n,
      parked: 1,
      missing: 0,
      difference: undefined,
    });
  });

  it('finds none after every entry was rolled up either', async () => {
    const ledger = await filled();
    await roll(ledger);

    assert.equal((await compareLedger(ledger, recountOf(log))).difference, undefined);
  });

  for (const { what, act, named } of damages) {
    it(`names ${what}`, async () => {
      const ledger = await filled();
      await act(ledger);

      assert.match(String((await compareLedger(ledger, recountOf(log))).difference), named);
    });
  }

  it('names a click of the log that the ledger lacks (I2)', async () => {
    const more = [...log, aRecord({ offset: 6 })];

    const { difference, missing } = await compareLedger(await filled(), recountOf(more));

    assert.equal(difference, 'clicks applied: 7 in the ledger, 8 by the log');
    assert.equal(missing, 1);
  });

  it('names clicks that were billed twice (I1)', async () => {
    const ledger = await filled();
    const again = JSON.stringify(ledger.memory.get(JOURNAL, formatEntrySk(2)))
      .replace(formatEntrySk(2), formatEntrySk(3))
      .replace('"version":{"N":"2"}', '"version":{"N":"3"}')
      .replace('"clicks":{"N":"5"}', '"clicks":{"N":"7"}')
      .replace('"micros":{"N":"750014"}', '"micros":{"N":"750028"}');
    ledger.memory.set(resealed(JSON.parse(again) as Item));

    const { difference } = await compareLedger(ledger, recountOf(log));

    assert.equal(difference, 'clicks applied: 9 in the ledger, 7 by the log');
  });

  it('names a record that was parked though it is a click, and one that was not parked', async () => {
    const rubbish = aRecord({ offset: 6, value: base64('rubbish') });
    const parked = await filled();
    await apply(parked, [rubbish]);

    const extra = await compareLedger(parked, recountOf(log));
    const missing = await compareLedger(await filled(), recountOf([...log, rubbish]));

    assert.equal(extra.difference, 'parked records: 2 in the ledger, 1 by the log');
    assert.equal(missing.difference, 'parked records: 1 in the ledger, 2 by the log');
  });

  it('names offsets that were passed over (I2)', async () => {
    const ledger = await filled();
    const late = aRecord({ offset: 9 });
    await apply(ledger, [late]);

    const { difference } = await compareLedger(ledger, recountOf([...log, late]));

    assert.equal(difference, 'offsets in gaps: 3 in the ledger, 0 by the log');
  });

  it('fails loudly on an entry that is missing between two others', async () => {
    const ledger = await filled();
    ledger.memory.delete(JOURNAL, formatEntrySk(1));

    await assert.rejects(compareLedger(ledger, recountOf(log)), /journal\.torn/);
  });
});
