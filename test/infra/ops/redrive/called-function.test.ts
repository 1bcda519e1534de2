import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { callFunction } from '../../../../infra/ops/redrive/called-function.ts';

const lambda = mockClient(LambdaClient);
const never = new AbortController().signal;

function answers(...given: (object | Error)[]): void {
  lambda.reset();
  let stub = lambda.on(InvokeCommand);
  for (const [n, answer] of given.entries()) {
    const $metadata = { requestId: `r${n + 1}` };
    stub =
      answer instanceof Error
        ? stub.rejectsOnce(answer)
        : stub.resolvesOnce({ $metadata, StatusCode: 200, ...answer });
  }
}

const payload = (value: unknown) => ({ Payload: Buffer.from(JSON.stringify(value)) as never });
const failures = payload({ batchItemFailures: [{ itemIdentifier: { partition: 't-0', offset: 7 } }] });

function call(signal = never) {
  return callFunction(new LambdaClient({}), 'billing', Buffer.from('{}'), signal, 1);
}

describe('the function of a ledger', () => {
  it('is called once where it resolves everything', async () => {
    answers(payload({ batchItemFailures: [] }));

    assert.deepEqual(await call(), { requests: ['r1'], failed: undefined });
    // The end of its log comes with the answer, and says why a partition failed.
    const input = { FunctionName: 'billing', Payload: Buffer.from('{}'), LogType: 'Tail' };
    assert.deepEqual(
      lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input),
      [input],
    );
  });

  it('is called again after a failure, a throw and a lost reply, and keeps the ids of what was heard', async () => {
    answers(failures, new Error('socket hang up'), { FunctionError: 'Unhandled' }, payload(null));

    assert.deepEqual(await call(), { requests: ['r1', 'r3', 'r4'], failed: undefined });
  });

  it('says what it says, in the end', async () => {
    const LogResult = Buffer.from('{"level":"ERROR","code":"log.mismatch"}').toString('base64');
    const last = { ...failures, LogResult };
    answers(last, last, last, last);
    const reported = await call();
    const threw = { FunctionError: 'Unhandled', ...payload({ errorType: 'AppError', errorMessage: 'no' }) };
    answers(threw, threw, threw, threw);
    const thrown = await call();

    assert.equal(reported.failed, 'the function reports the partition as failed: log.mismatch');
    assert.equal(thrown.failed, 'the function failed: AppError: no');
  });

  for (const [said, answer] of [
    ['the function failed: Unhandled: ', { FunctionError: 'Unhandled' }],
    ['the function reports the partition as failed: its log says why', failures],
    ['the answer of the function is not a partial batch response', payload({ batchItemFailures: 3 })],
  ] as const)
    it(`says '${said}' where it has no more to say, and a reply that was lost before does not change that`, async () => {
      answers(new Error('socket hang up'), answer, answer, answer);

      assert.deepEqual(await call(), { requests: ['r2', 'r3', 'r4'], failed: said });
    });

  for (const name of [
    'AccessDeniedException',
    'InvalidSignatureException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'CredentialsProviderError',
  ])
    it(`is called once where the answer is ${name}, which it would be again`, async () => {
      answers(Object.assign(new Error('no'), { name }));

      await assert.rejects(call(), { name: 'UserError', message: "function billing can't be called: no" });
      assert.equal(lambda.commandCalls(InvokeCommand).length, 1);
    });

  it('ends the command in one sentence where it can not be called', async () => {
    answers(new ResourceNotFoundException({ message: 'Function not found: x', $metadata: {} }));
    await assert.rejects(call(), /function billing can't be called: Function not found: x/);
    const refused = new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:1')]);
    answers(refused, refused, refused, refused);
    await assert.rejects(call(), /function billing can't be reached: connect ECONNREFUSED/);
  });

  it('is not called any more once the work is called off', async () => {
    answers(failures, failures, failures, failures);
    const ending = new AbortController();
    const called = call(ending.signal);
    setImmediate(() => ending.abort(new Error('interrupted')));

    await assert.rejects(called, /interrupted/);
  });

  it('is called with the signal that calls it off, whose reason is what is told', async () => {
    const ending = new AbortController();
    lambda.reset();
    lambda.on(InvokeCommand).callsFake(() => {
      ending.abort(new Error('interrupted'));
      throw new Error('the request was aborted');
    });

    await assert.rejects(call(ending.signal), /^Error: interrupted$/);
    const [, options] = (lambda.commandCalls(InvokeCommand)[0]?.args ?? []) as unknown[];
    assert.deepEqual(options, { abortSignal: ending.signal });
  });
});
