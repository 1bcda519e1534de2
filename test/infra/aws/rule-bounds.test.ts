/** The bounds of the rules, each from both sides: what is just allowed, and what is just beyond. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Token } from 'aws-cdk-lib/core';
import { groupRules, listRefusals } from '../../../infra/aws/group-rules.ts';
import type { GivenGroup } from '../../../infra/aws/group-shape.ts';
import { IF_NOTHING_IS_DEPLOYED } from '../../../infra/aws/rules/deployed.ts';
import { formatRefusal, type Subject } from '../../../infra/aws/rules/rule.ts';
import { CLUSTER_ARN, propsOf, spent } from './foreign-app.ts';

/** The foreign app's group, changed at some paths. Past the types where these forbid it. */
function subjectWith(changes: Readonly<Record<string, unknown>>): Subject {
  const { group, cluster, topic } = propsOf();
  const subject = {
    group: structuredClone(group),
    cluster: { ...cluster, reference: cluster.arn },
    topic: { ...topic },
    fifoDestination: false,
    deployed: undefined,
  };
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() as string;
    let at = subject as unknown as Record<string, unknown>;
    for (const name of names) at = at[name] as Record<string, unknown>;
    at[last] = value;
  }
  return subject as unknown as Subject & { group: GivenGroup };
}

function brokenBy(changes: Readonly<Record<string, unknown>>): string[] {
  const subject = subjectWith(changes);
  return groupRules.filter(({ check }) => check(subject) !== undefined).map(({ id }) => id);
}

const done = { until: 'done' };
const onDemand = { mode: 'on-demand' };
const sqs = 'arn:aws:sqs:eu-west-1:111122223333:';
const [uuid = ''] = CLUSTER_ARN.split('/').slice(-1);
const token = Token.asString({ Ref: 'Something' });

