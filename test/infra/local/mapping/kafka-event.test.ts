import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildBatch } from '../../../../infra/local/mapping/batch.ts';
import { decide } from '../../../../infra/local/mapping/decide.ts';
import {
  buildEventPayload,
  buildFetchedRecord,
  countPayloadBytes,
  type PolledRecord,
} from '../../../../infra/local/mapping/kafka-event.ts';
import { computeFingerprint, isRejected } from '../../../../shared/contract/decode.ts';
import { type KafkaRecord, listDeliveries, readEvent } from '../../../../shared/event/event.ts';
import { aClick, aRecord } from '../../../support/builders.ts';
import { decode } from '../../../support/clicks.ts';
import { headersOf } from '../../../support/record-headers.ts';

const source = {
  arn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/clicks/UUID-1',
  bootstrap: 'b-1:9098,b-2:9098',
};

function logged(fields: Partial<PolledRecord> = {}): PolledRecord {
  return {
    topic: 'ad_clicks',
    partition: 0,
    offset: 0,
    timestamp: 1_795_000_000_000,
    timestampType: 'LOG_APPEND_TIME',
    key: null,
    value: null,
    headers: [],
    ...fields,
  };
}

/** The event as the function gets it. */
function eventOf(records: readonly PolledRecord[]): unknown {
  const byLabel = Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`);
  const fetched = new Map(Array.from(byLabel, ([label, list]) => [label, list.map(buildFetchedRecord)]));
  return JSON.parse(buildEventPayload(source, fetched).toString('utf8'));
}

/** The one record of an event, as the pipe reads it. */
function received(record: PolledRecord): KafkaRecord & { timestampType?: string } {
  const [delivery] = listDeliveries(readEvent(eventOf([record])));
  return delivery?.records[0] as KafkaRecord;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const headerName = fc.string({ unit: 'binary', maxLength: 12 }).map((name) => Buffer.from(name));
const anyRecord = fc.record({
  topic: fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/),
  partition: fc.nat(999),
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeNat(),
  timestampType: fc.constantFrom('CREATE_TIME' as const, 'LOG_APPEND_TIME' as const),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(headerName, bytes), { maxLength: 4 }),
});

describe('an event of the local mapping', () => {
  // AWS Lambda docs: with-msk
  it('leaves out what no string can hold, still counts it, and so the record is discarded as too large', () => {
    const bytes = 450 * 1024 * 1024;
    const huge = buildFetchedRecord(logged({ offset: 7, value: Buffer.alloc(bytes) }));
    const batch = buildBatch(new Map([['ad_clicks-0', [huge]]]));
    const rules = { source, partialResponses: true, partialRetry: 'listed', retryAttempts: -1 } as const;

    const { discarded, deliver } = decide(batch, 'due', { ...rules, maxAgeSeconds: -1, bisect: false }, 0);

    assert.ok(huge.text.length < 1_000);
    assert.ok(countPayloadBytes(source, batch.records) > bytes);
    assert.deepEqual(deliver, []);
    assert.deepEqual(
      discarded.map(({ condition, because }) => [condition, because]),
      [['MaximumPayloadSizeExceeded', 'its event would be larger than 6291456 bytes']],
    );
  });

  it('writes out a record of 64 MB, key and headers counted, and of one byte more only where it is', () => {
    const of = (bytes: number) =>
      logged({
        ...{ offset: 7, key: Buffer.from('k'), value: Buffer.alloc(bytes) },
        headers: [[Buffer.from('h'), Buffer.from('v')]],
      });
    const most = 64 * 1024 * 1024;

    const written = buildFetchedRecord(of(most - 3));
    const left = buildFetchedRecord(of(most - 2));

    assert.equal(written.leftOut, undefined);
    assert.ok(written.text.length > most);
    assert.deepEqual(left, { ...buildFetchedRecord(logged({ offset: 7 })), leftOut: most + 1 });
  });

  it('has the envelope that Lambda writes for Amazon MSK', () => {
    assert.deepEqual(eventOf([logged({ value: Buffer.from('v') })]), {
      eventSource: 'aws:kafka',
      eventSourceArn: source.arn,
      bootstrapServers: 'b-1:9098,b-2:9098',
      records: {
        'ad_clicks-0': [
          {
            topic: 'ad_clicks',
            partition: 0,
            offset: 0,
            timestamp: 1_795_000_000_000,
            timestampType: 'LOG_APPEND_TIME',
            value: 'dg==',
            headers: [],
          },
        ],
      },
    });
  });

  it('is read by the pipe as the records of the log (I2)', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const read = received(record);

        const { topic, partition, offset, timestamp, timestampType } = record;
        assert.deepEqual(
          [read.topic, read.partition, read.offset, read.timestamp, read.timestampType],
          [topic, partition, offset, timestamp, timestampType],
        );
        assert.deepEqual(bytesOf(read.key), record.key);
        assert.deepEqual(bytesOf(read.value), record.value);
        assert.deepEqual(
          headersOf(read).map(([name, value]) => [Buffer.from(name), value]),
          record.headers,
        );
      }),
    );
  });

  it('decodes to the click that was produced, and to the same fingerprint as any other delivery of it (I10)', () => {
    const click = aClick({ clickId: 'größer ☃', note: '"\\\n' });
    const value = Buffer.from(JSON.stringify(click));
    const record = logged({ offset: 7, key: Buffer.from('adv-7'), value });

    const decoded = decode(received(record));

    assert.ok(!isRejected(decoded));
    assert.equal(decoded.clickId, 'größer ☃');
    assert.equal(decoded.priceMicros, click['priceMicros']);
    const other = aRecord({ offset: 7, timestamp: record.timestamp, text: value.toString() });
    assert.equal(computeFingerprint(received(record)), computeFingerprint(other));
  });

  // Reported in powertools-lambda-typescript#4988 and #3841: properties that hold null are absent.
  it('leaves out key and value if the log holds null, and writes zero bytes as ""', () => {
    const tombstone = received(logged());
    const empty = received(logged({ key: Buffer.alloc(0), value: Buffer.alloc(0) }));

    assert.deepEqual(['key' in tombstone, 'value' in tombstone], [false, false]);
    assert.deepEqual([empty.key, empty.value], ['', '']);
    assert.deepEqual(decode(tombstone), { record: tombstone, rejected: 'value.missing' });
  });

  // aws-lambda-go `events/kafka.go`: bytes of a header are signed.
  it('writes header bytes as signed numbers', () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const read = received(
      logged({
        headers: [
          [Buffer.from('city'), Buffer.from('ë')],
          [Buffer.from('every'), every],
        ],
      }),
    );

    assert.deepEqual(read.headers?.[0], { city: [-61, -85] });
    const numbers = read.headers?.[1]?.['every'] ?? [];
    assert.deepEqual([numbers[127], numbers[128], numbers[255]], [127, -128, -1]);
    assert.deepEqual(headersOf(read)[1], ['every', every]);
  });

  it('keeps order and repetitions of headers, and any name', () => {
    const names = ['a', 'a', '', '__proto__', 'Straße', '"', '\u2028', '😀'];

    const read = received(logged({ headers: names.map((name) => [Buffer.from(name), null]) }));

    assert.deepEqual(
      headersOf(read),
      names.map((name) => [name, Buffer.alloc(0)]),
    );
  });

  it('keeps topics apart if their names contain - and .', () => {
    const records = [
      logged({ topic: 'a-1', partition: 1 }),
      logged({ topic: 'a', partition: 11 }),
      logged({ topic: 'a.1-1' }),
    ];

    const deliveries = listDeliveries(readEvent(eventOf(records)));

    assert.deepEqual(
      deliveries.map(({ topic, partition }) => [topic, partition]),
      [
        ['a-1', 1],
        ['a', 11],
        ['a.1-1', 0],
      ],
    );
  });

  it('holds the records of several partitions in order, and is as long as was counted', () => {
    const of = (partition: number, ...offsets: number[]) =>
      offsets.map((offset) => buildFetchedRecord(logged({ partition, offset, value: Buffer.from('v') })));
    for (const partitions of [
      new Map([['ad_clicks-0', of(0, 7)]]),
      new Map([['ad_clicks-0', of(0, 7, 8, 10)]]),
      new Map([
        ['ad_clicks-0', of(0, 7, 8)],
        ['ad_clicks-11', of(11, 1, 2, 3)],
      ]),
    ]) {
      const payload = buildEventPayload(source, partitions);
      const { records } = JSON.parse(payload.toString()) as { records: Record<string, { offset: number }[]> };

      assert.equal(countPayloadBytes(source, partitions), payload.length);
      assert.deepEqual(
        Object.entries(records).map(([label, list]) => [label, list.map(({ offset }) => offset)]),
        Array.from(partitions, ([label, list]) => [label, list.map(({ offset }) => offset)]),
      );
    }
  });

  it('has a header without a name under the empty one', () => {
    const { text } = buildFetchedRecord(logged({ headers: [[null, Buffer.from('v')]] }));

    assert.deepEqual(JSON.parse(text).headers, [{ '': [118] }]);
  });

  it('has as many bytes as its text has characters, which the 6 MB limit counts', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { text } = buildFetchedRecord(record);

        assert.equal(Buffer.byteLength(text, 'utf8'), text.length);
      }),
    );
  });
});

function bytesOf(text: string | null | undefined): Buffer | null {
  return text === undefined || text === null ? null : Buffer.from(text, 'base64');
}
