import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { systemClock } from '../../shared/clock.ts';
import { consumer } from '../../shared/consumer.ts';
import { scheduledRollup } from '../../shared/scheduled-rollup.ts';
import { anEvent, records, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { memoryLedger } from '../support/memory-ledger.ts';

const MARGIN_MS = 90_000;
const lasting = (ms: number) =>
  ({ awsRequestId: 'r1', functionName: 'f', getRemainingTimeInMillis: () => ms }) as Context;

/** What a rollup of one entry makes of an invocation with so much time left, on a clock that stands still. */
async function rolledUpWithin(ms: number): Promise<number | undefined> {
  const ledger = memoryLedger();
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const means = { config, client: ledger.client, clock: { ...systemClock, now: () => START_MS } };
  const { result } = await captured(async () => {
    await consumer(group, () => fold, means)(anEvent(records(0, 3)), lasting(60_000));
    return scheduledRollup(group, means)({}, lasting(ms)) as Promise<{ folded: number } | undefined>;
  });
  return result?.folded;
}

describe('the scheduled rollup', () => {
  it('begins a pass only while there is more time than a pass may take', async () => {
    assert.equal(await rolledUpWithin(MARGIN_MS + 1), 1);
    assert.equal(await rolledUpWithin(MARGIN_MS), 0);
  });
});
