import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createKafkaAccess, type KafkaChoice } from '../../../infra/kafka/kafka-access.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';

const MSK = 'b-1.clicks.a1b2c3.c2.kafka.eu-west-1.amazonaws.com:9098';
const iam = { kafka: MSK, iam: true, region: 'eu-west-1' };

function refusal(choice: KafkaChoice): string {
  try {
    createKafkaAccess(choice);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`${JSON.stringify(choice)} was not refused`);
}

describe('access to Kafka', () => {
  beforeEach(() => {
    for (const name of ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
  });

  it('is plain where nobody asks for IAM', () => {
    const plain = createKafkaAccess({ kafka: '127.0.0.1:9092, b-2:9093', iam: false, region: undefined });

    assert.deepEqual(plain, { bootstrapBrokers: ['127.0.0.1:9092', 'b-2:9093'] });
  });

  it('is by TLS and a token of the region, asked for anew each time, where somebody does', async () => {
    let asked = 0;
    const tokenOf = async (region: string) => `${region} ${++asked}`;

    const { tls, tlsServerName, sasl, bootstrapBrokers } = createKafkaAccess(iam, tokenOf);

    assert.deepEqual([bootstrapBrokers, tls, tlsServerName], [[MSK], {}, true]);
    assert.equal(sasl?.mechanism, 'OAUTHBEARER');
    assert.ok(typeof sasl.token === 'function');
    assert.deepEqual([await sasl.token(), await sasl.token()], ['eu-west-1 1', 'eu-west-1 2']);
  });

  it('is in the region of the environment if none is given', async () => {
    process.env['AWS_REGION'] = 'us-gov-west-1';

    const { sasl } = createKafkaAccess({ ...iam, region: undefined }, async (region) => region);

    assert.ok(typeof sasl?.token === 'function');
    assert.equal(await sasl.token(), 'us-gov-west-1');
  });

  it('shows a URL of kafka-cluster:Connect, signed for the region with the credentials of the environment', async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDEXAMPLE';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'word';
    const { sasl } = createKafkaAccess(iam);
    assert.ok(typeof sasl?.token === 'function');

    const url = new URL(Buffer.from(await sasl.token(), 'base64url').toString());

    assert.equal(url.host, 'kafka.eu-west-1.amazonaws.com');
    assert.equal(url.searchParams.get('Action'), 'kafka-cluster:Connect');
    assert.match(
      url.searchParams.get('X-Amz-Credential') ?? '',
      /^AKIDEXAMPLE\/\d{8}\/eu-west-1\/kafka-cluster\//,
    );
    assert.match(url.searchParams.get('X-Amz-Signature') ?? '', /^[0-9a-f]{64}$/);
  });

  it('is refused to brokers that can not be meant', () => {
    for (const kafka of [
      '',
      'b-1',
      'b-1:',
      ':9092',
      'b-1:0',
      'b-1:65536',
      'http://b-1:9092',
      'b 1:9092',
      '-:1',
    ])
      assert.equal(
        refusal({ kafka, iam: false, region: undefined }),
        `--kafka has '${kafka}', allowed is host:port, several joined by commas`,
      );
    assert.match(refusal({ kafka: 'b-1:9092,', iam: false, region: undefined }), /^--kafka has '', allowed/);
  });

  it('is refused without a region that a token can be signed for', () => {
    const whatToDo = 'name one like eu-west-1 with --region or AWS_REGION';

    assert.equal(
      refusal({ ...iam, region: undefined }),
      `--iam needs the cluster's region, given is none: ${whatToDo}`,
    );
    assert.equal(
      refusal({ ...iam, region: 'Dublin' }),
      `--iam needs the cluster's region, given is 'Dublin': ${whatToDo}`,
    );
  });
});
