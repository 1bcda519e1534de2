import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { InjectedFault } from '../../../../infra/local/faults/fault.ts';
import { limitRequests } from '../../../../shared/bounded-requests.ts';
import { until } from '../../../support/until.ts';
import { AGENT, commit, JOURNAL, ProxyBench } from './proxy-bench.ts';

const call = { sandbox: 'pid-123', pk: JOURNAL, commits: '4-5,9', code: 'v1' };
const done = { status: 200, body: '{"done":true}', crc: '7' };
const refused = (status: number, name: string) => ({
  status,
  body: `{"__type":"com.amazonaws.dynamodb.v20120810#${name}","message":"an injected fault"}`,
  crc: undefined,
});
const at = (name: string, kind: InjectedFault['kind']) => `${name} pid-123 ${kind}`;

/** What each fault that needs no clock does: to the function, to DynamoDB, and in which order. */
const cases = [
  { kind: undefined, happened: ['forwarded', 'replied'], seen: done, status: 200 },
  { kind: 'throttled', happened: ['replied'], seen: refused(400, 'ProvisionedThroughputExceededException') },
  { kind: 'internal-error', happened: ['replied'], seen: refused(500, 'InternalServerError') },
  { kind: 'unavailable', happened: ['replied'], seen: refused(503, 'ServiceUnavailable') },
  { kind: 'reset-before-forward', happened: [], seen: 'ECONNRESET' },
  { kind: 'reply-lost', happened: ['forwarded'], seen: 'ECONNRESET', status: 200 },
  {
    kind: 'killed-before-forward',
    happened: [at('SIGKILL', 'killed-before-forward')],
    seen: 'ECONNRESET',
  },
  {
    kind: 'killed-after-forward',
    happened: ['forwarded', at('SIGKILL', 'killed-after-forward')],
    seen: 'ECONNRESET',
    status: 200,
  },
  {
    kind: 'killed-after-reply',
    happened: ['forwarded', 'replied', at('SIGKILL', 'killed-after-reply')],
    seen: done,
    status: 200,
  },
] as const;

