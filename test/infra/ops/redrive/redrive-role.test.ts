/** Redrive and replay invoke as the role that they are told, against an STS and a Lambda that write down who asked. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { callFunction } from '../../../../infra/ops/redrive/called-function.ts';
import { closeTarget, openTarget } from '../../../../infra/ops/redrive/target.ts';
import { setEnvironment } from '../../../support/environment.ts';
import { loopbackServer } from '../../../support/loopback-server.ts';

const ROLE = 'arn:aws:iam::111122223333:role/clickledger-prod-billing-GroupRedriveRole-1';

/** `<region> <access key>` of a signed request. */
function signedBy(authorization = ''): string {
  const [, key, region] = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(authorization) ?? [];
  return `${region} ${key}`;
}

interface Asked {
  readonly sts: { body: URLSearchParams; by: string }[];
  readonly lambda: { path: string; by: string }[];
}

/**
 * @param answer of STS: an error's code, or the key of the role's session
 * @param status of Lambda
 */
async function aws(t: TestContext, answer: { key: string } | { code: string }, status = 200): Promise<Asked> {
  const asked: Asked = { sts: [], lambda: [] };
  const sts = await loopbackServer(t, (body, to, { headers }) => {
    asked.sts.push({ body: new URLSearchParams(body), by: signedBy(headers.authorization) });
    if ('code' in answer)
      to.writeHead(403, { 'content-type': 'text/xml' }).end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${answer.code}</Code><Message>not allowed to assume it</Message></Error></ErrorResponse>`,
      );
    else
      to.writeHead(200, { 'content-type': 'text/xml' }).end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${answer.key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
  });
  const lambda = await loopbackServer(t, (_, to, { url = '', headers }) => {
    asked.lambda.push({ path: url, by: signedBy(headers.authorization) });
    to.writeHead(status, { 'content-type': 'application/json' }).end('{"batchItemFailures":[]}');
  });
  const given = {
    AWS_ENDPOINT_URL_STS: sts,
    AWS_ENDPOINT_URL_LAMBDA: lambda,
    AWS_ACCESS_KEY_ID: 'THEPERSON',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  };
  setEnvironment(t, given);
  return asked;
}

async function invoked(t: TestContext, redriveRole?: string): Promise<void> {
  const target = openTarget({
    ledger: 'billing',
    kafka: { bootstrapBrokers: ['127.0.0.1:1'] },
    topic: 't',
    group: 'g',
    table: 'T',
    dynamodb: { region: 'eu-north-1' },
    function: 'billing',
    lambda: { region: 'eu-north-1' },
    redriveRole,
    sourceArn: '',
    batchRecords: 1,
    destination: undefined,
  });
  t.after(() => closeTarget(target));
  await callFunction(target.functions, 'billing', Buffer.from('{}'), new AbortController().signal, 1);
}

describe('the client of a redrive', () => {
  it('repeats no call unseen: each request is one attempt of the command, which knows its id', async (t) => {
    const asked = await aws(t, { code: 'AccessDenied' }, 503);

    await assert.rejects(invoked(t), /function billing can't be reached/);

    assert.equal(asked.lambda.length, 4);
  });
});

describe('the role of a redrive', () => {
  it('is assumed by whoever calls, in the region of the function, and invokes in its place', async (t) => {
    const asked = await aws(t, { key: 'THEROLE' });

    await invoked(t, ROLE);

    const [{ body, by } = { body: new URLSearchParams(), by: '' }] = asked.sts;
    assert.equal(asked.sts.length, 1);
    assert.deepEqual(
      ['Action', 'RoleArn', 'RoleSessionName'].map((name) => body.get(name)),
      ['AssumeRole', ROLE, 'clickledger-redrive'],
    );
    assert.equal(by, 'eu-north-1 THEPERSON');
    assert.deepEqual(asked.lambda, [
      { path: '/2015-03-31/functions/billing/invocations', by: 'eu-north-1 THEROLE' },
    ]);
  });

  it('is nobody unless it is named: then the caller invokes', async (t) => {
    const asked = await aws(t, { code: 'AccessDenied' });

    await invoked(t);

    assert.deepEqual(asked.sts, []);
    assert.deepEqual(
      asked.lambda.map(({ by }) => by),
      ['eu-north-1 THEPERSON'],
    );
  });

  it('that may not be assumed ends the command at once, in one sentence, and invokes nothing', async (t) => {
    const asked = await aws(t, { code: 'AccessDenied' });

    await assert.rejects(invoked(t, ROLE), {
      name: 'UserError',
      message: `role ${ROLE} can't be assumed: not allowed to assume it`,
    });

    assert.equal(asked.sts.length, 1);
    assert.deepEqual(asked.lambda, []);
  });
});
