/** One turned character anywhere in a ledger is `journal.damaged`, at once, wherever the pipe reads the item. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { consumer } from '../../shared/consumer.ts';
import { AppError } from '../../shared/errors.ts';
import { type Item, readCheckpointItem, readEntry } from '../../shared/journal/journal-items.ts';
import { listJournals } from '../../shared/journal/journal-store.ts';
import { listOpenParked } from '../../shared/journal/parked-items.ts';
import { type RollupProgress, rollUp } from '../../shared/statement/rollup.ts';
import { readStatement, wholePeriod } from '../../shared/statement/statement.ts';
import { fullLedger } from '../infra/audit/full-ledger.ts';
import { anEvent, records, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { at, flipsOf, leavesOf, withText } from '../support/flips.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
function isDamage(error: unknown): boolean {
  return error instanceof AppError && error.code === 'journal.damaged';
}

function itemsOf({ memory }: MemoryLedger): Item[] {
  return [...memory.items.values()].flatMap((items) => [...items.values()]);
}

function flipped(item: Item): Item[] {
  return leavesOf(item).flatMap((path) => {
    const { S, N } = at(item, path);
    return flipsOf(S ?? N ?? '').map((turned) => withText(item, path, turned));
  });
}

/** Billing's handler and two partitions that it has counted. */
async function counted() {
  const ledger = memoryLedger();
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const clock = steppedClock(START_MS);
  let slept = 0;
  const sleep = async (ms: number) => {
    slept += ms;
  };
  const handler = consumer(group, () => fold, { config, client: ledger.client, clock: { ...clock, sleep } });
  const context = { awsRequestId: 'r', functionName: 'f', getRemainingTimeInMillis: () => 60_000 };
  const deliver = async (first: number) => {
    const event = anEvent([...records(first, 5), ...records(first, 5, { partition: 1 })]);
    return (await captured(() => handler(event, context as unknown as Context))).result;
  };
  await deliver(0);
  return { ledger, deliver, slept: () => slept };
}

