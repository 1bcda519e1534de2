import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { listDeliveries, listIdentifiers, readEvent } from '../../../shared/event/event.ts';
import { anEvent, aRecord, records } from '../../support/builders.ts';
import { headersOf } from '../../support/record-headers.ts';

describe('event: what Lambda delivers', () => {
  it('becomes one delivery per partition, in offset order, whatever its keys say', () => {
    const event = readEvent({
      records: {
        'mytopic-01': [
          aRecord({ topic: 'my-topic.v2', partition: 0, offset: 3 }),
          aRecord({ topic: 'my-topic.v2', partition: 0, offset: 4 }),
        ],
        'mytopic-1': [aRecord({ topic: 'my-topic.v2', partition: 1, offset: 9 })],
      },
    });

    const deliveries = listDeliveries(event);

    const shape = deliveries.map(({ topic, partition, records }) => [
      topic,
      partition,
      records.map(({ offset }) => offset),
    ]);
    assert.deepEqual(shape, [
      ['my-topic.v2', 0, [3, 4]],
      ['my-topic.v2', 1, [9]],
    ]);
  });

  it('is ordered and rid of repetitions where a replay has neither order nor single records', () => {
    const event = anEvent([
      aRecord({ offset: 7 }),
      aRecord({ offset: 5 }),
      aRecord({ offset: 7 }),
      aRecord({ offset: 6 }),
    ]);

    const [delivery] = listDeliveries(event);

    assert.deepEqual(
      delivery?.records.map(({ offset }) => offset),
      [5, 6, 7],
    );
  });

  it('gathers a partition that is spread over several keys', () => {
    const event = { records: { a: [aRecord({ offset: 2 })], b: [aRecord({ offset: 1 })] } };

    const deliveries = listDeliveries(event);

    assert.equal(deliveries.length, 1);
    assert.deepEqual(
      deliveries[0]?.records.map(({ offset }) => offset),
      [1, 2],
    );
  });

  it('names every record of a failed partition under the key that it came with, its offset a number', () => {
    const event = anEvent([...records(5, 2), ...records(8, 2, { partition: 1 })]);

    const identifiers = listIdentifiers(event, new Set(['ad_clicks#1']));

    assert.deepEqual(identifiers, [
      { partition: 'ad_clicks-1', offset: 8 },
      { partition: 'ad_clicks-1', offset: 9 },
    ]);
  });

  it('is read from MSK, self-managed and obsolete envelopes alike, and empty', () => {
    for (const envelope of [
      { eventSource: 'aws:kafka' },
      { eventSource: 'SelfManagedKafka' },
      { eventSource: 'aws:SelfManagedKafka' },
      {},
    ]) {
      assert.equal(listDeliveries(readEvent({ ...envelope, records: {} })).length, 0);
    }
  });

  it('is refused whole where a position cannot be read', () => {
    const broken = [
      undefined,
      null,
      {},
      { records: null },
      { records: [] },
      { records: { 'a-0': {} } },
      { records: { 'a-0': [null] } },
      { records: { 'a-0': [aRecord({ offset: -1 })] } },
      { records: { 'a-0': [aRecord({ offset: 1.5 })] } },
      { records: { 'a-0': [{ ...aRecord(), offset: '5' }] } },
      { records: { 'a-0': [{ ...aRecord(), partition: undefined }] } },
      { records: { 'a-0': [aRecord({ topic: 'not a topic' })] } },
      { records: { 'a-0': [{ ...aRecord(), timestamp: 'today' }] } },
      { Records: [{ eventSource: 'aws:sqs' }] },
    ];

    for (const event of broken) {
      assert.throws(
        () => readEvent(event),
        (error) => error instanceof AppError && error.code === 'event.malformed',
      );
    }
  });

  it('has header bytes as signed numbers, in order and repeated', () => {
    const record = aRecord({ headers: [{ city: [-61, -85] }, { city: [65] }, { empty: [] }] });

    const headers = headersOf(record).map(([name, value]) => [name, value.toString('utf8')]);

    assert.deepEqual(headers, [
      ['city', 'ë'],
      ['city', 'A'],
      ['empty', ''],
    ]);
    assert.deepEqual(headersOf(aRecord({ headers: [] })), []);
  });

  it('may name offsets that hold no record, beside those of their partition or alone', () => {
    const event = readEvent({
      ...anEvent(records(0, 2)),
      void: [
        { topic: 'ad_clicks', partition: 0, offsets: '2-3' },
        { topic: 'ad_clicks', partition: 1, offsets: '7' },
      ],
    });

    const shape = listDeliveries(event).map(({ partition, records, empty }) => [
      partition,
      records.length,
      empty,
    ]);

    assert.deepEqual(shape, [
      [0, 2, [2, 3]],
      [1, 0, [7, 7]],
    ]);
    assert.equal('empty' in (listDeliveries(anEvent(records(0, 1)))[0] ?? {}), false);
  });

  it('is refused whole where such offsets cannot be read', () => {
    const given = { topic: 'ad_clicks', partition: 0, offsets: '2-3' };
    const broken = [
      'void',
      {},
      [null],
      [{ ...given, topic: 'no topic' }],
      [{ ...given, partition: -1 }],
      [{ ...given, offsets: 7 }],
      [{ ...given, offsets: '3-2' }],
    ];

    for (const empty of broken)
      assert.throws(
        () => readEvent({ records: {}, void: empty }),
        (error) => error instanceof AppError && error.code === 'event.malformed',
        JSON.stringify(empty),
      );
  });
});
