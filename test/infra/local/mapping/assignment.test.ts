import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPollerAssignment } from '../../../../infra/local/mapping/assignment.ts';
import { describeDestination } from '../../../../infra/local/mapping/destination.ts';
import { parseDestinationAddress } from '../../../../infra/local/mapping/destination-address.ts';
import { listOwnedPartitions } from '../../../../infra/local/mapping/owned-partitions.ts';
import type { PlannedMapping } from '../../../../infra/local/template/planned.ts';

const mapping: PlannedMapping = {
  ...{ id: 'u', stack: 's', logicalId: 'Mapping', functionId: 'F', topic: 'clicks', sourceArn: 'arn:c' },
  ...{ groupId: 'g', batchSize: 40, windowMs: 500, startingPosition: { from: 'LATEST' } },
  ...{ partialResponses: true, retryAttempts: 3, maxAgeSeconds: 60, bisect: true, filters: ['{}'] },
  ...{ destination: 'arn:aws:s3:::given-up', pollers: { min: 1, max: 2 } },
  enabled: true,
};
const options = {
  ...{ bootstrap: ['a:1', 'b:2'], target: { name: 'billing', timeoutSeconds: 7 }, sessionTimeoutMs: 6_000 },
  ...{ partialRetry: 'resume' as const, destinations: '/d' },
};

describe('what a poller is told', () => {
  it('is all of its mapping, and of its function the name and the timeout', () => {
    const { functionArn, ...rest } = createPollerAssignment(mapping, options);

    assert.match(functionArn, /:function:billing$/);
    assert.deepEqual(rest, {
      group: {
        ...{ bootstrap: ['a:1', 'b:2'], groupId: 'g', clientId: 'poller-Mapping', topic: 'clicks' },
        ...{ startingPosition: { from: 'LATEST' }, sessionTimeoutMs: 6_000 },
      },
      rules: {
        source: { arn: 'arn:c', bootstrap: 'a:1,b:2' },
        ...{ batchRecords: 40, windowMs: 500, provisioned: true, partialResponses: true },
        ...{ partialRetry: 'resume', retryAttempts: 3, maxAgeSeconds: 60, bisect: true },
        functionTimeoutMs: 7_000,
      },
      filters: ['{}'],
      destination: {
        address: { kind: 's3', name: 'given-up' },
        folder: '/d',
        bootstrap: ['a:1', 'b:2'],
      },
    });
  });

  it('has no destination where the mapping has none, and on-demand pollers where it names no number', () => {
    const { destination, rules } = createPollerAssignment(
      { ...mapping, destination: undefined, pollers: undefined },
      options,
    );

    assert.deepEqual([destination, rules.provisioned], [undefined, false]);
  });

  it('is refused where the destination is none', () => {
    assert.throws(
      () => createPollerAssignment({ ...mapping, destination: 'nowhere' }, options),
      /^Error: the destination of g is 'nowhere'; allowed are kafka:/,
    );
  });
});

describe('the address of a destination', () => {
  const addresses: [text: string, kind: string, name: string, where: string][] = [
    ['kafka://dead.clicks-1', 'kafka', 'dead.clicks-1', 'topic dead.clicks-1'],
    ['arn:aws:s3:::given-up', 's3', 'given-up', '/d/s3/given-up'],
    ['arn:aws-cn:sqs:cn-north-1:111122223333:dead', 'sqs', 'dead', '/d/sqs/dead'],
    ['arn:aws:sns:eu-west-1:111122223333:dead', 'sns', 'dead', '/d/sns/dead'],
  ];
  for (const [text, kind, name, where] of addresses)
    it(`is read and told: ${text}`, () => {
      const address = parseDestinationAddress(text);

      assert.deepEqual(address, kind === 'kafka' ? { kind, topic: name } : { kind, name });
      assert.ok(typeof address === 'object');
      assert.equal(describeDestination({ address, folder: '/d' }), where);
    });

  for (const text of [
    '',
    'kafka://',
    'kafka://a/b',
    'xkafka://a',
    'arn:aws:s3:::a/b',
    'xarn:aws:s3:::a',
    'arn:aws:sqs:eu-west-1:x:dead',
    'arn:aws:lambda:eu-west-1:1:dead',
    'arn:aws:sqs:eu-west-1:1:dead:x',
  ])
    it(`is refused in words: '${text}'`, () => {
      assert.equal(
        parseDestinationAddress(text),
        `is '${text}'; allowed are kafka://<topic> and the ARN of an S3 bucket, an SQS queue or an SNS topic`,
      );
    });

  it('is refused where it is FIFO', () => {
    const text = 'arn:aws:sqs:eu-west-1:1:dead.fifo';
    assert.equal(parseDestinationAddress(text), `is '${text}'; FIFO queues and topics are not supported`);
  });
});

describe('who owns the partitions of a group', () => {
  const poller = (number: number, generation: number, ...owned: [number, number | undefined][]) => ({
    number,
    status: {
      ...{ generation, memberId: null },
      partitions: owned.map(([partition, committed]) => ({ partition, committed })),
    },
  });

  it('is the member of the newer generation, whoever is listed first', () => {
    const old = poller(1, 4, [0, 10], [1, 11]);
    const newer = poller(2, 5, [1, 21], [2, undefined]);
    const expected = new Map([
      [0, { poller: 1, committed: 10 }],
      [1, { poller: 2, committed: 21 }],
      [2, { poller: 2, committed: undefined }],
    ]);

    assert.deepEqual(listOwnedPartitions([old, newer], new Map()), expected);
    assert.deepEqual(listOwnedPartitions([newer, old], new Map()), expected);
  });

  it('is nobody where no member has reported, with what was committed before', () => {
    const silent = { number: 1, status: undefined };
    const before = new Map([
      [0, 7],
      [1, 8],
    ]);

    assert.deepEqual(
      listOwnedPartitions([silent, poller(2, 0, [1, 9])], before),
      new Map([
        [0, { poller: undefined, committed: 7 }],
        [1, { poller: 2, committed: 9 }],
      ]),
    );
  });
});
