import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readOwnEndpoints } from '../../../infra/local/endpoints.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';

const aws = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

function refusal(environment: Readonly<Record<string, string>>): string {
  try {
    readOwnEndpoints(environment);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`${JSON.stringify(environment)} was not refused`);
}

describe('own endpoints', () => {
  it('are undefined if the environment names none', () => {
    assert.deepEqual(readOwnEndpoints({ ...aws, PATH: '/bin' }), { kafka: undefined, dynamodb: undefined });
  });

  it('may be several brokers, with blanks around them, and the local DynamoDB', () => {
    const { kafka, dynamodb } = readOwnEndpoints({ CLICKLEDGER_KAFKA: 'b-1.here:9092, 127.0.0.1:9093' });

    assert.deepEqual(kafka, ['b-1.here:9092', '127.0.0.1:9093']);
    assert.equal(dynamodb, undefined);
  });

  it('may be a DynamoDB, with the region and credentials of any AWS tool', () => {
    const { kafka, dynamodb } = readOwnEndpoints({ ...aws, CLICKLEDGER_DYNAMODB: 'http://127.0.0.1:8000' });

    assert.equal(kafka, undefined);
    assert.deepEqual(dynamodb, {
      endpoint: 'http://127.0.0.1:8000',
      region: 'eu-west-1',
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
  });

  for (const address of [
    'localhost',
    'localhost:',
    ':9092',
    'a:0',
    'a:65536',
    'a:90920',
    'a:9092/x',
    'http://a:9092',
    '',
  ]) {
    it(`refuse '${address}' as a broker`, () => {
      assert.equal(
        refusal({ CLICKLEDGER_KAFKA: address }),
        `CLICKLEDGER_KAFKA has '${address}', allowed is host:port, several joined by commas`,
      );
    });
  }

  for (const endpoint of [
    'localhost:8000',
    '127.0.0.1:8000',
    'ftp://a:1',
    'http://a:1/path',
    'http://',
    '',
  ]) {
    it(`refuse '${endpoint}' as a DynamoDB`, () => {
      assert.equal(
        refusal({ ...aws, CLICKLEDGER_DYNAMODB: endpoint }),
        `CLICKLEDGER_DYNAMODB is '${endpoint}', allowed is http://host:port or https://host`,
      );
    });
  }

  it('are refused with all their faults at once', () => {
    const message = refusal({
      CLICKLEDGER_KAFKA: 'good:1,bad,worse:x',
      CLICKLEDGER_DYNAMODB: 'localhost',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: '',
    });

    assert.deepEqual(message.split('; '), [
      "CLICKLEDGER_KAFKA has 'bad', allowed is host:port, several joined by commas",
      "CLICKLEDGER_KAFKA has 'worse:x', allowed is host:port, several joined by commas",
      "CLICKLEDGER_DYNAMODB is 'localhost', allowed is http://host:port or https://host",
      'AWS_ACCESS_KEY_ID is not set, and CLICKLEDGER_DYNAMODB needs it',
      'AWS_SECRET_ACCESS_KEY is not set, and CLICKLEDGER_DYNAMODB needs it',
    ]);
  });
});
