import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config.ts';
import { consumer } from '../../shared/consumer.ts';
import type { KafkaEvent } from '../../shared/event/event.ts';
import { anEvent, aRecord, records, START_MS } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { entriesOf, type MemoryLedger, memoryLedger, steppedClock } from '../support/memory-ledger.ts';

/** One client, not the class: other files of the same process have clients that send. */
const client = new DynamoDBClient({});
const dynamo = mockClient(client);

function context(remainingMs: number): Context {
  return {
    awsRequestId: 'r1',
    functionName: 'billing',
    getRemainingTimeInMillis: () => remainingMs,
  } as Context;
}

function billing(options: Partial<Pick<Config, 'partialResponses' | 'producerTimes'>> = {}) {
  const config = {
    table: 'ledger',
    incarnation: 3,
    partialResponses: options.partialResponses ?? true,
    code: 'c1',
    producerTimes: options.producerTimes,
    secrets: {},
  };
  return consumer(group, () => fold, { config, client, clock: systemClock });
}

/** The table works, but for the journals of some partitions. */
function tableThatRefuses(...partitions: number[]): void {
  dynamo.reset();
  dynamo.on(QueryCommand).resolves({ Items: [] });
  dynamo.onAnyCommand().resolves({});
  for (const partition of partitions) {
    const refusal = Object.assign(new Error('no rights'), { name: 'AccessDeniedException' });
    dynamo
      .on(
        QueryCommand,
        { ExpressionAttributeValues: { ':journal': { S: `ad_clicks@3#${partition}` } } },
        false,
      )
      .rejects(refusal);
  }
}

function entriesPut(): string[] {
  const items = dynamo.commandCalls(PutItemCommand).map((call) => call.args[0].input.Item);
  return items.filter((item) => item?.['sk']?.S?.startsWith('entry#')).map((item) => item?.['pk']?.S ?? '');
}

