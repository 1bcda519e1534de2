/** An operator's event is the mapping's own: the bytes of both are compared, whatever the record. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  buildFetchedRecord,
  buildEventPayload as mappingPayload,
  type PolledRecord,
} from '../../../../infra/local/mapping/kafka-event.ts';
import {
  buildEventPayload,
  formatGivenRecord,
  formatRecord,
  PAYLOAD_BYTES_MAX,
} from '../../../../infra/ops/redrive/kafka-event.ts';
import { readEvent } from '../../../../shared/event/event.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const maybe = fc.option(bytes, { nil: null });
const record = fc.record({
  topic: fc.constant('ad_clicks'),
  partition: fc.constant(3),
  offset: fc.maxSafeNat(),
  timestamp: fc.maxSafeNat(),
  timestampType: fc.constantFrom('CREATE_TIME' as const, 'LOG_APPEND_TIME' as const),
  key: maybe,
  value: maybe,
  headers: fc.array(fc.tuple(maybe, maybe), { maxLength: 3 }),
});

function textOf(from: PolledRecord): string {
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = from;
  const appended = timestampType === 'LOG_APPEND_TIME';
  return formatRecord(topic, partition, { offset, time: timestamp, appended, key, value, headers });
}

const source = { topic: 'ad_clicks', partition: 3, sourceArn: 'arn:aws:kafka:"c"', bootstrap: 'a:1,b:2' };

describe('the event of a redrive', () => {
  it('writes no record that no text can hold: its text is without a value, and longer than any event', () => {
    const huge = {
      topic: 't',
      partition: 3,
      offset: 7,
      timestamp: 1,
      timestampType: 'LOG_APPEND_TIME',
    } as const;
    const text = textOf({ ...huge, key: null, value: Buffer.alloc(450 * 1024 * 1024), headers: [] });

    assert.ok(text.length > PAYLOAD_BYTES_MAX && text.length < 2 * PAYLOAD_BYTES_MAX);
    assert.deepEqual(JSON.parse(text), { topic: 't', partition: 3, offset: 7, timestamp: 1 });
  });

  it('has the bytes of the mapping’s own', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
        const texts = records.map(textOf);
        const fetched = records.map(buildFetchedRecord);
        const own = mappingPayload(
          { arn: source.sourceArn, bootstrap: source.bootstrap },
          new Map([['ad_clicks-3', fetched]]),
        );

        const event = buildEventPayload(source, { texts, empty: [], first: 0, last: 0 }, undefined);

        assert.equal(event.toString('latin1'), own.toString('latin1'));
      }),
      { numRuns: 300 },
    );
  });

  it('writes a document’s record as the log has it', () => {
    fc.assert(
      fc.property(record, (from) => assert.equal(formatGivenRecord(JSON.parse(textOf(from))), textOf(from))),
    );
  });

  it('asks for what only an operator may ask for', () => {
    const unparking = buildEventPayload(source, { texts: [], empty: [], first: 0, last: 0 }, 'unpark');
    const closing = buildEventPayload(source, { texts: [], empty: [5, 7, 9, 9], first: 5, last: 9 }, 'close');

    assert.deepEqual(
      [readEvent(JSON.parse(`${unparking}`)).unpark, JSON.parse(`${unparking}`).void],
      [true, undefined],
    );
    assert.deepEqual(readEvent(JSON.parse(`${closing}`)).void, [
      { topic: 'ad_clicks', partition: 3, offsets: '5-7,9' },
    ]);
  });
});
