import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { fold } from '../../functions/billing/fold.ts';
import { group } from '../../functions/billing/group.ts';
import { functionRequests, limitRequests, operatorRequests } from '../../shared/bounded-requests.ts';
import { systemClock } from '../../shared/clock.ts';
import { consumer, createLedgerClient } from '../../shared/consumer.ts';
import { anEvent, records } from '../support/builders.ts';
import { captured } from '../support/captured.ts';
import { setEnvironment } from '../support/environment.ts';
import { loopbackServer } from '../support/loopback-server.ts';

const ROOT = new URL('../../', import.meta.url);
const MARGIN_MS = 1_500;

/** What the clients of functions take from Lambda. */
function environment(t: TestContext, endpoint: string): void {
  const given = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  };
  setEnvironment(t, given);
}

describe('a table that takes a connection and says nothing', () => {
  it('is asked at least twice within an invocation; its partition fails and every other one is counted (I8)', async (t) => {
    const asked = { mute: 0 };
    const put: string[] = [];
    const endpoint = await loopbackServer(t, (body, to) => {
      if (body.includes('ad_clicks@1#0')) {
        asked.mute += 1;
        return;
      }
      const { Item } = JSON.parse(body) as { Item?: Record<string, { S: string }> };
      if (Item?.['sk']?.S.startsWith('entry#')) put.push(Item['pk']?.S ?? '');
      to.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    });
    environment(t, endpoint);
    const client = createLedgerClient();
    t.after(() => client.destroy());
    const config = { table: 'ledger', incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
    const handler = consumer(group, () => fold, { config, client, clock: systemClock });
    const remaining = functionRequests.requestHandler.requestTimeout + 1_500 + MARGIN_MS;
    const event = anEvent([...records(0, 3), ...records(0, 3, { partition: 1 })]);

    const { result } = await captured(() =>
      handler(event, {
        awsRequestId: 'r1',
        functionName: 'billing',
        getRemainingTimeInMillis: () => remaining,
      } as Context),
    );

    assert.ok(asked.mute >= 2, `it was asked ${asked.mute} times`);
    assert.deepEqual(put, ['ad_clicks@1#1']);
    const failed = result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.partition);
    assert.deepEqual(failed, ['ad_clicks-0', 'ad_clicks-0', 'ad_clicks-0']);
  });

  it('is given up for good after the stated attempts', async (t) => {
    let asked = 0;
    const endpoint = await loopbackServer(t, () => {
      asked += 1;
    });
    environment(t, endpoint);
    const client = new LambdaClient(limitRequests({ attempts: 2, connectMs: 1_000, answerMs: 200 }));
    t.after(() => client.destroy());

    await assert.rejects(client.send(new ListFunctionsCommand()), { name: 'TimeoutError' });
    assert.equal(asked, 2);
  });
});

describe('the bounds of requests', () => {
  const made =
    /(?:new (?:DynamoDB|Lambda|S3|EC2|CloudFormation|STS)Client|= fromTemporaryCredentials)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g;
  const files = globSync(['shared/**/*.ts', 'infra/{ops,audit,kafka,cli,aws}/**/*.ts'], {
    cwd: ROOT,
  });
  const clients = files.flatMap((file) =>
    Array.from(readFileSync(new URL(file, ROOT), 'utf8').matchAll(made), ([whole, options = '']) => ({
      file,
      whole,
      options,
    })),
  );

  it('are short for functions, whose loop looks again, and longer for people', () => {
    const bounds = (connectionTimeout: number, requestTimeout: number) => ({
      connectionTimeout,
      requestTimeout,
      throwOnRequestTimeout: true,
    });
    assert.deepEqual(functionRequests, { maxAttempts: 3, requestHandler: bounds(1_000, 3_000) });
    assert.deepEqual(operatorRequests, { maxAttempts: 4, requestHandler: bounds(3_000, 10_000) });
  });

  it('are given to every client of the functions and of the operator', () => {
    assert.ok(clients.length >= 8, `${clients.length} clients`);
    for (const { file, whole, options } of clients)
      assert.match(options, /Requests|requestHandler/, `${file}: ${whole}`);
  });

  it('of any client make it throw, since the SDK only warns otherwise', () => {
    let looked = 0;
    for (const file of new Set(files)) {
      const source = readFileSync(new URL(file, ROOT), 'utf8');
      const bounds = source.match(/\brequestTimeout:/g)?.length ?? 0;
      const thrown = source.match(/\bthrowOnRequestTimeout: true/g)?.length ?? 0;
      if (!/client-(dynamodb|lambda|s3|ec2|cloudformation)'/.test(source)) continue;
      assert.equal(thrown, bounds, `${file}: ${bounds} bounds, of which ${thrown} throw`);
      looked += bounds;
    }
    assert.ok(looked > 0, 'no bound was found');
  });
});
