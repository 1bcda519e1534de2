/**
 * Refusals at synthesis: each is provoked once in a foreign app, past the types where these forbid it, and has to say what
 * was given, what is allowed and which page or promise says so. Beside them stand the neighbours that pass.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Token } from 'aws-cdk-lib/core';
import { contracts, groups } from '../../../functions/index.ts';
import { ConsumerGroup, type ConsumerGroupProps } from '../../../infra/aws/consumer-group.ts';

import { groupRules } from '../../../infra/aws/group-rules.ts';
import { IF_NOTHING_IS_DEPLOYED } from '../../../infra/aws/rules/deployed.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import { type Change, propsOf, refusalsIn, refusalsOf, spent } from './foreign-app.ts';
import { resourceOf, templatesOf } from './templates.ts';

const onDemand = { mode: 'on-demand' } as const;
const withDestination = (destination: unknown) => ({ retry: { ...spent, destination } });
const sqs = 'arn:aws:sqs:eu-west-1:111122223333';
const sns = 'arn:aws:sns:eu-west-1:111122223333';

/** By rule: changes that break it and no other, or others that are named too, with what is said to be given and allowed. */
const refused: readonly [
  rule: string,
  change: Change,
  given: string,
  allowed: string,
  ...besides: string[],
][] = [
  ['group-id', { groupId: 'orders:eu' }, "groupId is 'orders:eu'", '^[a-zA-Z0-9._-]{1,200}$'],
  ['group-id', { groupId: '' }, "groupId is ''", '{1,200}'],
  ['group-id', { groupId: 'g'.repeat(201) }, 'groupId is', '{1,200}'],
  ['group-id', { groupId: 'orders*' }, "groupId is 'orders*'", '[a-zA-Z0-9._-]'],
  ['ledger-name', { ledger: 'Orders' }, "ledger is 'Orders'", '^[a-z]'],
  ['topic-name', { topic: 'orders/*' }, "topic is 'orders/*'", '[a-zA-Z0-9._-]'],
  ['batch-records', { batch: { records: 0 } }, 'batch.records is 0', 'from 1 to 10000'],
  ['batch-records', { batch: { records: 10_001 } }, 'batch.records is 10001', 'from 1 to 10000'],
  ['batch-window', { batch: { records: 1, windowSeconds: 301 } }, 'is 301', 'from 0 to 300'],
  ['batch-window', { batch: { records: 1, windowSeconds: 0.5 } }, 'is 0.5', 'a whole number'],
  ['timeout', { sandbox: { memoryMb: 512, timeoutSeconds: 841 } }, 'timeoutSeconds is 841', 'from 1 to 840'],
  [
    'timeout-for-batch',
    { batch: { records: 10_000, windowSeconds: 1 }, sandbox: { memoryMb: 512, timeoutSeconds: 11 } },
    'sandbox.timeoutSeconds is 11 with batch.records 10000',
    'a timeout from 12',
  ],
  [
    'age-for-attempt',
    { batch: { records: 100, windowSeconds: 300 }, retry: { ...spent, ageSeconds: 329 } },
    'retry.ageSeconds is 329 with a window of 300 s and a timeout of 30 s',
    'an age from 330',
  ],
  ['memory', { sandbox: { memoryMb: 127, timeoutSeconds: 30 } }, 'memoryMb is 127', 'from 128 to 10240'],
  ['rejects-count', { rejects: { shareMax: 0.5, countMin: 0 } }, 'countMin is 0', 'from 1'],
  ['rejects-share', { rejects: { shareMax: 1.5, countMin: 1 } }, 'shareMax is 1.5', 'from 0 to 1'],
  ['slo-age', { slo: { ageSeconds: 0, share: 0.99 } }, 'slo.ageSeconds is 0', 'from 1 to 604800'],
  ['slo-age', { slo: { ageSeconds: 604_801, share: 0.99 } }, 'slo.ageSeconds is 604801', 'from 1 to 604800'],
  ['slo-share', { slo: { ageSeconds: 60, share: 0.93 } }, 'slo.share is 0.93', 'from 0.94 to 0.9999'],
  ['slo-share', { slo: { ageSeconds: 60, share: 1 } }, 'slo.share is 1', 'from 0.94 to 0.9999'],
  ['secret-name', { secrets: ['AWS_KEY'] }, "secrets names 'AWS_KEY'", 'not AWS_'],
  ['secret-name', { secrets: ['salt'] }, "secrets names 'salt'", '[A-Z0-9_]'],
  ['entry-days', { entryDays: 7 }, 'entryDays is 7 with a topic that keeps records for 168 hours', 'from 8'],
  ['pollers-complete', { pollers: { min: 1 } }, 'pollers is {"min":1}', '{ min, max }'],
  ['pollers-complete', { pollers: { ...onDemand, min: 1 } }, '"min":1', "{ mode: 'on-demand' }"],
  ['pollers-min', { pollers: { min: 0, max: 3 } }, 'pollers.min is 0', 'from 1 to 200'],
  ['pollers-max', { pollers: { min: 1, max: 2.5 } }, 'pollers.max is 2.5', 'from 1 to 2000'],
  ['pollers-order', { pollers: { min: 3, max: 2 } }, 'min is 3 and pollers.max 2', 'up to the maximum'],
  ['pollers-partitions', { pollers: { min: 1, max: 4 } }, 'pollers.max is 4', "up to 3, the topic's"],
  ['pollers-partitions', { pollers: { min: 4, max: 'partitions' } }, 'pollers.min is 4', 'up to 3'],
  [
    'provisioned-retries',
    { pollers: onDemand, retry: spent },
    'retry.attempts is 3 with pollers on demand',
    'pollers { min, max }',
    'provisioned-age',
    'provisioned-bisect',
  ],
  [
    'provisioned-age',
    { pollers: onDemand, retry: { ...spent, bisect: false } },
    'retry.ageSeconds is 600 with pollers on demand',
    'pollers { min, max }',
    'provisioned-retries',
  ],
  [
    'provisioned-bisect',
    { pollers: onDemand, retry: spent },
    'retry.bisect is true with pollers on demand',
    'pollers { min, max }',
    'provisioned-retries',
    'provisioned-age',
  ],
  [
    'provisioned-partial-responses',
    { pollers: { ...onDemand, partialResponses: true } },
    'pollers.partialResponses is true with pollers on demand',
    'pollers { min, max }',
  ],
  [
    'provisioned-kafka-destination',
    { pollers: onDemand, ...withDestination({ kafkaTopic: 'orders-given-up' }) },
    'retry.destination.kafkaTopic is "orders-given-up" with pollers on demand',
    'pollers { min, max }',
    'provisioned-retries',
    'provisioned-age',
    'provisioned-bisect',
  ],
  [
    'provisioned-logs',
    { pollers: { ...onDemand, logs: 'INFO' } },
    'pollers.logs is "INFO" with pollers on demand',
    'pollers { min, max }',
  ],
  [
    'provisioned-group',
    { pollers: { ...onDemand, group: 'shop' } },
    'pollers.group is "shop" with pollers on demand',
    'pollers { min, max }',
  ],
  ...['', 'a b', 'p'.repeat(129)].map((group): [string, Change, string, string] => [
    'poller-group',
    { pollers: { min: 1, max: 3, group } },
    `pollers.group is '${group}'`,
    '1 to 128 of the characters',
  ]),
  [
    'complete-from-the-start',
    { startingPosition: 'LATEST' },
    "startingPosition is 'LATEST' with retry until 'done'",
    "'TRIM_HORIZON'",
  ],
  [
    'endless-without-destination',
    { retry: { until: 'done', destination: 's3' } },
    "retry is until 'done' and has a destination",
    "until 'done' without a destination",
  ],
  [
    'endless-without-destination',
    { retry: { ...spent, attempts: -1 } },
    "until 'spent' with attempts -1 and has a destination",
    'attempts from 0',
    'retry-attempts',
  ],
  ['done-without-bounds', { retry: { until: 'done', attempts: 3 } }, '"attempts":3', "until 'done' alone"],
  [
    'spent-in-full',
    { retry: { until: 'spent', attempts: 3, ageSeconds: 600, bisect: true } },
    '"bisect":true}',
    'attempts, ageSeconds, bisect and destination',
  ],
  ['retry-attempts', { retry: { ...spent, attempts: 10_001 } }, 'is 10001', 'from 0 to 10000'],
  ['retry-age', { retry: { ...spent, ageSeconds: 59 } }, 'is 59', 'from 60 to 604800'],
  ['no-filters', { filters: [{ pattern: '{"value":{}}' }] }, 'for a ledger that tracks gaps', 'none'],
  ['sparse-until-done', { offsets: 'sparse', retry: spent }, "offsets is 'sparse'", "until 'done'"],
  [
    'kafka-destination-other',
    withDestination({ kafkaTopic: 'orders' }),
    "retry.destination is the source topic 'orders'",
    'another topic',
  ],
  [
    'kafka-destination-name',
    withDestination({ kafkaTopic: 'dlq' }),
    "retry.destination.kafkaTopic is 'dlq'",
    '4 to 249 characters',
  ],
  [
    'no-fifo-destination',
    withDestination({ queueArn: `${sqs}:dead.fifo` }),
    'the FIFO queue',
    'a standard one',
  ],
  ['no-fifo-destination', withDestination({ snsTopicArn: `${sns}:dead.fifo` }), 'the FIFO topic', 'standard'],
  [
    'destination-arn',
    withDestination({ queueArn: `${sns}:dead` }),
    `retry.destination is '${sns}:dead'`,
    'an ARN of one sqs resource',
  ],
  ['destination-arn', withDestination({ bucketArn: 'given-up' }), "is 'given-up'", 'one s3 resource'],
];

