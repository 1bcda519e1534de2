/** The local Invoke, called by the SDK's own Lambda client, and by callers that must be refused. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { InvokeCommand, LambdaClient, type LambdaServiceException } from '@aws-sdk/client-lambda';
import { buildClientConfig, type EndpointAccess } from '../../../infra/local/endpoint-access.ts';
import { InvokeEndpoint } from '../../../infra/local/invoke-endpoint.ts';
import type { InvocationEnd } from '../../../infra/local/mapping/decide.ts';
import { PAYLOAD_BYTES_MAX } from '../../../infra/local/mapping/kafka-event.ts';
import type { PlannedFunction } from '../../../infra/local/template/planned.ts';

const planned = { id: 'stack/Handler', name: 'clickledger-dev-billing' } as PlannedFunction;

describe('the local Invoke', () => {
  const invoked: { id: string; payload: string; requestId: string | undefined }[] = [];
  let end: InvocationEnd | Error = { returned: null };
  let endpoint: InvokeEndpoint;
  let client: LambdaClient;
  before(async () => {
    endpoint = await InvokeEndpoint.start({
      plan: { functions: [planned] },
      sandboxesOf: (id) => ({
        async invoke(payload, requestId) {
          invoked.push({ id, payload: payload.toString(), requestId });
          if (end instanceof Error) throw end;
          return end;
        },
      }),
    });
    client = clientWith(endpoint.access);
  });
  after(async () => {
    client.destroy();
    await endpoint.close();
  });

  function clientWith(access: EndpointAccess): LambdaClient {
    return new LambdaClient({ ...buildClientConfig(access), maxAttempts: 1 });
  }

  async function invoke(payload = '{}', name = planned.name) {
    const answer = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: Buffer.from(payload) }),
    );
    return { ...answer, text: Buffer.from(answer.Payload ?? []).toString() };
  }

  it('reports a returned value that is nested too deep for JSON, and goes on', {
    timeout: 30_000,
  }, async () => {
    end = { returned: JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) };

    const { StatusCode, FunctionError, text } = await invoke();

    assert.deepEqual([StatusCode, FunctionError], [200, 'Unhandled']);
    assert.equal(JSON.parse(text).errorMessage, 'the returned value is nested too deep for JSON');
    end = { returned: null };
    assert.equal((await invoke()).text, 'null');
  });

  it('passes the payload to the function, and returns its answer with the request id', async () => {
    end = { returned: { batchItemFailures: [] } };

    const { StatusCode, FunctionError, text, $metadata } = await invoke('{"records":{}}');

    assert.deepEqual([StatusCode, FunctionError, text], [200, undefined, '{"batchItemFailures":[]}']);
    assert.deepEqual(invoked.at(-1), {
      id: planned.id,
      payload: '{"records":{}}',
      requestId: $metadata.requestId,
    });
  });

  it('finds a function by its ARN too', async () => {
    const arn = `arn:aws:lambda:eu-west-1:111122223333:function:${planned.name}`;

    assert.equal((await invoke('{}', arn)).StatusCode, 200);
  });

  it('reports a throw, a timeout and a failed start as Lambda does', async () => {
    end = { failed: 'TypeError: no such thing' };
    const threw = await invoke();
    end = { failed: 'Task timed out after 3.00 seconds' };
    const late = await invoke();
    end = new Error('function billing does not start: no bundle');
    const lame = await invoke();

    assert.deepEqual([threw.StatusCode, threw.FunctionError], [200, 'Unhandled']);
    assert.deepEqual(JSON.parse(threw.text), {
      errorType: 'TypeError',
      errorMessage: 'no such thing',
      trace: [],
    });
    assert.equal(JSON.parse(late.text).errorMessage, 'Task timed out after 3.00 seconds');
    assert.equal(lame.FunctionError, 'Unhandled');
    assert.match(lame.text, /does not start/);
  });

  it('refuses as Lambda does: unknown functions, versions, invalid JSON, and more than 6 MB', async () => {
    end = { returned: null };
    const before = invoked.length;
    const nameOf = (error: unknown) => (error as LambdaServiceException).name;
    const refused = async (run: Promise<unknown>) =>
      run.then(
        () => 'answered',
        (error: unknown) => nameOf(error),
      );
    const version = new InvokeCommand({ FunctionName: planned.name, Qualifier: '7' });
    const later = new InvokeCommand({ FunctionName: planned.name, InvocationType: 'Event' });

    assert.equal(await refused(invoke('{}', 'another')), 'ResourceNotFoundException');
    assert.equal(await refused(client.send(version)), 'ResourceNotFoundException');
    assert.equal(await refused(client.send(later)), 'InvalidParameterValueException');
    assert.equal(await refused(invoke('{"half')), 'InvalidRequestContentException');
    assert.equal(await refused(invoke(`"${'x'.repeat(PAYLOAD_BYTES_MAX)}"`)), 'RequestTooLargeException');
    assert.equal(invoked.length, before);
    assert.equal((await invoke(`"${'x'.repeat(PAYLOAD_BYTES_MAX - 2)}"`)).StatusCode, 200);
  });

  it('answers an invalid or badly encoded path as a client error', async () => {
    const { host, port } = new URL(endpoint.access.endpoint);
    const authorization = `AWS4-HMAC-SHA256 Credential=${endpoint.access.accessKeyId}/x`;
    const ask = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = { host: '127.0.0.1', port, path, method: 'POST', headers: { host, authorization } };
        const asked = request(options, ({ statusCode }) => resolve(statusCode));
        asked.on('error', reject).end('{}');
      });

    assert.deepEqual(
      await Promise.all(['//', '/2015-03-31/functions/%zz/invocations', '/2015-03-31/functions/'].map(ask)),
      [400, 400, 404],
    );
  });

  it('refuses callers without the key of run.json, and pages that reach it by another name', async () => {
    const before = invoked.length;
    const stranger = clientWith({ ...endpoint.access, accessKeyId: 'AKIDEXAMPLE' });
    const called = stranger.send(new InvokeCommand({ FunctionName: planned.name }));
    await assert.rejects(called, { name: 'UnrecognizedClientException' });
    stranger.destroy();

    const authorization = `AWS4-HMAC-SHA256 Credential=${endpoint.access.accessKeyId}/20261121/eu-west-1/lambda/aws4_request`;
    const rebound = await statusOf(endpoint.access.endpoint, { authorization, host: 'evil.example' });
    const naked = await statusOf(endpoint.access.endpoint, {});

    assert.deepEqual([rebound, naked], [403, 403]);
    assert.equal(invoked.length, before);
  });

  function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
    const path = `/2015-03-31/functions/${planned.name}/invocations`;
    return new Promise((resolve, reject) =>
      request(url + path, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end('{}'),
    );
  }
});
