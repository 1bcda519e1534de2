/** A group of another contract, without a fold: its journal, lines and statements, and what happens where it counts otherwise. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Context } from 'aws-lambda';
import { group as billing } from '../../functions/billing/group.ts';
import { adImpression } from '../../functions/events/ad-impression.ts';
import { consumer } from '../../shared/consumer.ts';
import { checkCount } from '../../shared/fold/check-count.ts';
import { formatKey } from '../../shared/fold/count.ts';
import type { GroupOf } from '../../shared/group.ts';
import { scheduledRollup } from '../../shared/scheduled-rollup.ts';
import { readStatement, wholePeriod } from '../../shared/statement/statement.ts';
import { anEvent, aRecord, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';

const group: GroupOf<typeof adImpression> = {
  ...billing,
  ledger: 'reach',
  topic: 'ad_impressions',
  contract: adImpression,
  count: {
    by: ['adId', 'country'],
    measures: { impressions: 1, priceMicros: 'price', visibleMs: 'visibleMs' },
    where: { placement: { oneOf: ['top', 'feed'] }, visibleMs: { atLeast: 1_000 } },
  },
};

function shown(offset: number, fields: object = {}, country = 'DE') {
  const impression = {
    ...{
      v: 1,
      impressionId: `i-${offset}`,
      campaign: 'c-1',
      adId: 'ad,1',
      geo: { country },
      placement: 'top',
    },
    ...{ visibleMs: 1_500, price: 0.25, shownAt: START_MS, ...fields },
  };
  return aRecord({ topic: group.topic, offset, text: JSON.stringify(impression) });
}

async function run(ledger: MemoryLedger, of: typeof group, records: readonly ReturnType<typeof shown>[]) {
  const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const means = { config, client: ledger.client, clock: steppedClock(START_MS + 60_000) };
  const context = {
    awsRequestId: 'r1',
    functionName: 'reach',
    getRemainingTimeInMillis: () => 600_000,
  } as Context;
  const { result, lines } = await captured(async () => {
    const answer = await consumer(of, undefined, means)(anEvent(records), context);
    await scheduledRollup(of, means)({}, context);
    return answer;
  });
  return { failed: result.batchItemFailures.length, said: lines.join('\n') };
}

const JOURNAL = 'ad_impressions@1#0';
const records = [
  shown(0),
  shown(1, { price: 0.000001 }),
  shown(2, {}, 'FR'),
  shown(3, { placement: 'side' }),
  shown(4, { visibleMs: 999 }),
  shown(5, { geo: { country: 'de' } }),
  shown(6, { price: '0.25' }),
  shown(7, { placement: 'nowhere' }),
  shown(8, { geo: 7 }),
];

describe('a group that counts by data', () => {
  it('is sound, and counts by several fields what its conditions let through', async () => {
    assert.deepEqual(checkCount(group.count, group.contract), []);
    const ledger = memoryLedger();

    assert.equal((await run(ledger, group, records)).failed, 0);

    const [entry] = entriesOf(ledger, JOURNAL);
    assert.equal(
      entry?.changed.lines,
      '{"2026-11-21T10":{"ad%002c1,DE":[2,250001,3000],"ad%002c1,FR":[1,250000,1500]}}',
    );
    assert.deepEqual(entry.state.totals, [3n, 500_001n, 4_500n]);
    assert.deepEqual(
      entry.changed.parked.map(({ offset, reason }) => [offset, reason]),
      [
        [5, 'event.country'],
        [6, 'event.price'],
        [7, 'event.placement'],
        [8, 'event.country'],
      ],
    );
    const item = ledger.memory.get(JOURNAL, 'entry#0000000000000001');
    assert.deepEqual(item?.['state']?.M?.['counted'], {
      S: '{"by":["adId","country"],"measures":["impressions","priceMicros","visibleMs"]}',
    });
    assert.deepEqual(item?.['state']?.M?.['totals'], {
      M: { impressions: { N: '3' }, priceMicros: { N: '500001' }, visibleMs: { N: '4500' } },
    });
    assert.equal(item?.['state']?.M?.['clicks'], undefined);
  });

  it('has lines and statements by key, exact ones too', async () => {
    const ledger = memoryLedger();
    await run(ledger, group, records.slice(0, 2));
    await run(ledger, group, [shown(20, { price: 1 })]);

    const line = ledger.memory.get('line#ad%002c1,DE', `2026-11-21T10#${JOURNAL}`);
    assert.deepEqual(
      [line?.['impressions'], line?.['priceMicros'], line?.['visibleMs'], line?.['through']],
      [{ N: '3' }, { N: '1250001' }, { N: '4500' }, { N: '2' }],
    );
    for (const exact of [true, false])
      assert.deepEqual(await readStatement(ledger, formatKey(['ad,1', 'DE']), wholePeriod, exact), [
        {
          hour: '2026-11-21T10',
          sums: { impressions: 3n, priceMicros: 1_250_001n, visibleMs: 4_500n },
          flagged: 0n,
        },
      ]);
  });

  it('halts with a sentence where it counts other sums, or by other fields, than its ledger holds', async () => {
    for (const count of [
      { by: ['adId'], measures: group.count.measures },
      { by: group.count.by, measures: { impressions: 1 } },
      { by: ['country', 'adId'], measures: group.count.measures },
    ] as const) {
      const ledger = memoryLedger();
      await run(ledger, group, records.slice(0, 2));

      const { failed, said } = await run(ledger, { ...group, count }, [shown(2)]);

      assert.equal(failed, 1);
      assert.match(
        said,
        /ledger\.count.*counts impressions, priceMicros, visibleMs by adId, country, and the group now/,
      );
      assert.equal(entriesOf(ledger, JOURNAL).length, 1);
    }
  });

  it('refuses at its cold start to count by a fold that nobody named', () => {
    const { by, measures } = group.count;
    const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
    const means = { config, client: memoryLedger().client, clock: steppedClock(0) };

    assert.throws(
      () => consumer({ ...group, count: { by, measures, fold: true } }, undefined, means),
      /names none/,
    );
  });
});

describe('the key of a line', () => {
  it('is never that of other values, whatever texts there are', () => {
    const texts = [
      '',
      ',',
      '%',
      '%002c',
      'a,b',
      'a',
      'b',
      '\u0000',
      '\ud800',
      'é',
      '\ud83d\ude00',
      '%d800',
      ',,',
    ];
    const keys = new Map<string, string>();
    for (const a of texts)
      for (const b of texts) {
        const key = formatKey([a, b]);
        assert.ok(key.isWellFormed());
        assert.equal(keys.get(key), undefined, `${JSON.stringify([a, b])} and ${keys.get(key)}`);
        keys.set(key, JSON.stringify([a, b]));
      }
    assert.equal(keys.size, texts.length ** 2);
    assert.equal(formatKey(['adv-7']), 'adv-7');
    assert.equal(formatKey([true, 5]), 'true,5');
  });
});
