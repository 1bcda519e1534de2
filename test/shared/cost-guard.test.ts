/**
 * What counting costs may not grow unseen: requests, bytes sent and write units of fixed events and of the rollup after them, on a table in
 * memory. Whoever makes it cheaper lowers the number; whoever needs it to be dearer says why in the commit that raises it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold as billingFold } from '../../functions/billing/fold.ts';
import { group as billing } from '../../functions/billing/group.ts';
import { createVelocityFold } from '../../functions/fraud/fold.ts';
import { group as fraud } from '../../functions/fraud/group.ts';
import { countItemBytes } from '../../infra/ops/size/item-sizes.ts';
import { type ConsumerHandler, consumer } from '../../shared/consumer.ts';
import type { KafkaEvent } from '../../shared/event/event.ts';
import { rollUp } from '../../shared/statement/rollup.ts';
import { EVENT_START_MS, type EventShape, eventOf } from '../bench/events.ts';
import { captured } from '../support/captured.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';
import { writeUnits } from '../support/write-units.ts';

interface Cost {
  requests: number;
  writeUnits: number;
  /** Of the items put. */
  bytes: number;
}

const context = {
  awsRequestId: 'guard',
  functionName: 'guard',
  getRemainingTimeInMillis: () => 60_000,
} as Context;

function ledgers(): { ledger: MemoryLedger; handlers: Record<'billing' | 'fraud', ConsumerHandler> } {
  const ledger = memoryLedger();
  ledger.memory.pageSize = 1_000;
  const config = { table: ledger.table, incarnation: 1, partialResponses: true, code: 'guard', secrets: {} };
  const means = { config, client: ledger.client, clock: steppedClock(EVENT_START_MS) };
  const handlers = {
    billing: consumer(billing, () => billingFold, means),
    fraud: consumer(fraud, () => createVelocityFold('a key of the guard’s own'), means),
  };
  return { ledger, handlers };
}

/** What was sent since it was asked last. */
function costOf({ sent }: MemoryLedger): Cost {
  const cost: Cost = { requests: 0, writeUnits: 0, bytes: 0 };
  for (const command of sent.splice(0)) {
    const { input } = command;
    cost.requests += 1;
    cost.writeUnits += writeUnits(command.constructor.name, input);
    if ('Item' in input && input.Item !== undefined) cost.bytes += countItemBytes(input.Item);
  }
  return cost;
}

async function handle(handler: ConsumerHandler, event: KafkaEvent): Promise<void> {
  const { result } = await captured(() => handler(event, context));
  assert.deepEqual(result, { batchItemFailures: [] });
}

function within(cost: Cost, allowed: Cost): void {
  for (const what of ['requests', 'writeUnits', 'bytes'] as const)
    assert.ok(
      cost[what] <= allowed[what],
      `${cost[what]} ${what}, allowed are ${allowed[what]}: ${JSON.stringify(cost)}`,
    );
  // A guard that is far above what is spent guards nothing.
  assert.ok(
    cost.bytes >= 0.9 * allowed.bytes,
    `${cost.bytes} bytes, but ${allowed.bytes} are allowed: lower the bound`,
  );
}

const shapes: readonly (readonly [
  name: string,
  group: 'billing' | 'fraud',
  shape: Omit<EventShape, 'seed'>,
  allowed: Cost,
])[] = [
  [
    'billing, 1,000 records of 50 advertisers',
    'billing',
    { records: 1_000, advertisers: 50, spread: 'Zipf' },
    { requests: 2, writeUnits: 2, bytes: 1_402 },
  ],
  [
    'billing, 10,000 records of 500 advertisers',
    'billing',
    { records: 10_000, advertisers: 500, spread: 'Zipf' },
    { requests: 2, writeUnits: 11, bytes: 11_251 },
  ],
  [
    'billing, 10,000 records of 100,000 advertisers',
    'billing',
    { records: 10_000, advertisers: 100_000, spread: 'uniform' },
    { requests: 2, writeUnits: 213, bytes: 218_088 },
  ],
  [
    'fraud, 10,000 records of 500 advertisers',
    'fraud',
    { records: 10_000, advertisers: 500, spread: 'Zipf' },
    { requests: 2, writeUnits: 15, bytes: 15_129 },
  ],
];

describe('the price of a batch', () => {
  for (const [name, group, shape, allowed] of shapes) {
    it(`of ${name}`, async () => {
      const { ledger, handlers } = ledgers();
      await handle(handlers[group], eventOf({ ...shape, seed: 1 }));
      costOf(ledger); // The first batch of a journal also enters it in the directory.

      await handle(handlers[group], eventOf({ ...shape, seed: 2, from: shape.records }));

      within(costOf(ledger), allowed);
    });
  }

  it('that was counted before: a read, and nothing is written', async () => {
    const { ledger, handlers } = ledgers();
    const event = eventOf({ records: 1_000, advertisers: 50, spread: 'Zipf', seed: 1 });
    await handle(handlers.billing, event);
    costOf(ledger);

    await handle(handlers.billing, event);

    assert.deepEqual(costOf(ledger), { requests: 1, writeUnits: 0, bytes: 0 });
  });

  it('rolled up: one write for each line of ten batches, and the checkpoint', async () => {
    const { ledger, handlers } = ledgers();
    for (let from = 0; from < 10_000; from += 1_000)
      await handle(
        handlers.billing,
        eventOf({ records: 1_000, advertisers: 50, spread: 'Zipf', seed: from, from }),
      );
    costOf(ledger);

    await rollUp(ledger, steppedClock(EVENT_START_MS), EVENT_START_MS + 60_000);

    within(costOf(ledger), { requests: 55, writeUnits: 51, bytes: 212 });
  });
});
