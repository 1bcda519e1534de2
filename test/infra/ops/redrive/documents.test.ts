import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { documentsIn, isPassed, readDocument } from '../../../../infra/ops/redrive/documents.ts';
import { anEvent, aRecord } from '../../../support/builders.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const target = { topic: 'ad_clicks', function: 'fraud-handler', sourceArn: 'arn:aws:kafka:c' };
const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:fraud-handler';

function document(event: object, changed: object = {}): string {
  const payload = JSON.stringify({ eventSource: 'aws:kafka', eventSourceArn: target.sourceArn, ...event });
  return JSON.stringify({ requestContext: { functionArn: arn }, version: '1.0', payload, ...changed });
}

const event = anEvent([aRecord({ offset: 8 }), aRecord({ offset: 7 }), aRecord({ partition: 1, offset: 3 })]);

describe('a destination document', () => {
  it('holds its records by partition, in the order of their offsets', () => {
    for (const functionArn of [arn, `${arn}:$LATEST`]) {
      const found = readDocument('d', document(event, { requestContext: { functionArn } }), target);

      assert.ok(!isPassed(found));
      const offsets = Array.from(found.records, ([partition, list]) => [
        partition,
        ...list.map(({ offset }) => offset),
      ]);
      assert.deepEqual(offsets, [
        [0, 7, 8],
        [1, 3],
      ]);
    }
  });

  it('is left alone if it is another function’s', () => {
    const functionArn = `${arn}-2`;

    const found = readDocument('d', document(event, { requestContext: { functionArn } }), target);

    assert.deepEqual(found, { name: 'd', others: true, why: 'it is of function fraud-handler-2' });
  });

  const rubbish: [what: string, text: string, why: RegExp][] = [
    ['is not JSON', '{"half', /not a JSON object/],
    ['is another JSON', '[]', /not a JSON object/],
    ['names no function', document(event, { requestContext: null }), /names no function/],
    ['has no payload', document(event, { payload: undefined }), /payload/],
    ['has its payload as an object', document(event, { payload: event }), /payload/],
    ['is of another cluster', document({ ...event, eventSourceArn: 'arn:other' }), /event is of arn:other/],
    ['has an event without records', document({}), /event\.malformed/],
    ['has offsets as texts', document(anEvent([aRecord({ offset: '7' as never })])), /no readable position/],
    ['is of another topic', document(anEvent([aRecord({ topic: 'other' })])), /topic other/],
    ['has a value that is no text', document(anEvent([aRecord({ value: 7 as never })])), /none of Lambda's/],
    ['has an offset twice', document(anEvent([aRecord(), aRecord()])), /offset 0 twice/],
  ];
  for (const [what, text, why] of rubbish)
    it(`that ${what} is named and left alone`, () => {
      const found = readDocument('d', text, target);

      assert.ok(isPassed(found) && !found.others);
      assert.match(found.why, why);
    });

  it('is looked for in a folder that need not stand yet', async (t) => {
    const folder = join(temporaryFolder(t), 'bucket');
    const found = () => Array.fromAsync(documentsIn({ folder }, target), ({ name }) => name);
    const before = await found();
    mkdirSync(folder);
    for (const name of ['b.json', 'a.json', 'c.txt']) writeFileSync(join(folder, name), document(event));

    assert.deepEqual(before, []);
    assert.deepEqual(await found(), ['a.json', 'b.json']);
  });
});
