/** The list of parked records: each item is put once, read only while it is open, and held to its form. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { applyDelivery, startHead } from '../../../shared/journal/apply-delivery.ts';
import type { Parked } from '../../../shared/journal/journal.ts';
import { buildParkedKey } from '../../../shared/journal/journal-items.ts';
import { listNewlyParked, listOpenParked, listParked } from '../../../shared/journal/parked-items.ts';
import { records, START_MS } from '../../support/builders.ts';
import { aWriter } from '../../support/clicks.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const SHA = 'ab'.repeat(32);
const parking = (offset: number, version = 1, reason = 'value.json') => ({
  offset,
  reason,
  sha256: SHA,
  version,
});

async function open(ledger: MemoryLedger, from = 0, to = 1_000): Promise<Parked[]> {
  const found: Parked[] = [];
  for await (const parked of listOpenParked(ledger, JOURNAL, from, to)) found.push(parked);
  return found;
}

const offsetsOf = (parked: readonly Parked[]) => parked.map(({ offset }) => offset);

describe('parked records in the list', () => {
  it('are put once: what is there stays, settled or not', async () => {
    const ledger = memoryLedger();
    await listParked(ledger, JOURNAL, [parking(7)]);
    const item = ledger.memory.get(`parked#${JOURNAL}`, '0000000000000007');
    assert.deepEqual(item, {
      pk: { S: `parked#${JOURNAL}` },
      sk: { S: '0000000000000007' },
      reason: { S: 'value.json' },
      sha256: { S: SHA },
      version: { N: '1' },
    });
    ledger.memory.set({ ...item, settled: { N: '2' } });

    await listParked(ledger, JOURNAL, [parking(7, 3, 'other'), parking(8, 3)]);

    assert.deepEqual(ledger.memory.get(`parked#${JOURNAL}`, '0000000000000007'), {
      ...item,
      settled: { N: '2' },
    });
    assert.deepEqual(offsetsOf(await open(ledger)), [8]);
  });

  it('are in the table when listing ends, and any other failure is thrown', async () => {
    let pending = 0;
    const slow = memoryLedger(async () => {
      pending += 1;
      await new Promise(setImmediate);
      pending -= 1;
    });
    await listParked(
      slow,
      JOURNAL,
      [1, 2, 3].map((offset) => parking(offset)),
    );
    assert.equal(pending, 0);
    assert.equal(slow.memory.items.get(`parked#${JOURNAL}`)?.size, 3);
    const failing = memoryLedger(() => {
      throw new Error('throttled');
    });
    await assert.rejects(listParked(failing, JOURNAL, [parking(1)]), /throttled/);
  });

  it('are found from one offset to another, both included, page by page', async () => {
    const ledger = memoryLedger();
    await listParked(
      ledger,
      JOURNAL,
      Array.from({ length: 12 }, (_, n) => parking(10 * n)),
    );
    await listParked(ledger, 'ad_clicks@1#1', [parking(35)]);

    assert.deepEqual(offsetsOf(await open(ledger, 20, 50)), [20, 30, 40, 50]);
    assert.deepEqual(await open(ledger, 110, 110), [{ offset: 110, reason: 'value.json', sha256: SHA }]);
  });

  it('that are damaged are named, not read', async () => {
    const sound = {
      ...buildParkedKey(JOURNAL, 5),
      reason: { S: 'value.json' },
      sha256: { S: SHA },
      version: { N: '1' },
    };
    for (const [item, because] of [
      [{ ...sound, sk: { S: '5' } }, /'5' is no offset of sixteen digits/],
      [{ ...sound, sk: { S: '0000000000000005x' } }, /is no offset of sixteen digits/],
      [{ ...sound, sk: { S: '00000000000000055' } }, /is no offset of sixteen digits/],
      [{ ...sound, sha256: { S: `${SHA}0` } }, /is no SHA-256/],
      [{ ...sound, sha256: { S: `0${SHA}` } }, /is no SHA-256/],
      [{ ...sound, sha256: { S: SHA.toUpperCase() } }, /is no SHA-256/],
      [{ ...sound, reason: { N: '1' } }, /lacks a text/],
    ] as const) {
      const ledger = memoryLedger();
      ledger.memory.set(item);
      const read = async () => {
        for await (const _ of listOpenParked(ledger, JOURNAL, 0, Number.MAX_SAFE_INTEGER));
      };
      await assert.rejects(read, (error) => {
        assert.match(String(error), /journal\.damaged: the item \["parked#ad_clicks@1#0",/);
        return because.test(String(error));
      });
    }
  });

  it('are listed from the entries after the checkpoint, so that an operator waits for no rollup', async () => {
    const ledger = memoryLedger();
    const writer = aWriter(ledger);
    for (const from of [0, 5]) {
      const given = records(from, 5).map((record, n) => (n === 2 ? { ...record, value: 'bm8=' } : record));
      const delivery = { topic: 'ad_clicks', partition: 0, records: given };
      const invocation = {
        request: `r${from}`,
        deadline: START_MS + 10_000,
        signal: undefined,
        unpark: false,
      };
      await applyDelivery(writer, JOURNAL, delivery, invocation, startHead(writer, JOURNAL, delivery));
    }
    ledger.sent.length = 0;

    await listNewlyParked(ledger, JOURNAL);

    assert.deepEqual(offsetsOf(await open(ledger)), [2, 7]);
    const versions = ledger.sent.flatMap((command) =>
      command instanceof PutItemCommand ? [command.input.Item?.['version']?.N] : [],
    );
    assert.deepEqual(versions, ['1', '2']);
  });
});