describe('a damaged item', () => {
  it('of those under a seal is noticed whatever character is turned', async () => {
    const seen = { entries: 0, checkpoints: 0 };
    for (const item of itemsOf(await fullLedger())) {
      const isEntry = item['sk']?.S?.startsWith('entry#') === true;
      if (!isEntry && item['sk']?.S !== 'checkpoint') continue;
      const read: (one: Item) => unknown = isEntry ? readEntry : readCheckpointItem;
      assert.doesNotThrow(() => read(item));
      for (const turned of flipped(item)) {
        seen[isEntry ? 'entries' : 'checkpoints'] += 1;
        assert.throws(() => read(turned), isDamage, JSON.stringify(turned));
      }
      const { seal: _, ...bare } = item;
      assert.throws(() => read(bare), isDamage);
    }
    assert.ok(seen.entries > 300 && seen.checkpoints > 50, JSON.stringify(seen));
  });

  it('at the head halts its partition at once; the other of the event is counted, and nobody waits', async () => {
    const head = (await counted()).ledger.memory.get(JOURNAL, 'entry#0000000000000001') as Item;
    const turnedOnes = flipped(head).filter(({ pk, sk }) => pk?.S === JOURNAL && sk?.S === head['sk']?.S);
    assert.ok(turnedOnes.length > 50);
    for (const turned of turnedOnes) {
      const { ledger, deliver, slept } = await counted();
      ledger.memory.set(turned);
      ledger.sent.length = 0;

      const answer = await deliver(5);

      assert.equal(answer.batchItemFailures.length, 5, JSON.stringify(turned));
      assert.ok(
        answer.batchItemFailures.every(({ itemIdentifier }) =>
          JSON.stringify(itemIdentifier).includes('ad_clicks-0'),
        ),
      );
      assert.equal(ledger.sent.length, 3, 'two heads are read, one entry is put');
      assert.equal(slept(), 0);
      assert.ok(ledger.memory.get('ad_clicks@1#1', 'entry#0000000000000002'));
    }
  });

  it('among the entries, a checkpoint or a registration stops the rollup of its journal only', async () => {
    for (const [pk, sk] of [
      [JOURNAL, 'entry#0000000000000001'],
      [`checkpoint#${JOURNAL}`, 'checkpoint'],
      ['journals', JOURNAL],
    ] as const) {
      const { ledger, deliver } = await counted();
      await rollUp(ledger, steppedClock(START_MS), Number.POSITIVE_INFINITY);
      await deliver(5);
      if (sk.startsWith('entry')) ledger.memory.delete(`checkpoint#${JOURNAL}`, 'checkpoint');
      const item = ledger.memory.get(pk, sk) as Item;
      ledger.memory.delete(pk, sk);
      const damaged =
        pk === 'journals'
          ? { ...item, sk: { S: JOURNAL.replace('@', 'a') } }
          : withText(item, ['state', 'clicks'], '9');
      ledger.memory.set(damaged);
      const reported: RollupProgress[] = [];

      const failure = await rollUp(ledger, steppedClock(START_MS), Number.POSITIVE_INFINITY, (progress) =>
        reported.push(progress),
      ).catch((error: unknown) => error);

      assert.ok(failure instanceof AggregateError && failure.errors.length === 1, `${pk} ${sk}`);
      assert.match(String((failure.errors[0] as Error).cause), /journal\.damaged/);
      assert.equal(reported[0]?.folded, 1);
    }
  });

  it('that is a line or lists a parked record, and is not of its form, is noticed by who reads or adds', async () => {
    const { ledger, deliver } = await counted();
    await rollUp(ledger, steppedClock(START_MS), Number.POSITIVE_INFINITY);
    await deliver(5);
    const line = ledger.memory.get('advertiser#adv-7', `2026-11-21T10#${JOURNAL}`) as Item;
    for (const name of ['clicks', 'micros', 'flagged', 'through']) {
      const { [name]: given, ...less } = line;
      ledger.memory.set({ ...less, [name]: { S: given?.N ?? '' } });

      await assert.rejects(readStatement(ledger, 'adv-7', wholePeriod, false), isDamage, name);
    }
    ledger.memory.set({ ...line, through: { N: '1.5' } });
    await assert.rejects(readStatement(ledger, 'adv-7', wholePeriod, false), isDamage);
    const parked = {
      pk: { S: `parked#${JOURNAL}` },
      sk: { S: '0000000000000003' },
      reason: { S: 'value.json' },
      sha256: { S: 'f'.repeat(64) },
    };
    for (const wrong of [
      { sk: { S: '000000000000000a' } },
      { sha256: { S: 'f' } },
      { sha256: { N: '7' } },
      { reason: { N: '7' } },
    ]) {
      const damaged = memoryLedger();
      damaged.memory.set({ ...parked, ...wrong });
      await assert.rejects(
        Array.fromAsync(listOpenParked(damaged, JOURNAL, 0, Number.MAX_SAFE_INTEGER)),
        isDamage,
        JSON.stringify(wrong),
      );
    }
  });

  it('that registers a journal is noticed by whoever lists them', async () => {
    for (const sk of ['ad_clicks#0', 'ad_clicks@a#0', 'ad_clicks@1#', 'ad clicks@1#0']) {
      const { ledger } = await counted();
      ledger.memory.set({ pk: { S: 'journals' }, sk: { S: sk } });

      await assert.rejects(listJournals(ledger), isDamage, sk);
      await assert.rejects(readStatement(ledger, 'adv-7', wholePeriod, true), isDamage, sk);
    }
  });

  it('whose attribute has another type refuses what is added to it', async () => {
    const refusal = Object.assign(
      new Error('An operand in the update expression has an incorrect data type'),
      { name: 'ValidationException' },
    );
    const ledger = memoryLedger((command) => {
      if (command.constructor.name === 'UpdateItemCommand') throw refusal;
    });
    const { ledger: sound } = await counted();
    ledger.memory.restore(sound.memory.copy());

    const failure = await rollUp(ledger, steppedClock(START_MS), Number.POSITIVE_INFINITY).catch(
      (error: unknown) => error,
    );

    assert.ok(failure instanceof AggregateError);
    assert.ok(
      failure.errors.length === 2 && failure.errors.every((error) => isDamage((error as Error).cause)),
    );
  });
});
