/** Topics whose records producers stamp: what of their times is believed, and what the ledger rests on without the broker's. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { KafkaRecord } from '../../shared/event/event.ts';
import { applyDelivery, startHead } from '../../shared/journal/apply-delivery.ts';
import { formatOffsets } from '../../shared/journal/offsets.ts';
import { aRecord, START_MS } from '../support/builders.ts';
import { aWriter } from '../support/clicks.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const producerTimes = { retentionMs: 3_600_000, aheadMaxMs: 60_000 };
const DAY_S = 86_400;

function deliver(ledger: MemoryLedger, given: KafkaRecord[], now: number, unpark = false) {
  const writer = aWriter(ledger, { clock: steppedClock(now), producerTimes });
  const delivery = { topic: 'ad_clicks', partition: 0, records: given };
  const invocation = { request: `at ${now}`, deadline: now + 10_000, signal: undefined, unpark };
  return applyDelivery(writer, JOURNAL, delivery, invocation, startHead(writer, JOURNAL, delivery));
}

const at = (offset: number, timestamp: number, text?: string) =>
  aRecord({ offset, timestamp, timestampType: 'CREATE_TIME', ...(text !== undefined && { text }) });

describe("producers' times", () => {
  it('are believed up to retention and up to the bound ahead, and what is beyond either is parked by its reason', async () => {
    const ledger = memoryLedger();
    const [oldest, latest] = [START_MS - producerTimes.retentionMs, START_MS + producerTimes.aheadMaxMs];
    const given = [
      at(0, oldest - 1),
      at(1, oldest),
      at(2, latest),
      at(3, latest + 1),
      at(4, Math.floor(START_MS / 1000)),
      at(5, Date.UTC(9999, 11, 31)),
      at(6, START_MS, '{'),
    ];

    const outcome = await deliver(ledger, given, START_MS);

    assert.deepEqual([outcome.applied, outcome.parked, outcome.failure], [2, 5, undefined]);
    const [entry] = entriesOf(ledger, JOURNAL);
    assert.deepEqual(
      entry?.changed.parked.map(({ offset, reason }) => [offset, reason]),
      [
        [0, 'record.old'],
        [3, 'record.ahead'],
        [4, 'record.old'],
        [5, 'record.ahead'],
        [6, 'value.json'],
      ],
    );
  });

  it('ahead lift neither the newest time nor the expiry', async () => {
    const ledger = memoryLedger();

    await deliver(ledger, [at(0, START_MS), at(1, Date.UTC(9999, 0, 1))], START_MS);

    const [entry] = entriesOf(ledger, JOURNAL);
    assert.equal(entry?.state.newest, START_MS);
    const put = ledger.sent.find(
      (command) => command instanceof PutItemCommand && command.input.Item?.['expires'],
    );
    assert.ok(put instanceof PutItemCommand);
    assert.ok(Number(put.input.Item?.['expires']?.N) <= START_MS / 1000 + ledger.entryDays * DAY_S + 1);
  });

  it('are judged once: a record that comes again under another clock is a duplicate, counted or parked (I1)', async () => {
    const ledger = memoryLedger();
    const given = [at(0, START_MS), at(1, START_MS + 3 * producerTimes.aheadMaxMs)];
    await deliver(ledger, given, START_MS);

    for (const later of [START_MS + 4 * producerTimes.aheadMaxMs, START_MS + 2 * producerTimes.retentionMs]) {
      const again = await deliver(ledger, given, later);

      assert.deepEqual([again.entries, again.duplicates, again.failure], [0, 2, undefined]);
    }
    assert.equal(formatOffsets(entriesOf(ledger, JOURNAL).at(-1)?.state.resolved ?? []), '0-1');
  });

  it('do not prove that the log is the same: another record at a marked offset is found by its digest alone (I10)', async () => {
    const ledger = memoryLedger();
    await deliver(ledger, [at(0, START_MS), at(1, START_MS + 1), at(2, START_MS + 2)], START_MS);

    const between = await deliver(ledger, [at(1, START_MS + 5)], START_MS);
    const marked = await deliver(ledger, [at(2, START_MS)], START_MS);

    assert.equal(between.failure, undefined);
    assert.equal(marked.failure?.code, 'log.mismatch');
  });

  it('ahead are counted by a redrive once the clock has come up to them', async () => {
    const ledger = memoryLedger();
    const ahead = at(0, START_MS + 2 * producerTimes.aheadMaxMs);
    await deliver(ledger, [ahead], START_MS);

    const early = await deliver(ledger, [ahead], START_MS + 1, true);
    const due = await deliver(ledger, [ahead], START_MS + 2 * producerTimes.aheadMaxMs, true);

    assert.deepEqual([early.applied, early.failure], [0, undefined]);
    assert.deepEqual([due.applied, due.failure], [1, undefined]);
  });
});