/** What is deployed, but for what a case says. */
const standing = {
  clusterArn: propsOf().cluster.arn,
  topic: 'orders',
  groupId: 'orders-service',
  startingPosition: 'TRIM_HORIZON',
  windowSeconds: 1,
};

const refusedAgainstRecord: readonly [string, Change, Partial<ConsumerGroupProps>, string, string, RegExp][] =
  [
    [
      'deployed-topic',
      { topic: 'orders-v2' },
      {},
      "topic is 'orders-v2'",
      "'orders', which is deployed",
      /wait until the group has read all of the old topic/,
    ],
    [
      'deployed-group-id',
      { groupId: 'orders-2' },
      {},
      "groupId is 'orders-2'",
      "'orders-service', which is deployed",
      /passes over what it has/,
    ],
    [
      'deployed-position',
      { startingPosition: 'LATEST', retry: spent },
      {},
      "startingPosition is 'LATEST'",
      "'TRIM_HORIZON', which is deployed",
      /continues from them/,
    ],
    [
      'deployed-cluster',
      {},
      { cluster: { arn: standing.clusterArn.replaceAll('clicks', 'clicks2'), name: 'clicks2' } },
      'cluster is',
      standing.clusterArn,
      /Empty: raise the incarnation and say log 'new'.*A copy: stop here, since what was counted would be counted again/,
    ],
    [
      'deployed-window',
      { batch: { records: 100 } },
      {},
      'no windowSeconds',
      '1 s is deployed',
      /withoutMapping/,
    ],
  ];

