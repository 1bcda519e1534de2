import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isPassed, readDocument, readDocuments } from '../../../../infra/ops/redrive/documents.ts';
import { anEvent, aRecord } from '../../../support/builders.ts';
import { setEnvironment } from '../../../support/environment.ts';
import { loopbackServer } from '../../../support/loopback-server.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

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
    [
      'has a value that is no text',
      document(anEvent([aRecord({ value: 7 as never })])),
      /not one that Lambda writes/,
    ],
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
    const found = () => Array.fromAsync(readDocuments({ folder }, target), ({ name }) => name);
    const before = await found();
    mkdirSync(folder);
    for (const name of ['b.json', 'a.json', 'c.txt']) writeFileSync(join(folder, name), document(event));

    assert.deepEqual(before, []);
    assert.deepEqual(await found(), ['a.json', 'b.json']);
  });
});

describe('the documents of a bucket', () => {
  const objects = new Map<string, string>([
    ...Array.from({ length: 40 }, (_, n): [string, string] => [
      `aws/lambda/m1/${n} ü+&.json`,
      document(anEvent([aRecord({ offset: n })])),
    ]),
    ['bad.json', '{"half'],
    ['foreign.json', document(event, { requestContext: { functionArn: `${arn}-2` } })],
    ['gone.json', 'NoSuchKey'],
    ['kept-from-us.json', 'AccessDenied'],
    ['large.bin', 'never asked for'],
  ]);
  const PAGE = 17;

  /** A bucket of pages on loopback; each object waits for another request beside it, but not for ever. */
  async function bucketOf(
    t: TestContext,
    refused?: string,
  ): Promise<{ asked: string[]; most: () => number }> {
    const asked: string[] = [];
    let now = 0;
    let most = 0;
    const endpoint = await loopbackServer(t, async (_, to, { url = '' }) => {
      const { pathname, searchParams } = new URL(url, 'http://loopback');
      if (searchParams.has('list-type')) {
        to.writeHead(200, { 'content-type': 'application/xml' }).end(pageOf(searchParams));
        return;
      }
      const name = decodeURIComponent(pathname).replace('/given-up/', '');
      asked.push(name);
      now += 1;
      most = Math.max(most, now);
      await until('another is asked beside it', () => most > 1, 1_000).catch(() => {});
      now -= 1;
      const text = name === refused ? 'NoSuchBucket' : (objects.get(name) ?? '');
      if (/^\w+$/.test(text))
        to.writeHead(text === 'AccessDenied' ? 403 : 404, { 'content-type': 'application/xml' }).end(
          `<Error><Code>${text}</Code><Message>no</Message></Error>`,
        );
      else to.writeHead(200).end(text);
    });
    setEnvironment(t, {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
    });
    return { asked, most: () => most };
  }

  function pageOf(asked: URLSearchParams): string {
    const names = [...objects.keys()];
    const from = Number(asked.get('continuation-token') ?? 0);
    const listed = names.slice(from, from + PAGE).map((name) => {
      const size = name === 'large.bin' ? 33 * 1024 * 1024 : 100;
      return `<Contents><Key>${name.replaceAll('&', '&amp;')}</Key><Size>${size}</Size></Contents>`;
    });
    const more = from + PAGE < names.length;
    const next = more ? `<NextContinuationToken>${from + PAGE}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${listed.join('')}</ListBucketResult>`;
  }

  const bucket = { bucket: 'given-up', region: 'eu-west-1' };

  it('come from every page, in order, several at a time, and what is wrong with one is said of it alone', async (t) => {
    const { asked, most } = await bucketOf(t);

    const found = await Array.fromAsync(readDocuments(bucket, target));

    assert.deepEqual(
      found.map(({ name }) => name),
      [...objects.keys()],
    );
    assert.equal(found.filter((each) => !isPassed(each)).length, 40);
    const passed = found.filter(isPassed).map(({ name, others, why }) => ({ name, others, why }));
    assert.deepEqual(passed, [
      { name: 'bad.json', others: false, why: 'it is not a JSON object' },
      { name: 'foreign.json', others: true, why: 'it is of function fraud-handler-2' },
      { name: 'gone.json', others: false, why: 'it was removed after it was listed' },
      { name: 'kept-from-us.json', others: false, why: 'S3 does not hand it out: AccessDenied' },
      {
        name: 'large.bin',
        others: false,
        why: 'it has 34603008 bytes, and Lambda writes none above 33554432',
      },
    ]);
    assert.deepEqual(asked.length, objects.size - 1);
    assert.ok(most() > 1 && most() <= 8, `${most()} at a time`);
  });

  it('are not asked for any further once the reader has gone', async (t) => {
    const { asked } = await bucketOf(t);

    for await (const _ of readDocuments(bucket, target)) break;

    assert.ok(asked.length <= 8, `${asked.length} asked for`);
  });

  it('end in one sentence where the bucket is refused half way', async (t) => {
    await bucketOf(t, 'aws/lambda/m1/20 ü+&.json');

    await assert.rejects(Array.fromAsync(readDocuments(bucket, target)), /bucket given-up can't be read: no/);
  });
});