describe('a fault at a request', () => {
  for (const { kind, happened, seen, ...more } of cases) {
    it(`${kind ?? 'that is none'} fires at its point, and is recorded with DynamoDB's reply`, async (t) => {
      const bench = await ProxyBench.start(t);
      bench.fault = kind === undefined ? undefined : { kind };

      assert.deepEqual(await bench.send(), seen);
      await until('it is heard of', () => bench.heard.length > 0);

      assert.deepEqual(bench.happened, ['decided', ...happened]);
      assert.deepEqual(bench.heard, [
        { call, fault: kind, status: 'status' in more ? more.status : undefined, error: undefined },
      ]);
    });
  }

  it('silent accepts the request, and neither forwards nor answers it, until the client closes it', async (t) => {
    const bench = await ProxyBench.start(t);
    bench.fault = { kind: 'silent' };
    const client = new DynamoDBClient({
      endpoint: bench.endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' },
      userAgentAppId: 'pid-123',
      ...limitRequests({ attempts: 2, connectMs: 1_000, answerMs: 200 }),
    });
    t.after(() => client.destroy());

    await assert.rejects(client.send(new PutItemCommand({ TableName: 'ledger', Item: {} })), {
      name: 'TimeoutError',
    });

    await until('both attempts are heard of', () => bench.heard.length === 2);
    assert.deepEqual(bench.happened, ['decided', 'decided']);
    assert.deepEqual(
      bench.heard.map(({ fault, status }) => ({ fault, status })),
      Array(2).fill({ fault: 'silent', status: undefined }),
    );
  });

  it("is not injected into a request of a page, of another host, or above DynamoDB's limit", async (t) => {
    const bench = await ProxyBench.start(t);
    const statusOf = (seen: Awaited<ReturnType<ProxyBench['send']>>) =>
      typeof seen === 'string' ? seen : seen.status;

    assert.equal(statusOf(await bench.send(commit, { headers: { host: 'evil.example:1' } })), 403);
    assert.equal(statusOf(await bench.send(commit, { headers: { origin: 'https://evil.example' } })), 403);
    assert.equal(statusOf(await bench.send(commit, { headers: { 'sec-fetch-site': 'cross-site' } })), 403);
    const long = await bench.send({ ...commit, more: 'x'.repeat(16 * 1024 * 1024) });
    assert.ok([413, 'ECONNRESET', 'EPIPE'].includes(statusOf(long)), String(statusOf(long)));
    assert.deepEqual([bench.happened.filter((what) => what !== 'replied'), bench.forwarded], [[], []]);
    assert.equal(statusOf(await bench.send({ ...commit, more: 'x'.repeat(15 * 1024 * 1024) })), 200);
  });

  it('frozen stops the function, forwards when released, and continues the function after the reply', async (t) => {
    const bench = await ProxyBench.start(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.fault = { kind: 'frozen', held: promise };
    bench.reply = { status: 400, body: '{"__type":"a.b#ConditionalCheckFailedException"}' };

    const seen = bench.send();
    await until('it is frozen', () => bench.happened.length === 2);
    await bench.roundTrip();
    assert.deepEqual(bench.happened, ['decided', at('SIGSTOP', 'frozen')]);
    assert.deepEqual(bench.heard, []);
    resolve();

    assert.deepEqual(await seen, { ...bench.reply, crc: '7' });
    await until('it is heard of', () => bench.heard.length > 0);
    const [, , ...after] = bench.happened;
    assert.deepEqual(after, ['forwarded', 'replied', at('SIGCONT', 'frozen')]);
    assert.deepEqual(bench.heard, [
      { call, fault: 'frozen', status: 400, error: 'ConditionalCheckFailedException' },
    ]);
  });

  it('outrun forwards after another request, and sends the function no signal', async (t) => {
    const bench = await ProxyBench.start(t);
    const { promise, resolve } = Promise.withResolvers<void>();
    bench.fault = { kind: 'outrun', held: promise };

    const seen = bench.send();
    await until('it is decided', () => bench.happened.length === 1);
    await bench.roundTrip();
    assert.deepEqual(bench.happened, ['decided']);
    resolve();

    assert.deepEqual(await seen, done);
    assert.deepEqual(bench.happened, ['decided', 'forwarded', 'replied']);
  });

  it('delayed forwards after its delay, and not before', async (t) => {
    const bench = await ProxyBench.start(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    bench.fault = { kind: 'delayed', ms: 400 };

    const seen = bench.send();
    await until('it is decided', () => bench.happened.length === 1);
    t.mock.timers.tick(399);
    await bench.roundTrip();
    assert.deepEqual(bench.happened, ['decided']);
    t.mock.timers.tick(1);

    assert.deepEqual(await seen, done);
    assert.deepEqual(bench.happened, ['decided', 'forwarded', 'replied']);
  });

  it('reply-late forwards at once, and replies after its delay', async (t) => {
    const bench = await ProxyBench.start(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    bench.fault = { kind: 'reply-late', ms: 3_500 };

    const seen = bench.send();
    await until('it is forwarded', () => bench.happened.includes('forwarded'));
    await bench.roundTrip();
    t.mock.timers.tick(3_499);
    await bench.roundTrip();
    assert.deepEqual(bench.happened, ['decided', 'forwarded']);
    t.mock.timers.tick(1);

    assert.deepEqual(await seen, done);
  });
});

describe('the fault proxy', () => {
  it('forwards request and reply unchanged', async (t) => {
    const bench = await ProxyBench.start(t);

    await bench.send(commit, { headers: { authorization: 'AWS4-HMAC-SHA256 x' } });

    const [{ headers, body } = { headers: {}, body: '' }] = bench.forwarded;
    assert.deepEqual(JSON.parse(body), commit);
    assert.equal(headers['authorization'], 'AWS4-HMAC-SHA256 x');
    assert.equal(headers['x-amz-target'], 'DynamoDB_20120810.PutItem');
    assert.equal(headers['user-agent'], AGENT);
  });

  it("identifies a function by the SDK's user agent, and the SDK understands its errors", async (t) => {
    const bench = await ProxyBench.start(t);
    const credentials = { accessKeyId: 'key', secretAccessKey: 'word' };
    const given = { region: 'eu-west-1', credentials, maxAttempts: 1, userAgentAppId: 'pid-123-PT-NO-OP-2' };
    const client = new DynamoDBClient({ ...given, endpoint: bench.endpoint });
    t.after(() => client.destroy());
    bench.fault = { kind: 'throttled' };

    await assert.rejects(client.send(new PutItemCommand(commit)), {
      name: 'ProvisionedThroughputExceededException',
    });

    await until('it is heard of', () => bench.heard.length > 0);
    assert.deepEqual(bench.heard[0]?.call, call);
  });

  it("records each request's sandbox and key", async (t) => {
    const bench = await ProxyBench.start(t);
    const [pk, sk] = [{ S: 'journals' }, { S: JOURNAL }];
    const query = { ExpressionAttributeValues: { ':journal': { S: JOURNAL } } };
    await bench.send({ Key: { pk, sk } }, { operation: 'GetItem' });
    await bench.send({ Item: { ...commit.Item, pk, sk } });
    await bench.send(query, { operation: 'Query', headers: { 'user-agent': 'aws app/other' } });
    const elsewhere = { 'user-agent': 'node', 'x-amz-user-agent': 'aws-sdk-js/3 app/pid-9' };
    await bench.send({}, { operation: 'ListTables', headers: elsewhere });
    await until('all are heard of', () => bench.heard.length === 4);

    const none = { commits: undefined, code: undefined };
    assert.deepEqual(
      bench.heard.map((heard) => heard.call),
      [
        { sandbox: 'pid-123', pk: 'journals', ...none },
        { sandbox: 'pid-123', pk: 'journals', ...none },
        { sandbox: undefined, pk: '', ...none },
        { sandbox: 'pid-9', pk: '', ...none },
      ],
    );
  });

  it('resets the connection if DynamoDB does not answer, and still continues a frozen function', async (t) => {
    const bench = await ProxyBench.start(t);
    await bench.stopStub();
    bench.fault = { kind: 'frozen', held: Promise.resolve() };

    assert.equal(await bench.send(), 'ECONNRESET');
    await until('it is heard of', () => bench.heard.length > 0);

    assert.deepEqual(bench.happened, ['decided', at('SIGSTOP', 'frozen'), at('SIGCONT', 'frozen')]);
    assert.deepEqual(bench.heard, [{ call, fault: 'frozen', status: undefined, error: undefined }]);
  });

  it('works on after a broken request, and after one that is not HTTP', async (t) => {
    const bench = await ProxyBench.start(t);

    await bench.halfRequest();
    assert.equal(await bench.send(null), 'ECONNRESET');

    assert.deepEqual(await bench.send(), done);
    assert.deepEqual(bench.happened, ['decided', 'forwarded', 'replied']);
  });

  it('closes while a request is held', async (t) => {
    const bench = await ProxyBench.start(t);
    bench.fault = { kind: 'frozen', held: new Promise(() => {}) };
    const seen = bench.send();
    await until('it is frozen', () => bench.happened.length === 2);

    await bench.close();

    assert.equal(await seen, 'ECONNRESET');
  });
});