describe('the consumer: what Lambda hears of an event', () => {
  it('nothing failed: an empty list of failures, and one entry per partition under its incarnation', async () => {
    tableThatRefuses();

    const { result: response } = await captured(() =>
      billing()(anEvent([...records(0, 3), ...records(7, 3, { partition: 1 })]), context(60_000)),
    );

    assert.deepEqual(response, { batchItemFailures: [] });
    assert.deepEqual(entriesPut().sort(), ['ad_clicks@3#0', 'ad_clicks@3#1']);
  });

  it('one partition failed: all its records and nothing of the others (I8)', async () => {
    tableThatRefuses(1);

    const { result: response } = await captured(() =>
      billing()(anEvent([...records(0, 3), ...records(7, 2, { partition: 1 })]), context(60_000)),
    );

    assert.deepEqual(response, {
      batchItemFailures: [
        { itemIdentifier: { partition: 'ad_clicks-1', offset: 7 } },
        { itemIdentifier: { partition: 'ad_clicks-1', offset: 8 } },
      ],
    });
    assert.deepEqual(entriesPut(), ['ad_clicks@3#0']);
  });

  it('a mapping without partial responses hears a throw, after the other partitions were committed', async () => {
    tableThatRefuses(1);
    const event = anEvent([...records(0, 3), ...records(7, 2, { partition: 1 })]);

    await captured(() =>
      assert.rejects(
        () => billing({ partialResponses: false })(event, context(60_000)),
        /ad_clicks#1 \(table\.refused\)/,
      ),
    );

    assert.deepEqual(entriesPut(), ['ad_clicks@3#0']);
  });

  it('empty offsets that could not be closed are thrown, since no record names them (I7)', async () => {
    tableThatRefuses(1);
    const event = { records: {}, void: [{ topic: 'ad_clicks', partition: 1, offsets: '3' }] };

    await captured(() =>
      assert.rejects(() => billing()(event, context(60_000)), /ad_clicks#1 \(table\.refused\)/),
    );
  });

  it('with no time left every record is reported and nothing is put (I7)', async () => {
    tableThatRefuses();

    const { result: response } = await captured(() => billing()(anEvent(records(0, 3)), context(100)));

    assert.equal(response.batchItemFailures.length, 3);
    assert.deepEqual(entriesPut(), []);
  });

  it('an event that is none is thrown out whole', async () => {
    tableThatRefuses();

    await captured(() =>
      assert.rejects(() => billing()({ Records: [] }, context(60_000)), /event\.malformed/),
    );
  });

  const foreign = { topic: 'mytopic', partition: 0 };
  const ofAnotherTopic: readonly (readonly [string, unknown])[] = [
    ['records of another topic', anEvent(records(0, 3, foreign))],
    [
      'a record of another topic among its own',
      anEvent([...records(0, 3), aRecord({ ...foreign, offset: 9 })]),
    ],
    ['offsets of another topic to be closed', { records: {}, void: [{ ...foreign, offsets: '1' }] }],
    [
      'offsets of another topic to be accepted',
      { records: {}, accept: [{ ...foreign, offsets: '1', reason: 'a test', who: 'me' }] },
    ],
    [
      'its own topic, but another one on its second line',
      { records: { a: records(0, 1), b: records(0, 1, { topic: 'ad_clicks_test' }) }, unpark: true },
    ],
  ];
  for (const [what, event] of ofAnotherTopic) {
    it(`an event with ${what} is refused whole, nothing is written, and the halted alarm hears of it`, async () => {
      tableThatRefuses();

      const { lines } = await captured(() =>
        assert.rejects(
          () => billing()(event, context(60_000)),
          /event\.topic: .*allowed is 'ad_clicks' alone/,
        ),
      );

      assert.equal(dynamo.calls().length, 0);
      const measured = lines.map((line) => JSON.parse(line)).find(({ _aws }) => _aws !== undefined);
      assert.deepEqual([measured?.PartitionsHalted, measured?.PartitionsFailed], [1, 1]);
    });
  }

  it('a record that its producer has stamped is refused whole where the broker has to', async () => {
    tableThatRefuses();
    const event = anEvent([...records(0, 3), aRecord({ offset: 3, timestampType: 'CREATE_TIME' })]);

    await captured(() =>
      assert.rejects(
        () => billing()(event, context(60_000)),
        /event\.timestamps: the record at ad_clicks partition 0 offset 3/,
      ),
    );

    assert.equal(dynamo.calls().length, 0);
  });

  it('a record that its producer has stamped is counted where the topic says so', async () => {
    tableThatRefuses();
    const event = anEvent([aRecord({ timestamp: Date.now(), timestampType: 'CREATE_TIME' })]);
    const producerTimes = { retentionMs: 1_000_000, aheadMaxMs: 1_000 };

    const { result: response } = await captured(() => billing({ producerTimes })(event, context(60_000)));

    assert.deepEqual(response, { batchItemFailures: [] });
    assert.deepEqual(entriesPut(), ['ad_clicks@3#0']);
  });

  it('an empty event is a success', async () => {
    tableThatRefuses();

    assert.deepEqual(await billing()({ records: {} }, context(60_000)), { batchItemFailures: [] });
  });

  it('poison is parked and not reported: it never stops a partition', async () => {
    tableThatRefuses();

    const { result: response } = await captured(() =>
      billing()(anEvent([aRecord({ offset: 0, text: 'poison' })]), context(60_000)),
    );

    assert.deepEqual(response, { batchItemFailures: [] });
    assert.deepEqual(entriesPut(), ['ad_clicks@3#0']);
  });
});

describe('the consumer: what it logs', () => {
  it('counts as metrics of its ledger, in the embedded format', async () => {
    tableThatRefuses();

    const { lines } = await captured(() => billing()(anEvent(records(0, 3)), context(60_000)));

    const metrics = lines.map((line) => JSON.parse(line)).find((line) => line._aws !== undefined);
    assert.equal(metrics.service, 'billing');
    assert.equal(metrics._aws.CloudWatchMetrics[0].Namespace, 'Clickledger');
    assert.deepEqual([metrics.Applied, metrics.Duplicates, metrics.Parked, metrics.Entries], [3, 0, 0, 1]);
    assert.ok(metrics.RecordAge >= 0);
  });

  it('nothing personal, even of a record that it parks or a partition that fails', async () => {
    tableThatRefuses(1);
    const secret = '203.0.113.77';
    const event = anEvent([
      aRecord({ offset: 0, click: { ip: secret, priceMicros: 'x' } }),
      aRecord({ offset: 1, partition: 1, click: { ip: secret } }),
    ]);

    const { lines } = await captured(() => billing()(event, context(60_000)));

    assert.ok(lines.some((line) => line.includes('records parked')));
    assert.ok(lines.some((line) => line.includes('partition failed') && line.includes('table.refused')));
    assert.ok(
      lines.every(
        (line) =>
          !line.includes(secret) && !line.includes(Buffer.from(secret).toString('base64').slice(0, 12)),
      ),
    );
  });
});

describe('the consumer on a table that works', () => {
  const bad = (offset: number, n = 1, more = {}) =>
    records(offset, n).map((record, i) => ({
      ...record,
      value: 'bm8=',
      key: Buffer.from(String(i)).toString('base64'),
      ...more,
    }));

  async function deliver(
    ledger: MemoryLedger,
    event: KafkaEvent,
    { remainingMs = 60_000, config = {} }: { remainingMs?: number; config?: Partial<Config> } = {},
  ) {
    const clock = steppedClock(START_MS);
    const whole = {
      table: 'ledger',
      incarnation: 1,
      partialResponses: true,
      code: 'c1',
      secrets: {},
      ...config,
    };
    const handler = consumer(group, () => fold, { config: whole, client: ledger.client, clock });
    return (await captured(() => handler(event, context(remainingMs)))).result;
  }
  const parkedIn = (ledger: MemoryLedger) =>
    entriesOf(ledger, 'ad_clicks@1#0').flatMap(({ changed }) => changed.parked.map(({ offset }) => offset));

  it('halts on a batch of nothing but bad records, and parks it where an operator says so and only then', async () => {
    const event = anEvent(bad(0, 150));
    const halted = memoryLedger();
    assert.equal((await deliver(halted, event)).batchItemFailures.length, 150);
    assert.deepEqual(parkedIn(halted), []);
    for (const asked of [{ park: true }, { unpark: true }]) {
      const released = memoryLedger();
      assert.deepEqual(await deliver(released, { ...event, ...asked }), { batchItemFailures: [] });
      assert.equal(parkedIn(released).length, 150, JSON.stringify(asked));
    }
    const other = { ...event, park: 'yes', unpark: 1 } as unknown as KafkaEvent;
    assert.equal((await deliver(memoryLedger(), other)).batchItemFailures.length, 150);
  });

  it('says who wrote an entry: its code, its request, and the time of its clock', async () => {
    const ledger = memoryLedger();
    await deliver(ledger, anEvent(records(0, 3)), { config: { code: 'release-7' } });
    assert.deepEqual(entriesOf(ledger, 'ad_clicks@1#0')[0]?.by, {
      code: 'release-7',
      request: 'r1',
      at: new Date(START_MS).toISOString(),
    });
  });

  it('asks the table nothing more from a second and a half before its end on', async () => {
    for (const [remainingMs, failed] of [
      [1_500, 3],
      [1_501, 0],
    ] as const)
      assert.equal(
        (await deliver(memoryLedger(), anEvent(records(0, 3)), { remainingMs })).batchItemFailures.length,
        failed,
        `${remainingMs} ms`,
      );
  });

  it('believes producers as far as its topic says: what is further ahead is parked', async () => {
    const producerTimes = { retentionMs: 3_600_000, aheadMaxMs: 60_000 };
    const at = (timestamp: number) => ({ timestamp, timestampType: 'CREATE_TIME' as const });
    const ledger = memoryLedger();
    const given = [at(START_MS), at(START_MS + 60_000), at(START_MS + 60_001), at(START_MS - 3_600_001)];
    await deliver(ledger, anEvent(given.map((of, offset) => ({ ...aRecord({ offset }), ...of }))), {
      config: { producerTimes },
    });
    const [entry] = entriesOf(ledger, 'ad_clicks@1#0');
    assert.deepEqual(
      entry?.changed.parked.map(({ offset, reason }) => [offset, reason]),
      [
        [2, 'record.ahead'],
        [3, 'record.old'],
      ],
    );
  });

  it('begins no journal of a higher incarnation beside a young one that nobody explains', async () => {
    const beginning = (log: 'new' | 'unsaid') => ({ log, retentionMs: 3_600_000 });
    const ledger = memoryLedger();
    await deliver(ledger, anEvent(records(0, 3)));
    const later = (log: 'new' | 'unsaid') =>
      deliver(ledger, anEvent(records(0, 3)), { config: { incarnation: 2, beginning: beginning(log) } });
    assert.equal((await later('unsaid')).batchItemFailures.length, 3);
    assert.deepEqual(await later('new'), { batchItemFailures: [] });
    assert.equal(entriesOf(ledger, 'ad_clicks@2#0').length, 1);
  });
});
