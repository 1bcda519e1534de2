/**
 * The ledgers of `ad_clicks` are as they were before contracts were data: every item, byte for byte. test/fixtures/ledgers holds what
 * the code of that time wrote of the deliveries below. Only a change of the layout may ask to record them anew (`UPDATE=1`).
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold as billingFold } from '../../functions/billing/fold.ts';
import { group as billing } from '../../functions/billing/group.ts';
import { consumer, type Means } from '../../shared/consumer.ts';
import type { KafkaRecord } from '../../shared/event/event.ts';
import { scheduledRollup } from '../../shared/scheduled-rollup.ts';
import { anEvent, aRecord, records, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';
import { poison } from '../support/poison.ts';

const HOUR_MS = 3_600_000;
const path = join(import.meta.dirname, '../fixtures/ledgers/billing.json');

/** Clicks of many advertisers, ads and addresses over two hours, in several spellings. */
function market(first: number, count: number): KafkaRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const click = {
      clickId: `c-${n}`,
      advertiserId: `adv-${(n * 7_919) % 23}`,
      adId: n % 5 === 0 ? `Anzeige ü ${n % 3}` : `ad-${n % 11}`,
      priceMicros: (n * 48_271) % 1_000_000_001,
      ip: n % 4 === 0 ? null : `10.0.0.${n % 250}`,
      ...(n % 6 === 0 && { geo: { city: 'Zürich', at: [47.4, 8.5] } }),
    };
    return aRecord({ partition: 1, offset: n, timestamp: START_MS + n * 9_000, click });
  });
}

const deliveries: readonly (readonly KafkaRecord[])[] = [
  records(0, 40),
  [...records(40, 200), ...poison.map(([, record], i) => ({ ...record, offset: 240 + i }))],
  records(20, 30),
  market(0, 500),
  market(490, 300),
  records(1_000, 3, { timestamp: START_MS + 5 * HOUR_MS, click: { priceMicros: 1_000_000_000 } }),
];

async function writeLedger(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  const clock = steppedClock(START_MS + 6 * HOUR_MS);
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const means: Means = { config, client: ledger.client, clock };
  const context = (request: number) =>
    ({
      awsRequestId: `r${request}`,
      functionName: 'billing',
      getRemainingTimeInMillis: () => 600_000,
    }) as Context;
  const handler = consumer(billing, () => billingFold, means);
  await captured(async () => {
    for (const [i, delivery] of deliveries.entries()) {
      const { batchItemFailures } = await handler(anEvent(delivery), context(i));
      assert.deepEqual(batchItemFailures, [], `delivery ${i}`);
    }
    await scheduledRollup(billing, means)({}, context(99));
  });
  return ledger;
}

describe('the recorded ledger of billing', () => {
  it('is written again byte for byte, by entries, lines, checkpoints and parked records', async () => {
    const { memory } = await writeLedger();
    const written = [...memory.items]
      .flatMap(([pk, items]) =>
        [...items].map(([sk, item]) => [`${pk} ${sk}`, JSON.stringify(item)] as const),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (process.env['UPDATE'] === '1')
      writeFileSync(path, `${JSON.stringify(Object.fromEntries(written), null, 1)}\n`);
    const recorded = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>);

    assert.ok(recorded.length > 100);
    for (const kind of [
      'ad_clicks@1#0 entry#',
      'ad_clicks@1#1 entry#',
      'advertiser#',
      'checkpoint#',
      'parked#',
    ])
      assert.ok(
        recorded.some(([key]) => key.startsWith(kind)),
        kind,
      );
    assert.deepEqual(Object.fromEntries(written), Object.fromEntries(recorded));
  });
});
