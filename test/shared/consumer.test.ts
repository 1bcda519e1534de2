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
import { anEvent, aRecord, records } from '../support/builders.ts';
import { captured } from '../support/captured.ts';

const dynamo = mockClient(DynamoDBClient);

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
  return consumer(group, () => fold, { config, client: new DynamoDBClient({}), clock: systemClock });
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
