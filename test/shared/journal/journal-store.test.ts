/** The journal's requests: what is read consistently, which head is believed, and how long things live. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { type Entry, emptyState } from '../../../shared/journal/journal.ts';
import { buildCheckpointItem, buildEntryItem, type Item } from '../../../shared/journal/journal-items.ts';
import {
  DIRECTORY_PK,
  listJournals,
  putEntry,
  readCheckpoint,
  readEntriesAfter,
  readHead,
  runAtOnce,
  WRITES_AT_ONCE,
} from '../../../shared/journal/journal-store.ts';
import { START_MS } from '../../support/builders.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const DAY_S = 86_400;
const LIFE_S = 35 * DAY_S;

function entry(version: number, newest = START_MS): Entry {
  const resolved = [0, version];
  return {
    changed: {
      offsets: [version, version],
      void: [],
      unparked: [],
      accepted: undefined,
      parked: [],
      lines: '{}',
      flags: [],
    },
    state: { ...emptyState, version, resolved, newest },
    by: { code: 'c1', request: `r${version}`, at: '2026-11-21T10:00:00.000Z' },
  };
}

function ledgerWith(...items: Item[]): MemoryLedger {
  const ledger = memoryLedger();
  for (const item of items) ledger.memory.set(item);
  return ledger;
}

const commandsOf = (ledger: MemoryLedger) => ledger.sent.map((command) => command.constructor);

describe('the head of a journal', () => {
  const at = START_MS + 500;
  const expiring = (seconds: number, version = 2) =>
    buildEntryItem(JOURNAL, entry(version), Math.floor(at / 1000) + seconds);

  it('is the newest entry alone while more than half of its life is left, by the time at hand', async () => {
    const young = ledgerWith(expiring(LIFE_S / 2 + 1), buildCheckpointItem(JOURNAL, entry(9).state));
    assert.deepEqual(await readHead(young, JOURNAL, at), { state: entry(2).state, request: 'r2' });
    assert.deepEqual(commandsOf(young), [QueryCommand]);

    const old = ledgerWith(expiring(LIFE_S / 2), buildCheckpointItem(JOURNAL, entry(9).state));
    assert.deepEqual(await readHead(old, JOURNAL, at), { state: entry(9).state, request: '' });
    assert.deepEqual(commandsOf(old), [QueryCommand, GetItemCommand]);
  });

  it('past that is the higher of entry and checkpoint, the entry where they are one', async () => {
    for (const [checkpoint, expected] of [
      [1, { state: entry(2).state, request: 'r2' }],
      [2, { state: entry(2).state, request: 'r2' }],
      [3, { state: entry(3).state, request: '' }],
    ] as const) {
      const ledger = ledgerWith(expiring(1), buildCheckpointItem(JOURNAL, entry(checkpoint).state));
      assert.deepEqual(await readHead(ledger, JOURNAL, at), expected);
    }
    assert.deepEqual(await readHead(ledgerWith(expiring(1)), JOURNAL, at), {
      state: entry(2).state,
      request: 'r2',
    });
  });

  it('of a journal without entries is the checkpoint, or version 0', async () => {
    const expired = ledgerWith(buildCheckpointItem(JOURNAL, entry(4).state));
    assert.deepEqual(await readHead(expired, JOURNAL, at), { state: entry(4).state, request: '' });
    assert.deepEqual(await readHead(memoryLedger(), JOURNAL, at), { state: emptyState, request: '' });
  });
});

describe('what is read of a ledger', () => {
  it('is read strongly consistent, page by page, in order', async () => {
    const ledger = memoryLedger();
    for (let version = 1; version <= 8; version++) await putEntry(ledger, JOURNAL, entry(version), START_MS);
    for (const partition of [3, 1, 2, 4])
      ledger.memory.set({ pk: { S: DIRECTORY_PK }, sk: { S: `ad_clicks@1#${partition}` } });
    ledger.memory.set(buildCheckpointItem(JOURNAL, entry(5).state));
    ledger.sent.length = 0;

    const versions: number[] = [];
    for await (const { state } of readEntriesAfter(ledger, JOURNAL, 1)) versions.push(state.version);

    assert.deepEqual(versions, [2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      await listJournals(ledger),
      [0, 1, 2, 3, 4].map((partition) => `ad_clicks@1#${partition}`),
    );
    assert.equal((await readCheckpoint(ledger, JOURNAL))?.version, 5);
    const reads = ledger.sent.filter(
      (command) => command instanceof QueryCommand || command instanceof GetItemCommand,
    );
    assert.equal(reads.length, ledger.sent.length);
    assert.ok(reads.length > 5, 'several pages');
    for (const { input } of reads) assert.equal(input.ConsistentRead, true);
  });

  it('a registration that is damaged stops nobody who says what to do with it', async () => {
    const ledger = ledgerWith(
      { pk: { S: DIRECTORY_PK }, sk: { S: 'ad_clicks@1#0' } },
      { pk: { S: DIRECTORY_PK }, sk: { S: 'no journal' } },
    );
    const met: unknown[] = [];
    assert.deepEqual(await listJournals(ledger, (error) => met.push(error)), ['ad_clicks@1#0']);
    assert.match(
      String(met),
      /journal\.damaged: the item \["journals","no journal"\]: not the key of a journal/,
    );
    await assert.rejects(listJournals(ledger), /journal\.damaged/);
  });

  it('an entry that is missing between two others is a torn journal', async () => {
    const ledger = ledgerWith(buildEntryItem(JOURNAL, entry(1), 1), buildEntryItem(JOURNAL, entry(3), 1));
    const read = async () => {
      for await (const _ of readEntriesAfter(ledger, JOURNAL, 0));
    };
    await assert.rejects(read, /journal\.torn: ad_clicks@1#0 has version 3 where 2 must stand/);
  });
});

describe('what is put', () => {
  const expiresOf = async (newest: number, now: number) => {
    const ledger = memoryLedger();
    await putEntry(ledger, JOURNAL, entry(1, newest), now);
    return Number(ledger.memory.get(JOURNAL, 'entry#0000000000000001')?.['expires']?.N);
  };

  it('lives for its days from the later of the clock and the newest record, in whole seconds', async () => {
    const second = START_MS / 1000;
    assert.equal(await expiresOf(START_MS, START_MS + 1_999), second + 1 + LIFE_S);
    assert.equal(await expiresOf(START_MS + 5_999, START_MS), second + 5 + LIFE_S);
  });

  it('is registered with its first entry and not again', async () => {
    const ledger = memoryLedger();
    assert.equal(await putEntry(ledger, JOURNAL, entry(1), START_MS), undefined);
    assert.ok(ledger.memory.get(DIRECTORY_PK, JOURNAL));
    const sent = ledger.sent.length;
    assert.equal(await putEntry(ledger, JOURNAL, entry(2), START_MS), undefined);
    assert.deepEqual([sent, ledger.sent.length], [2, 3]);
  });

  it('where an entry exists gives that entry back, and changes nothing (I4)', async () => {
    const ledger = memoryLedger();
    await putEntry(ledger, JOURNAL, entry(1), START_MS);
    const rival = { ...entry(1), by: { ...entry(1).by, request: 'rival' } };
    assert.deepEqual(await putEntry(ledger, JOURNAL, rival, START_MS), entry(1));
  });

  it('in numbers runs so many at a time, and stops at the first failure', async () => {
    let [running, most, done] = [0, 0, 0];
    await runAtOnce(Array.from({ length: 100 }, (_, n) => n).values(), async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      done += 1;
    });
    assert.deepEqual([most, done, WRITES_AT_ONCE], [32, 100, 32]);
    await assert.rejects(
      runAtOnce([1, 2].values(), async (n) => {
        if (n === 2) throw new Error('the second');
      }),
      /the second/,
    );
  });
});