/** By rule and path: values that are allowed, and values that break this rule and no other. */
const bounds: readonly [
  rule: string,
  path: string,
  allowed: readonly unknown[],
  refused: readonly unknown[],
][] = [
  ['group-id', 'group.groupId', ['g', 'g'.repeat(200), 'A.z_9-'], ['g'.repeat(201), 'g!', '!g']],
  [
    'ledger-name',
    'group.ledger',
    ['ab', `a${'9-'.repeat(15)}`],
    ['a', `a${'b'.repeat(31)}`, '9a', '-a', 'a_', 'Aa'],
  ],
  [
    'topic-name',
    'group.topic',
    ['t', '_', '-', `t${'.'.repeat(248)}`],
    ['.t', `t${'.'.repeat(249)}`, 't!', ''],
  ],
  [
    'cluster-arn',
    'cluster.arn',
    [CLUSTER_ARN, CLUSTER_ARN.replace('arn:aws:', 'arn:aws-cn:'), token],
    [
      `x${CLUSTER_ARN}`,
      `${CLUSTER_ARN}/x`,
      CLUSTER_ARN.replace('kafka', 'kafka2'),
      CLUSTER_ARN.replace('111122223333', '11112222333'),
      CLUSTER_ARN.replace('clicks', 'orders'),
      CLUSTER_ARN.replace(`/${uuid}`, ''),
      CLUSTER_ARN.replace(uuid, '*'),
    ],
  ],
  ['cluster-arn', 'cluster.name', ['clicks', token], ['orders', '']],
  ['batch-records', 'group.batch.records', [1, 10_000], [0, 10_001, 1.5]],
  ['batch-window', 'group.batch.windowSeconds', [undefined, 0, 300], [-1, 301, 0.5]],
  ['timeout', 'group.sandbox.timeoutSeconds', [3, 840], [841, 3.5]],
  ['timeout-for-batch', 'group.sandbox.timeoutSeconds', [3], [2, 1]],
  ['memory', 'group.sandbox.memoryMb', [128, 10_240], [127, 10_241]],
  ['partitions', 'topic.partitions', [3, 100_000], [100_001, 3.5]],
  ['retention', 'topic.retentionHours', [1, 839], [0, 0.5, -1, Number.NaN]],
  ['timestamps', 'topic.timestamps', [undefined, 'broker', 'producer'], ['', 'brokers']],
  ['ahead', 'topic.aheadMaxSeconds', [undefined, 0, 604_800], [-1, 604_801]],
  [
    'incarnation',
    'topic.incarnation',
    [1, '1', 999_999_999, token],
    [0, '01', 1_000_000_000, '1x', 'x1', ''],
  ],
  ['log', 'topic.log', [undefined, 'unsaid', 'new', 'copy', token], ['', 'copies']],
  ['rejects-count', 'group.rejects.countMin', [1, 10_000], [0, 10_001]],
  ['rejects-share', 'group.rejects.shareMax', [0, 1, 0.5], [-0.01, 1.01, Number.NaN]],
  ['slo-age', 'group.slo', [undefined, slo(1, 0.95), slo(604_800, 0.95)], [slo(0, 0.95), slo(604_801, 0.95)]],
  ['slo-share', 'group.slo', [slo(60, 0.94), slo(60, 0.9999)], [slo(60, 0.939), slo(60, 0.99991)]],
  [
    'secret-name',
    'group.secrets',
    [[], ['AB'], ['A9_', `A${'B'.repeat(63)}`], ['XAWS_A']],
    [['A'], ['OK', '9A'], ['AB', 'AWS_A'], [`A${'B'.repeat(64)}`], ['Ab'], ['AB-']],
  ],
  ['entry-days', 'group.entryDays', [8, 1_000], [7, 8.5]],
  [
    'pollers-min',
    'group.pollers',
    [{ min: 1, max: 3 }],
    [
      { min: 0, max: 3 },
      { min: -1, max: 3 },
    ],
  ],
  ['pollers-max', 'group.pollers', [{ min: 1, max: 1 }], [{ min: 1, max: 2.5 }]],
  [
    'pollers-complete',
    'group.pollers',
    [onDemand, { min: 1, max: 'partitions' }],
    [{}, { min: 1 }, { max: 3 }, { ...onDemand, max: 3 }, { ...onDemand, min: 1, max: 3 }],
  ],
  ['pollers-order', 'group.pollers', [{ min: 3, max: 3 }], [{ min: 3, max: 2 }]],
  [
    'pollers-partitions',
    'group.pollers',
    [
      { min: 1, max: 3 },
      { min: 3, max: 'partitions' },
    ],
    [
      { min: 1, max: 4 },
      { min: 4, max: 'partitions' },
    ],
  ],
  [
    'poller-group',
    'group.pollers.group',
    [undefined, 'g', 'A-z_9', 'g'.repeat(128)],
    ['', 'g'.repeat(129), 'a b', '!a', 'a!'],
  ],
  [
    'retry-attempts',
    'group.retry',
    [spent, { ...spent, attempts: 0 }, { ...spent, attempts: 10_000 }],
    [
      { ...spent, attempts: 10_001 },
      { ...spent, attempts: 0.5 },
    ],
  ],
  [
    'retry-age',
    'group.retry',
    [
      { ...spent, ageSeconds: 60 },
      { ...spent, ageSeconds: 604_800 },
    ],
    [
      { ...spent, ageSeconds: 604_801 },
      { ...spent, ageSeconds: 59 },
    ],
  ],
  ['complete-from-the-start', 'group.startingPosition', ['TRIM_HORIZON'], ['LATEST']],
  [
    'done-without-bounds',
    'group.retry',
    [done],
    [
      { ...done, attempts: 0 },
      { ...done, ageSeconds: 600 },
      { ...done, bisect: false },
    ],
  ],
  [
    'spent-in-full',
    'group.retry',
    [{ ...spent, bisect: false }],
    ['attempts', 'ageSeconds', 'bisect', 'destination'].map((name) => ({ ...spent, [name]: undefined })),
  ],
  ['endless-without-destination', 'group.retry', [spent], [{ ...done, destination: 's3' }]],
  ['no-filters', 'group.filters', [undefined, []], [[{ pattern: '{}' }]]],
  [
    'kafka-destination-name',
    'group.retry',
    [kafka('dead'), kafka('d'.repeat(249)), kafka(token)],
    [kafka('dea'), kafka('d'.repeat(250)), kafka('dead!'), kafka('!dead'), kafka('')],
  ],
  ['kafka-destination-other', 'group.retry', [kafka('orders2')], [kafka('orders')]],
  [
    'destination-arn',
    'group.retry',
    [
      to({ queueArn: `${sqs}dead` }),
      to({ queueArn: `${sqs}${'d'.repeat(350 - sqs.length)}` }),
      to({ queueArn: token }),
      to({ snsTopicArn: 'arn:aws-cn:sns:cn-north-1:111122223333:dead' }),
      to({ bucketArn: 'arn:aws:s3:::dead' }),
      { ...spent, destination: 's3' },
    ],
    [
      to({ queueArn: `${sqs}${'d'.repeat(351 - sqs.length)}` }),
      to({ queueArn: `x${sqs}dead` }),
      to({ queueArn: `${sqs}dead:x` }),
      to({ queueArn: `${sqs}*` }),
      to({ queueArn: sqs }),
      to({ queueArn: '' }),
      to({ snsTopicArn: `${sqs}dead` }),
      to({ bucketArn: 'arn:aws:s3:::dead/*' }),
    ],
  ],
  [
    'no-fifo-destination',
    'group.retry',
    [to({ queueArn: `${sqs}dead.fifo.x` })],
    [
      to({ queueArn: `${sqs}dead.fifo` }),
      to({ snsTopicArn: 'arn:aws:sns:eu-west-1:111122223333:dead.fifo' }),
    ],
  ],
];