function assertRefused(lines: readonly string[], rules: string[], given: string, allowed: string): void {
  const named = lines.flatMap((line) => /\[([a-z-]+)\]$/.exec(line)?.[1] ?? []);
  assert.deepEqual(named.toSorted(), rules.toSorted(), lines.join('\n'));
  const line = lines.find((text) => text.endsWith(`[${rules[0]}]`)) ?? '';
  const [before = '', after = ''] = line.split('; allowed is ');
  assert.ok(before.includes(given), line);
  assert.ok(after.includes(allowed), line);
  assert.ok(line.includes('[Shop/Orders]'), line);
}

describe('group rules', () => {
  for (const [rule, change, given, allowed, ...besides] of refused) {
    test(`${rule}: refuses ${JSON.stringify(change).slice(0, 90)}`, () => {
      assertRefused(refusalsOf(change), [rule, ...besides], given, allowed);
    });
  }

  for (const [rule, change, more, given, allowed, step] of refusedAgainstRecord) {
    test(`${rule}: refuses a change of what is deployed, and prints the safe steps`, () => {
      const lines = refusalsOf(change, { deployed: standing, ...more });

      assertRefused(lines, [rule], given, allowed);
      assert.match(lines.join('\n'), step);
      assert.match(lines.join('\n'), /1\. .*\n +2\. .*\n +3\. /);
      assert.ok(lines.at(-1)?.trim() === IF_NOTHING_IS_DEPLOYED, lines.at(-1));
    });
  }

  /** Every number and name that CloudFormation or the function would refuse, or that would silence an alarm. */
  const senseless = [Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY, '', 'two', null, 1e12];
  const taken: Readonly<Record<string, readonly unknown[]>> = {
    'batch.windowSeconds': [0],
    'retry.attempts': [0],
    'rejects.shareMax': [0],
    entryDays: [1e12],
  };
  const base = { ...propsOf().group, retry: spent } as unknown as Record<string, unknown>;
  const withProperty = (path: string, value: unknown): Change => {
    const [outer = '', inner] = path.split('.');
    return inner === undefined
      ? { retry: spent, [outer]: value }
      : { retry: spent, [outer]: { ...(base[outer] as object), [inner]: value } };
  };

  for (const path of [
    'batch.records',
    'batch.windowSeconds',
    'retry.attempts',
    'retry.ageSeconds',
    'pollers.min',
    'pollers.max',
    'rejects.shareMax',
    'rejects.countMin',
    'entryDays',
    'sandbox.memoryMb',
    'sandbox.timeoutSeconds',
  ]) {
    test(`${path}: refuses every number that can't be meant`, () => {
      const passing = senseless.filter((value) => refusalsOf(withProperty(path, value)).length === 0);
      assert.deepEqual(passing, taken[path] ?? []);
    });
  }

  test('timestamps: refuses another word, and a bound ahead that is none', () => {
    const topic = propsOf().topic;
    const mine = { ...topic, timestamps: 'mine' } as unknown as ConsumerGroupProps['topic'];
    assertRefused(
      refusalsOf({}, { topic: mine }),
      ['timestamps'],
      "topic.timestamps is 'mine'",
      "'broker' or",
    );
    const passing = senseless.filter(
      (aheadMaxSeconds) =>
        refusalsOf({}, { topic: { ...topic, aheadMaxSeconds } as typeof topic }).length === 0,
    );
    assert.deepEqual(passing, [0]);
  });

  for (const property of ['partitions', 'retentionHours', 'incarnation'] as const) {
    test(`topic.${property}: refuses every number that can't be meant, not only at the deployment`, () => {
      const passing = senseless.filter((value) => {
        const topic = { ...propsOf().topic, [property]: value } as ConsumerGroupProps['topic'];
        return refusalsOf({}, { topic }).length === 0;
      });
      assert.deepEqual(passing, []);
    });
  }

  test('log: refuses what is neither new nor a copy, and takes both and a token', () => {
    const refusalsFor = (log: string) => refusalsOf({}, { topic: { ...propsOf().topic, log } });
    assertRefused(refusalsFor('old'), ['log'], "topic.log is 'old'", "'new', 'copy' or nothing");
    for (const log of ['new', 'copy', Token.asString({ Ref: 'Log' })]) assert.deepEqual(refusalsFor(log), []);
  });

  test('incarnation: takes a number, its digits, and a token', () => {
    for (const incarnation of [1, 7, '7', Token.asString({ Ref: 'Incarnation' })])
      assert.deepEqual(refusalsOf({}, { topic: { ...propsOf().topic, incarnation } }), []);
  });

  test("topic-published: a group on a topic that its stage doesn't publish is refused at synthesis", () => {
    const { billing } = groups as { billing: GroupSpec };
    assert.throws(() => templatesOf('dev', { billing: { ...billing, topic: 'ad_views' } }), {
      message:
        /topic is 'ad_views'; allowed is 'ad_clicks' or 'ad_impressions': the stream of the stage 'dev' publishes no other/,
    });
  });

  test("topic-contract: a group that counts by another contract than its topic's is refused at synthesis", () => {
    const { billing } = groups as { billing: GroupSpec };
    assert.throws(() => templatesOf('dev', { billing: { ...billing, topic: 'ad_impressions' } }), {
      message:
        /contract is not the one of the topic 'ad_impressions' in the stage 'dev'; allowed is the topic's own/,
    });
  });

  test('a group on another topic of its stage reads that one, with its partitions, and finds its parameters', () => {
    const { billing } = groups as { billing: GroupSpec };
    const views: GroupSpec = {
      ...billing,
      ...{ ledger: 'views', groupId: 'views-service', topic: 'ad_impressions' },
      contract: contracts.ad_impressions,
      count: { by: ['campaign'], measures: { views: 1 } },
    };
    const template = templatesOf('dev', { billing, fraud: views }).get('clickledger-dev-fraud')!;

    const { Topics, ProvisionedPollerConfig } = resourceOf(
      template,
      'AWS::Lambda::EventSourceMapping',
    ).Properties;
    assert.deepEqual([Topics, ProvisionedPollerConfig.MaximumPollers], [['ad_impressions'], 2]);
    const read = Object.values(template.Parameters ?? {}).map(({ Default }) => Default);
    assert.ok(read.includes('/clickledger/dev/ad_impressions/incarnation'));
    assert.deepEqual(
      read.filter((path) => path?.includes('ad_clicks')),
      [],
    );
  });

  test('cluster-arn, partitions: refuses a cluster that is called otherwise, and a topic without partitions', () => {
    const cluster = { arn: propsOf().cluster.arn, name: 'orders' };
    const topic = { partitions: 0, retentionHours: 168, incarnation: 1 };
    const lines = refusalsOf({ pollers: onDemand }, { cluster, topic });

    assertRefused(lines, ['cluster-arn', 'partitions'], "cluster is 'orders' with the ARN", 'with that name');
  });

  test('no-fifo-destination: refuses a reference to a FIFO queue, whose name nobody knows yet', () => {
    const lines = refusalsIn((stack) => {
      const { queueArn } = new Queue(stack, 'Dead', { fifo: true });
      new ConsumerGroup(stack, 'Orders', propsOf(withDestination({ queueArn })));
    });

    assertRefused(lines, ['no-fifo-destination'], 'the FIFO queue', 'a standard one');
  });

  test('each rule of the table is provoked here, and says what it rests on', () => {
    const provoked = new Set([...refused, ...refusedAgainstRecord].map(([rule]) => rule));
    for (const { id, because } of groupRules) {
      assert.ok(
        provoked.has(id) ||
          ['cluster-arn', 'partitions', 'retention', 'incarnation', 'timestamps', 'ahead', 'log'].includes(
            id,
          ),
        id,
      );
      assert.ok(because.length > 20 || /docs:/.test(because), id);
    }
    assert.equal(new Set(groupRules.map(({ id }) => id)).size, groupRules.length);
  });

  test('takes each bound itself, and each way of polling and of giving up', () => {
    const passing: readonly Change[] = [
      {},
      { slo: { ageSeconds: 1, share: 0.94 } },
      { slo: { ageSeconds: 604_800, share: 0.9999 } },
      { batch: { records: 10_000, windowSeconds: 300 }, sandbox: { memoryMb: 512, timeoutSeconds: 840 } },
      { batch: { records: 1 } },
      { pollers: { min: 3, max: 3, partialResponses: false, logs: 'DEBUG' } },
      { pollers: { min: 1, max: 'partitions' }, offsets: 'sparse' },
      { pollers: onDemand },
      { pollers: { ...onDemand, partialResponses: false } },
      { startingPosition: 'LATEST', retry: { ...spent, attempts: 0, ageSeconds: 60 } },
      withDestination({ queueArn: `${sqs}:dead` }),
      withDestination({ snsTopicArn: `${sns}:dead`, keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k' }),
      withDestination({ bucketArn: 'arn:aws:s3:::given-up' }),
      withDestination({ kafkaTopic: 'dead' }),
    ];
    for (const change of passing) assert.deepEqual(refusalsOf(change), [], JSON.stringify(change));
  });

  test('what is as deployed passes, and so does a window in place of another', () => {
    assert.deepEqual(refusalsOf({}, { deployed: standing }), []);
    assert.deepEqual(refusalsOf({ batch: { records: 1, windowSeconds: 0 } }, { deployed: standing }), []);
    const { windowSeconds, ...withoutWindow } = standing;
    assert.deepEqual(refusalsOf({ batch: { records: 1 } }, { deployed: withoutWindow }), []);
  });
});
