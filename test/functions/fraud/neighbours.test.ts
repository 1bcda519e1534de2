/** A group that discards after some attempts: what its function answers of a batch that is mostly bad, and what its mapping makes of that. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { createVelocityFold } from '../../../functions/fraud/fold.ts';
import { group } from '../../../functions/fraud/group.ts';
import { buildBatch } from '../../../infra/local/mapping/batch.ts';
import { decide } from '../../../infra/local/mapping/decide.ts';
import type { FetchedRecord } from '../../../infra/local/mapping/kafka-event.ts';
import { consumer } from '../../../shared/consumer.ts';
import { anEvent, aRecord, base64, START_MS } from '../../support/builders.ts';
import { captured } from '../../support/captured.ts';
import { entriesOf, memoryLedger, steppedClock } from '../../support/memory-ledger.ts';

const RETRY = group.retry.until === 'spent' ? group.retry : assert.fail('fraud retries until spent');

describe('a bad record among honest ones', () => {
  it('takes none of them along: they are counted at the first attempt, and nothing is discarded', async () => {
    const ledger = memoryLedger();
    const clock = steppedClock(START_MS + 10_000);
    const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
    const handler = consumer(group, () => createVelocityFold('key'), {
      config,
      client: ledger.client,
      clock,
    });
    const context = {
      awsRequestId: 'r1',
      functionName: 'f',
      getRemainingTimeInMillis: () => 60_000,
    } as Context;
    const event = anEvent(
      Array.from({ length: 300 }, (_, i) =>
        aRecord({ offset: i, key: base64(`adv-${i}`), ...(i % 3 !== 0 && { text: '{' }) }),
      ),
    );
    const fetched = (event.records['ad_clicks-0'] ?? []) as unknown as FetchedRecord[];

    const { result } = await captured(() => handler(structuredClone(event), context));
    const rules = {
      source: { arn: 'arn', bootstrap: 'b' },
      ...({ partialResponses: true, partialRetry: 'listed', bisect: RETRY.bisect } as const),
      ...{ retryAttempts: RETRY.attempts, maxAgeSeconds: RETRY.ageSeconds },
    };
    const batch = buildBatch(new Map([['ad_clicks-0', fetched]]));
    const { resolved, deliver, discarded } = decide(
      batch,
      { requestId: 'r1', end: { returned: result } },
      rules,
      clock.now(),
    );

    assert.deepEqual([deliver, discarded], [[], []]);
    assert.equal(resolved.get('ad_clicks-0')?.length, 300);
    const [entry] = entriesOf(ledger, 'ad_clicks@1#0');
    assert.deepEqual([entry?.state.totals[0], entry?.state.openParked], [100n, 200]);
  });
});