function slo(ageSeconds: number, share: number) {
  return { ageSeconds, share };
}

function to(destination: object) {
  return { ...spent, destination };
}

function kafka(kafkaTopic: string) {
  return to({ kafkaTopic });
}

describe('the bounds of the rules', () => {
  for (const [rule, path, allowed, refused] of bounds)
    test(`${rule}: ${path} is taken up to its bound, and refused beyond`, () => {
      for (const value of allowed) assert.deepEqual(brokenBy({ [path]: value }), [], JSON.stringify(value));
      for (const value of refused)
        assert.deepEqual(brokenBy({ [path]: value }), [rule], JSON.stringify(value));
    });

  test('a rule of two values holds at their sum, quotient or product, and not one beyond', () => {
    const expected: readonly [Readonly<Record<string, unknown>>, string[]][] = [
      [{ 'group.batch.records': 1_001, 'group.sandbox.timeoutSeconds': 3 }, ['timeout-for-batch']],
      [{ 'group.batch.records': 1_001, 'group.sandbox.timeoutSeconds': 4 }, []],
      [
        { 'group.retry': { ...spent, ageSeconds: 90 }, 'group.sandbox.timeoutSeconds': 90 },
        ['age-for-attempt'],
      ],
      [{ 'group.retry': { ...spent, ageSeconds: 91 }, 'group.sandbox.timeoutSeconds': 90 }, []],
      [
        {
          'group.retry': { ...spent, ageSeconds: 90 },
          'group.sandbox.timeoutSeconds': 90,
          'group.batch.windowSeconds': 0,
        },
        [],
      ],
      [
        {
          'group.retry': { ...spent, ageSeconds: 90 },
          'group.sandbox.timeoutSeconds': 90,
          'group.batch.windowSeconds': undefined,
        },
        ['age-for-attempt'],
      ],
      [
        {
          'group.retry': { ...spent, ageSeconds: 91 },
          'group.sandbox.timeoutSeconds': 90,
          'group.batch.windowSeconds': undefined,
        },
        [],
      ],
      // An age without an end is no bound, and has a rule of its own.
      [{ 'group.retry': { ...spent, ageSeconds: -1 } }, ['retry-age']],
      [{ 'group.retry': { ...spent, attempts: -1 } }, ['endless-without-destination', 'retry-attempts']],
      [{ 'topic.retentionHours': 191, 'group.entryDays': 8 }, []],
      [{ 'topic.retentionHours': 192, 'group.entryDays': 8 }, ['entry-days']],
      [{ 'topic.retentionHours': 87_600, 'group.entryDays': 3_651 }, []],
      [{ 'topic.retentionHours': 87_601, 'group.entryDays': 3_651 }, ['retention']],
      [{ 'topic.partitions': 1, 'group.pollers.max': 1 }, []],
      [{ 'topic.partitions': 0, 'group.pollers': onDemand }, ['partitions']],
      [{ 'topic.partitions': 2_001, 'group.pollers': { min: 200, max: 2_000 } }, []],
      [{ 'topic.partitions': 2_001, 'group.pollers': { min: 201, max: 2_000 } }, ['pollers-min']],
      [{ 'topic.partitions': 2_001, 'group.pollers': { min: 200, max: 2_001 } }, ['pollers-max']],
      [{ 'group.offsets': 'sparse' }, []],
      [{ 'group.offsets': 'sparse', 'group.retry': spent }, ['sparse-until-done']],
      [{ 'group.startingPosition': 'LATEST', 'group.retry': spent }, []],
      [{ fifoDestination: true, 'group.retry': spent }, []],
      [{ fifoDestination: true, 'group.retry': to({ queueArn: token }) }, ['no-fifo-destination']],
      [{ 'cluster.arn': token, 'cluster.name': 'whatever' }, []],
      [{ 'cluster.arn': 'clicks', 'cluster.name': token }, ['cluster-arn']],
    ];
    for (const [changes, rules] of expected)
      assert.deepEqual(brokenBy(changes), rules, JSON.stringify(changes));
  });

  test('a rule that rests on a page names it', () => {
    for (const { id, because } of groupRules) assert.doesNotMatch(because, /docs: *(?:[,)]|$)|\(\)/, id);
  });

  test('a refusal is what is given, allowed and why, then the steps and what else it may be', () => {
    const rule = { id: 'x', because: 'b', check: () => undefined };
    const fault = { given: 'g', allowed: 'a' };

    assert.equal(formatRefusal(rule, fault), 'g; allowed is a: b [x]');
    assert.equal(
      formatRefusal(rule, { ...fault, steps: ['s', 't'], otherwise: 'o' }),
      'g; allowed is a: b [x]\n    1. s\n    2. t\n    o',
    );
  });

  test('a refusal says the numbers that it compares', () => {
    const said: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
      [
        { 'group.sandbox.timeoutSeconds': 2 },
        /^sandbox\.timeoutSeconds is 2 with batch\.records 1000; allowed is a timeout from 3, /,
      ],
      [
        {
          'group.retry': { ...spent, ageSeconds: 90 },
          'group.sandbox.timeoutSeconds': 90,
          'group.batch.windowSeconds': undefined,
        },
        /is 90 with a window of 0\.5 s and a timeout of 90 s; allowed is an age from 91, /,
      ],
      [{ 'group.entryDays': 7 }, /for 168 hours; allowed is a whole number from 8: /],
      [{ 'topic.incarnation': '01' }, /^topic\.incarnation is '01'; /],
      [{ 'topic.incarnation': 0 }, /^topic\.incarnation is 0; /],
      [{ 'group.retry': { ...done, destination: 's3' } }, /^retry is until 'done' and has a destination; /],
      [{ 'group.pollers': { min: 4, max: 'partitions' } }, /^pollers\.min is 4; allowed is up to 3, /],
      [{ 'group.filters': [1, 2] }, /^filters has 2 for /],
      [{ 'group.secrets': ['OK', 'no', 'none'] }, /^secrets names 'no'; /],
    ];
    for (const [changes, pattern] of said) {
      const lines = listRefusals(subjectWith(changes));
      assert.equal(lines.length, 1, JSON.stringify(changes));
      assert.match(lines[0] ?? '', pattern);
    }
  });

  test('what only provisioned pollers can do is taken with them, and where it is switched off', () => {
    const asked: readonly [rule: string, path: string, asks: unknown, off: unknown][] = [
      ['provisioned-partial-responses', 'group.pollers.partialResponses', true, false],
      ['provisioned-logs', 'group.pollers.logs', 'INFO', undefined],
      ['provisioned-group', 'group.pollers.group', 'shop', undefined],
      ['provisioned-retries', 'group.retry.attempts', 3, undefined],
      ['provisioned-age', 'group.retry.ageSeconds', 600, undefined],
      ['provisioned-bisect', 'group.retry.bisect', true, false],
      [
        'provisioned-kafka-destination',
        'group.retry.destination',
        { kafkaTopic: 'dead' },
        { bucketArn: 'arn:aws:s3:::dead' },
      ],
    ];
    const provisioned = (changes: Readonly<Record<string, unknown>>) =>
      brokenBy(changes).filter((id) => id.startsWith('provisioned-'));
    for (const [rule, path, asks, off] of asked) {
      const pollers = { ...onDemand };
      assert.deepEqual(provisioned({ 'group.pollers': pollers, [path]: asks }), [rule], path);
      assert.deepEqual(provisioned({ 'group.pollers': { ...onDemand }, [path]: off }), [], path);
      assert.deepEqual(provisioned({ 'group.pollers': { min: 1, max: 3 }, [path]: asks }), [], path);
    }
  });
});

