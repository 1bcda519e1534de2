/** One flipped character anywhere in a ledger: the audit fails, and names the item. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AuditFault } from '../../../infra/audit/findings.ts';
import type { Item } from '../../../shared/journal/journal-items.ts';
import { at, flipsOf, leavesOf, withText } from '../../support/flips.ts';
import type { MemoryLedger } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';
import { committed, fullLedger, JOURNAL, log } from './full-ledger.ts';

const keyOf = (item: Item) => `${item['pk']?.S} ${item['sk']?.S}`;

/** How faults call an item: by its key, or as people do. */
function callings(item: Item): RegExp {
  const [pk = '', sk = ''] = [item['pk']?.S, item['sk']?.S];
  const version = Number(/^entry#(\d+)$/.exec(sk)?.[1]);
  const byKind = sk.startsWith('entry#')
    ? [`entry ${version}\\b`, `entries ${version} to`]
    : sk === 'checkpoint'
      ? ['the checkpoint', 'it is of version', 'state\\.\\w+ is']
      : pk.startsWith('advertiser#')
        ? [`${sk.split('#')[0]} ${pk.slice('advertiser#'.length)}\\b`]
        : pk.startsWith('parked#')
          ? [`offset ${Number(sk)}\\b`]
          : ['the directory lists none'];
  const literal = keyOf(item).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp([literal, ...byKind].join('|'));
}

async function faultsOf(ledger: MemoryLedger): Promise<AuditFault[]> {
  const findings = await audit(ledger, { committed, records: log });
  findings.demandRest();
  return findings.faults;
}

async function everyItem(): Promise<Item[]> {
  const { memory } = await fullLedger();
  return [...memory.items.values()].flatMap((items) => [...items.values()]);
}

describe('a ledger with every attribute of the layout', () => {
  it('passes', async () => {
    const findings = await audit(await fullLedger(), { committed, records: log });

    assert.deepEqual(findings.faults, []);
    assert.equal(findings.verdict, 'pass');
    assert.equal(findings.partitions[0]?.compared, 12);
  });

  it('has each attribute that docs/ledger-layout.md names', async () => {
    const paths = new Set(
      (await everyItem()).flatMap((item) => leavesOf(item).map((path) => path.join('.'))),
    );

    const accepted = ['offsets', 'reason', 'who'].map((name) => `accepted.${name}`);
    const changed = ['offsets', 'lines', 'parked', 'unparked', ...accepted, 'void', 'flags'];
    const state = [
      'version',
      'resolved',
      'openParked',
      'keys',
      'newest',
      'marks',
      'carried',
      'clicks',
      'micros',
    ];
    assert.deepEqual(
      paths,
      new Set([
        ...['pk', 'sk', 'expires', 'seal', 'by.code', 'by.request', 'by.at', 'through'],
        ...['clicks', 'micros', 'flagged', 'reason', 'sha256', 'version', 'settled'],
        ...changed.map((name) => `changed.${name}`),
        ...state.map((name) => `state.${name}`),
      ]),
    );
  });

  it('is named by item whatever single character of it is flipped', async () => {
    let flips = 0;
    const ledger = await fullLedger();
    const remove = ({ pk, sk }: Item) => ledger.memory.delete(pk?.S ?? '', sk?.S ?? '');
    for (const item of await everyItem()) {
      for (const path of leavesOf(item)) {
        const { S, N } = at(item, path);
        for (const turned of flipsOf(S ?? N ?? '')) {
          const altered = withText(item, path, turned);
          remove(item);
          ledger.memory.set(altered);

          const faults = await faultsOf(ledger);

          remove(altered);
          ledger.memory.set(item);

          const named = faults.filter(
            ({ what, journal }) =>
              callings(item).test(`${journal} ${what}`) || callings(altered).test(`${journal} ${what}`),
          );
          const context = `${keyOf(item)} ${path.join('.')}: ${S ?? N} -> ${turned}\n${JSON.stringify(faults, null, 1)}`;
          assert.ok(named.length > 0, context);
          flips += 1;
        }
      }
    }
    assert.ok(flips > 600, `${flips} flips`);
  });

  it('is named by item when that is removed, or a copy of it stands elsewhere', async () => {
    const met = { heads: 0, checkpoints: 0, others: 0, copies: 0 };
    for (const item of await everyItem()) {
      const [removed, copied] = [await fullLedger(), await fullLedger()];
      removed.memory.delete(item['pk']?.S ?? '', item['sk']?.S ?? '');
      copied.memory.set({ ...item, sk: { S: `${item['sk']?.S}0` } });
      const isHead = item['sk']?.S === 'entry#0000000000000006';
      const isCheckpoint = item['sk']?.S === 'checkpoint';

      const text = JSON.stringify(await faultsOf(removed));

      if (isHead) assert.match(text, /not counted: 2 records, offsets 11-12, committed 13/);
      else if (isCheckpoint) assert.match(text, /lines reach version 4, and there is no checkpoint/);
      else assert.match(text, callings(item), `${keyOf(item)} removed: ${text}`);
      met[isHead ? 'heads' : isCheckpoint ? 'checkpoints' : 'others'] += 1;
      if (item['pk']?.S === 'journals') continue;
      assert.match(JSON.stringify(await faultsOf(copied)), new RegExp(`${item['sk']?.S}0|offset \\d+0`));
      met.copies += 1;
    }
    for (const [what, count] of Object.entries(met)) assert.ok(count > 0, what);
  });

  it('is named by the entries that were swapped, or merged into one', async () => {
    const [swapped, merged] = [await fullLedger(), await fullLedger()];
    const [one, two] = [entryOf(swapped, 1), entryOf(swapped, 2)];
    swapped.memory.set({ ...two, sk: one['sk'] as AttributeValue });
    swapped.memory.set({ ...one, sk: two['sk'] as AttributeValue });
    const offsets = { S: '0-7' };
    merged.memory.set({ ...two, changed: { M: { ...two['changed']?.M, offsets } } });
    merged.memory.delete(JOURNAL, 'entry#0000000000000001');

    const text = JSON.stringify(await faultsOf(swapped));
    assert.match(text, /its key is of version 1, its state of 2.*its key is of version 2, its state of 1/s);
    assert.match(JSON.stringify(await faultsOf(merged)), /entry 2: its seal is .*entry 2 applies 7 offsets/s);
  });
});

function entryOf({ memory }: MemoryLedger, version: number): Item {
  return memory.get(JOURNAL, `entry#000000000000000${version}`) as Item;
}
