/** A ledger that the audit can't recount: it says so, whatever it finds, and never that the ledger is right or wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { group as billing } from '../../../functions/billing/group.ts';
import type { adClick } from '../../../functions/events/ad-click.ts';
import { consumer } from '../../../shared/consumer.ts';
import type { GroupOf } from '../../../shared/group.ts';
import { scheduledRollup } from '../../../shared/scheduled-rollup.ts';
import { anEvent, records, START_MS } from '../../support/builders.ts';
import { captured } from '../../support/captured.ts';
import { type MemoryLedger, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';
import { audit } from './audited-ledger.ts';

const byAd: GroupOf<typeof adClick> = {
  ...billing,
  ledger: 'ads',
  count: { by: ['adId'], measures: { clicks: 1 } },
};

async function counted(rolledUp: boolean): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const means = { config, client: ledger.client, clock: steppedClock(START_MS + 60_000) };
  const context = {
    awsRequestId: 'r1',
    functionName: 'f',
    getRemainingTimeInMillis: () => 600_000,
  } as Context;
  await captured(async () => {
    const { batchItemFailures } = await consumer(byAd, undefined, means)(anEvent(records(0, 3)), context);
    assert.deepEqual(batchItemFailures, []);
    if (rolledUp) await scheduledRollup(byAd, means)({}, context);
  });
  return ledger;
}

describe('the audit of a ledger that counts by another field', () => {
  for (const rolledUp of [false, true])
    it(`could not tell, ${rolledUp ? 'with' : 'before'} statement lines`, async () => {
      const sight = { committed: [3], records: records(0, 3) };
      await assert.rejects(audit(await counted(rolledUp), sight), {
        name: 'UserError',
        message:
          /^the ledger counts .*, and the audit can only recount clicks and micros by advertiserId: it can't tell/,
      });
    });
});
