/** The fixtures keep the traits for which they are there; whoever tidies them up finds out here. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { headersOf } from '../support/record-headers.ts';
import { publishedEvent, publishedEvents } from './published-events.ts';

const published = Object.keys(publishedEvents).map((name) => ({ name, event: publishedEvent(name) }));
const recordsOf = (name: string) => Object.values(publishedEvent(name).records).flat();
const everyRecord = published.flatMap(({ name }) => recordsOf(name));

describe('the published events', () => {
  it('are all in use', () => {
    const files = readdirSync(join(import.meta.dirname, '../fixtures')).filter((name) =>
      name.endsWith('.json'),
    );

    assert.deepEqual(files.sort(), published.map(({ name }) => `${name}.json`).sort());
  });

  it('have the envelope of their source: an ARN from MSK, none from a cluster of one’s own', () => {
    for (const { name, event } of published) {
      const { eventSource, eventSourceArn, bootstrapServers } = event;
      assert.match(String(bootstrapServers), /^[\w.-]+:\d+(,[\w.-]+:\d+)*$/, name);
      if (eventSource === 'SelfManagedKafka') assert.equal(eventSourceArn, undefined);
      else assert.match(`${eventSource} ${eventSourceArn}`, /^aws:kafka arn:aws:kafka:/);
    }
    assert.deepEqual(
      new Set(published.map(({ event }) => event['eventSource'])),
      new Set(['aws:kafka', 'SelfManagedKafka']),
    );
  });

  it('hold every way in which a key or a value is missing', () => {
    const ways = (field: 'key' | 'value') =>
      new Set(
        recordsOf('several-partitions').map((record) => {
          if (!(field in record)) return 'absent';
          return record[field] === null ? 'null' : record[field] === '' ? 'empty' : 'there';
        }),
      );

    assert.deepEqual(ways('key'), new Set(['null', 'absent', 'empty', 'there']));
    assert.deepEqual(ways('value'), new Set(['null', 'absent', 'there']));
  });

  it('hold both types of timestamp, several partitions, and a label that is not topic and partition', () => {
    const types = everyRecord.map(({ timestampType }) => timestampType);

    assert.deepEqual(new Set(types), new Set(['CREATE_TIME', 'LOG_APPEND_TIME']));
    assert.deepEqual(Object.keys(publishedEvent('several-partitions').records), [
      'ad_clicks-0',
      'ad_clicks-12',
    ]);
    const [[label, [record]] = ['', []]] = Object.entries(publishedEvent('label-of-two-digits').records);
    assert.deepEqual([label, record?.topic, record?.partition], ['mytopic-01', 'mytopic', 0]);
  });

  it('hold headers as signed bytes, which read back as what was written', () => {
    const headers = recordsOf('several-partitions').flatMap(headersOf);

    assert.deepEqual(
      headers.map(([name, bytes]) => [name, bytes.toString(name === 'n' ? 'hex' : 'utf8')]),
      [
        ['city', 'Besançon'],
        ['city', 'Zoë ☕'],
        ['city', ''],
        ['n', '807f00'],
      ],
    );
    const bytes = everyRecord.flatMap(({ headers = [] }) =>
      headers.flatMap((header) => Object.values(header).flat()),
    );
    assert.ok(bytes.some((byte) => byte < 0) && bytes.every((byte) => byte >= -128 && byte <= 127));
  });
});