describe('what is deployed', () => {
  const deployed = {
    clusterArn: CLUSTER_ARN,
    topic: 'orders',
    groupId: 'orders-service',
    startingPosition: 'TRIM_HORIZON',
    windowSeconds: 1,
  };

  test('is held against each property that can not be changed', () => {
    const expected: readonly [Readonly<Record<string, unknown>>, string[]][] = [
      [{}, []],
      [{ 'group.topic': 'orders2' }, ['deployed-topic']],
      [{ 'group.groupId': 'orders2' }, ['deployed-group-id']],
      [{ 'deployed.startingPosition': 'LATEST' }, ['deployed-position']],
      [{ 'cluster.reference': { Ref: 'Cluster' } }, ['deployed-cluster']],
      [{ 'cluster.reference': { Ref: 'Cluster' }, 'deployed.clusterArn': { Ref: 'Cluster' } }, []],
      [{ 'group.batch.windowSeconds': undefined }, ['deployed-window']],
      [{ 'group.batch.windowSeconds': 0 }, []],
      [{ 'group.batch.windowSeconds': undefined, 'deployed.windowSeconds': undefined }, []],
    ];
    for (const [changes, rules] of expected)
      assert.deepEqual(brokenBy({ deployed: { ...deployed }, ...changes }), rules, JSON.stringify(changes));
  });

  test('a difference is shown as it is written in the template, with the first step before the others', () => {
    const [line = ''] = listRefusals(
      subjectWith({ deployed: { ...deployed }, 'cluster.reference': { Ref: 'Cluster' } }),
    );
    assert.ok(
      line.startsWith(`cluster is {"Ref":"Cluster"}; allowed is '${CLUSTER_ARN}', which is deployed: `),
      line,
    );
    const steps = line.split('\n').slice(1);
    assert.deepEqual(
      steps.map((step) => /^ {4}\d\. \S/.exec(step)?.[0].trim().slice(0, 2)),
      ['1.', '2.', '3.', '4.', undefined],
    );
    assert.match(steps[0] ?? '', /find out whether the new topic starts empty/);
    assert.equal(steps[4], `    ${IF_NOTHING_IS_DEPLOYED}`);
    assert.match(IF_NOTHING_IS_DEPLOYED, /^If nothing of this group is deployed, the record is wrong: /);
  });
});
