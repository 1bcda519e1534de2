/** A journal of a higher incarnation begins only where somebody has said that its log is new, or nothing old could be counted again. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyDelivery, startHead } from '../../../shared/journal/apply-delivery.ts';
import type { Beginning } from '../../../shared/journal/beginnings.ts';
import { formatJournalKey } from '../../../shared/journal/journal-key.ts';
import { rollUp } from '../../../shared/statement/rollup.ts';
import { records, START_MS } from '../../support/builders.ts';
import { aWriter } from '../../support/clicks.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';

const RETENTION_MS = 3_600_000;

interface Given {
  readonly incarnation: number;
  readonly log?: Beginning['log'];
  readonly topic?: string;
  readonly partition?: number;
  /** When it is delivered; the records are of that time. */
  readonly at?: number;
}

async function deliver(ledger: MemoryLedger, given: Given) {
  const { incarnation, log = 'unsaid', topic = 'ad_clicks', partition = 0, at = START_MS } = given;
  const beginning = { log, retentionMs: RETENTION_MS };
  const writer = aWriter(ledger, { clock: steppedClock(at), beginning });
  const journal = formatJournalKey({ topic, incarnation, partition });
  const delivery = { topic, partition, records: records(0, 3, { topic, partition, timestamp: at }) };
  const invocation = { request: `${journal} ${at}`, deadline: at + 10_000, signal: undefined, unpark: false };
  const started = startHead(writer, journal, delivery);
  const { applied, failure } = await applyDelivery(writer, journal, delivery, invocation, started);
  return { journal, applied, failure };
}

async function olderLedger(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  assert.equal((await deliver(ledger, { incarnation: 1 })).applied, 3);
  return ledger;
}

describe('a journal of a higher incarnation', () => {
  it('halts beside a young journal of the topic while nobody says what its log is, and nothing is written', async () => {
    const ledger = await olderLedger();

    const { journal, failure } = await deliver(ledger, { incarnation: 2 });

    assert.equal(failure?.code, 'incarnation.unexplained');
    assert.match(
      failure?.message ?? '',
      /ad_clicks@2#0 would begin beside ad_clicks@1#0, whose newest counted record is of 2026-11-21T10:00:00\.000Z: say log 'new'/,
    );
    assert.deepEqual(entriesOf(ledger, journal), []);
  });

  it('halts on a copy, for nothing says yet where in it the newest counted record is', async () => {
    const { failure } = await deliver(await olderLedger(), { incarnation: 2, log: 'copy' });

    assert.match(
      failure?.message ?? '',
      /^incarnation\.unexplained: .* would begin on a copy of the log of ad_clicks@1#0/,
    );
  });

  it('begins on a log that is new, and goes on without being asked again', async () => {
    const ledger = await olderLedger();

    assert.equal((await deliver(ledger, { incarnation: 2, log: 'new' })).applied, 3);
    const again = await deliver(ledger, { incarnation: 2 });
    assert.deepEqual([again.applied, again.failure], [0, undefined]);
  });

  it('halts for the journal of any partition, one further back, and one of which only the checkpoint is left', async () => {
    const ledger = await olderLedger();
    assert.equal(
      (await deliver(ledger, { incarnation: 2, partition: 4 })).failure?.code,
      'incarnation.unexplained',
    );
    assert.equal((await deliver(ledger, { incarnation: 7 })).failure?.code, 'incarnation.unexplained');

    await rollUp(ledger, steppedClock(START_MS), START_MS + 60_000, () => {});
    for (const sk of [...(ledger.memory.items.get('ad_clicks@1#0')?.keys() ?? [])])
      if (sk.startsWith('entry#')) ledger.memory.delete('ad_clicks@1#0', sk);

    assert.equal((await deliver(ledger, { incarnation: 2 })).failure?.code, 'incarnation.unexplained');
  });

  it('begins where the old records have left the topic, to the millisecond, and beside other topics', async () => {
    for (const [at, begins] of [
      [START_MS + RETENTION_MS - 1, false],
      [START_MS + RETENTION_MS, true],
    ] as const) {
      const { applied, failure } = await deliver(await olderLedger(), { incarnation: 2, at });
      assert.deepEqual([applied, failure?.code], begins ? [3, undefined] : [0, 'incarnation.unexplained']);
    }
    const other = await deliver(await olderLedger(), { incarnation: 2, topic: 'ad_clicks2' });
    assert.equal(other.applied, 3);
  });

  it('is not asked for where the incarnation is the first: nothing more is read', async () => {
    const ledger = memoryLedger();
    await deliver(ledger, { incarnation: 1 });

    const directory = ledger.sent.filter((command) => JSON.stringify(command.input).includes(':directory'));
    assert.deepEqual(directory, []);
  });
});
