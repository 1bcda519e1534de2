/** The alarms of every owner: which there are, whom they call, and that none can be left out without a word. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groups } from '../../../../functions/index.ts';
import { stages } from '../../../../infra/aws/stages.ts';
import {
  type AlarmSpec,
  defaultThresholds,
  groupAlarms,
  type ServiceLevel,
  severities,
  streamAlarms,
} from '../../../../shared/alarm-spec.ts';
import type { GroupSpec } from '../../../../shared/group.ts';
import { formatClusterName } from '../../../../shared/published.ts';
import {
  type CfnTemplate,
  evaluated,
  reachingLambda,
  resourceOf,
  resourcesOf,
  templateOf,
  templatesOf,
} from '../templates.ts';
import { documented, emittedBy, notOnExpress, unpublished } from './known-metrics.ts';
import { alarmsOf, callersOf, dashboardOf, type UsedMetric } from './watched.ts';

/** The names in dimensions are those of the template's own resources, and the functions write to the very table. */
async function assertPublished(stage: 'dev' | 'prod', owner: string): Promise<void> {
  const template = templateOf(stage, owner);
  const used = [...alarmsOf(template).flatMap(({ metrics }) => metrics), ...dashboardOf(template).metrics];
  assert.ok(used.length > 10);
  const group = groups[owner];
  if (group === undefined) {
    for (const metric of used) assert.equal(unpublished(metric, []), undefined);
    const names = used.map(({ name }) => name);
    if (stages[stage].brokers.type === 'express')
      for (const name of notOnExpress) assert.ok(!names.includes(name), name);
    return;
  }
  const handler = resourceOf(template, 'AWS::Lambda::Function', 'GroupHandler');
  const table = evaluated(template, handler.Properties.Environment.Variables).LEDGER_TABLE;
  const emitted = await emittedBy(group, table);
  for (const metric of used) assert.equal(unpublished(metric, emitted), undefined);
  const values = new Set(used.flatMap(({ dimensions }) => Object.values(dimensions)));
  for (const [type, prefix] of ownResources)
    assert.ok(
      values.has(`{${resourcesOf(template, type).find(([id]) => id.startsWith(prefix))![0]}}`),
      prefix,
    );
  for (const name of [group.groupId, group.topic, formatClusterName(stage)])
    assert.ok(values.has(name), name);
}

const ownResources = [
  ['AWS::DynamoDB::Table', 'GroupTable'],
  ['AWS::Lambda::Function', 'GroupHandler'],
  ['AWS::Lambda::Function', 'GroupRollup'],
  ['AWS::Lambda::EventSourceMapping', 'GroupMapping'],
] as const;

const stageNames = ['dev', 'prod'] as const;
const owners = ['stream', ...Object.keys(groups)];

const standardOnly = ['offline-partitions', 'under-min-isr', 'under-replicated', 'broker-disk'];

/** What each owner has to have, in the order of the lists. */
function expectedAlarms(stage: 'dev' | 'prod', owner: string): string[] {
  if (owner === 'stream')
    return streamAlarms.filter(
      (name) =>
        !(stages[stage].brokers.type === 'standard'
          ? name.startsWith('express-')
          : standardOnly.includes(name)),
    );
  return [...groupAlarms];
}

function eachOwner(check: (template: CfnTemplate, stage: 'dev' | 'prod', owner: string) => void): void {
  for (const stage of stageNames) for (const owner of owners) check(templateOf(stage, owner), stage, owner);
}

function billingWith(alarms: AlarmSpec, slo?: ServiceLevel): CfnTemplate {
  const billing: GroupSpec = { ...groups['billing']!, alarms, ...(slo && { slo }) };
  return templatesOf('prod', { billing }, undefined, {}, reachingLambda('prod')).get(
    'clickledger-prod-billing',
  )!;
}

function namesIn(template: CfnTemplate): string[] {
  return callersOf(template).map(({ name }) => name.replace(/^clickledger-(dev|prod)-[^-]+-/, ''));
}

describe('alarms', () => {
  it('every owner has all of its alarms, in both stages', () => {
    eachOwner((template, stage, owner) => {
      assert.deepEqual(namesIn(template).sort(), expectedAlarms(stage, owner).sort());
      for (const { name } of callersOf(template))
        assert.ok(name.startsWith(`clickledger-${stage}-${owner}-`));
    });
  });

  it('an alarm says how severe it is, what it means and where its page is, and calls the topic of its severity', () => {
    eachOwner((template) => {
      for (const { name, description, properties } of callersOf(template)) {
        const [, severity = '', page] =
          /^\[(page|ticket|notice)\] [A-Z].*\. Runbook: docs\/runbook\/([\w-]+)\.md$/.exec(description) ?? [];
        assert.ok(page !== undefined && name.endsWith(`-${page}`), description);
        assert.ok(description.length <= 1_024);
        assert.match(properties.AlarmActions[0], new RegExp(`AlarmTopics${severity}`));
        assert.deepEqual(
          properties.OKActions,
          severity === 'page' ? properties.AlarmActions : undefined,
          'only who is woken waits for the end',
        );
      }
    });
  });

  it('a group has about a dozen alarms, and every window of a composite one calls nobody', () => {
    eachOwner((template, _, owner) => {
      if (owner === 'stream') return;
      assert.ok(callersOf(template).length <= 13, `${callersOf(template).length}`);
      const windows = alarmsOf(template).filter(({ properties }) => properties.AlarmActions === undefined);
      assert.deepEqual(
        windows.map(({ name }) => name.replace(/^.*-slo/, 'slo')),
        ['slo-fast-burn-60', 'slo-fast-burn-15'],
      );
      for (const { properties } of windows) assert.equal(properties.OKActions, undefined);
    });
  });

  it('an owner has a topic for each severity, under its own key, by TLS only; CloudWatch may use that key', () => {
    eachOwner((template) => {
      const topics = resourcesOf(template, 'AWS::SNS::Topic');
      assert.equal(topics.length, severities.length);
      for (const [, { Properties }] of topics)
        assert.match(Properties.KmsMasterKeyId['Fn::GetAtt'][0], /Key/);
      for (const [, { Properties }] of resourcesOf(template, 'AWS::SNS::TopicPolicy')) {
        const [statement] = Properties.PolicyDocument.Statement;
        assert.deepEqual(statement.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
      }
      const key = resourceOf(template, 'AWS::KMS::Key');
      assert.ok(key.Properties.KeyPolicy.Statement.some(({ Sid }: { Sid?: string }) => Sid === 'OwnAlarms'));
    });
  });

  it('what CloudWatch can look back on is not exceeded: metrics, periods, days', () => {
    eachOwner((template) => {
      for (const { name, properties, metrics } of alarmsOf(template)) {
        const periods = properties.Metrics?.map(
          ({ MetricStat }: { MetricStat?: { Period: number } }) => MetricStat?.Period,
        ) ?? [properties.Period];
        const period = Math.max(...periods.filter((each: number | undefined) => each !== undefined));
        assert.ok(metrics.length >= 1 && metrics.length <= 10, name);
        assert.ok(properties.DatapointsToAlarm <= properties.EvaluationPeriods, name);
        const days = (period * properties.EvaluationPeriods) / 86_400;
        assert.ok(days <= (period >= 3_600 ? 7 : 1), `${name} looks back ${days} days`);
      }
    });
  });

  it('one minute is never enough where the sources publish at different times', () => {
    for (const name of [
      'slo-fast-burn-60',
      'slo-fast-burn-15',
      'slo-slow-burn',
      'no-progress',
      'retention',
    ]) {
      const { properties } = alarmsOf(templateOf('prod', 'billing')).find((alarm) =>
        alarm.name.endsWith(name),
      )!;
      assert.ok(properties.EvaluationPeriods - properties.DatapointsToAlarm >= 5, name);
    }
  });

  it("promise, thresholds and severities are the team's; retention is half of the topic's", () => {
    const template = billingWith(
      { thresholds: { openMinutesMax: 7 }, severities: { 'slo-fast-burn': 'notice' } },
      { ageSeconds: 60, share: 0.99 },
    );

    const alarms = new Map(alarmsOf(template).map((alarm) => [alarm.name, alarm]));
    const of = (name: string) => alarms.get(`clickledger-prod-billing-${name}`)!.properties;
    const windows = ['slo-fast-burn-60', 'slo-fast-burn-15', 'slo-slow-burn'].map(of);
    for (const { Metrics } of windows)
      assert.match(JSON.stringify(Metrics), /FILL\(age, 0\) >= 60000 OR FILL\(drain, 0\) >= 60[ ,]/);
    assert.deepEqual(
      windows.map(({ DatapointsToAlarm }) => DatapointsToAlarm),
      [9, 3, 22],
      'of 60 minutes 14.4 %, of 15 minutes 14.4 %, of 360 minutes 6 %',
    );
    const fast = callersOf(template).find(({ name }) => name.endsWith('slo-fast-burn'))!;
    assert.match(fast.description, /^\[notice\] .*99 % of all minutes .*older than 60 s/);
    assert.match(fast.properties.AlarmActions[0], /AlarmTopicsnotice/);
    assert.equal(of('redrive-due').EvaluationPeriods, 7);
    assert.ok(
      JSON.stringify(of('retention').Metrics).includes('FILL(drain, 0) >= 302400'),
      'half of seven days',
    );
  });

  it("the ledger's alarms count as many minutes, and begin at what, as their pages say", () => {
    const alarms = alarmsOf(templateOf('prod', 'billing'));
    const { openMinutesMax, rollupBehindMinutesMax } = defaultThresholds;
    for (const [name, ...expected] of [
      ['foreign-writer', 1, 15, 1, 'notBreaching'],
      ['journal-bounds', 3, 5, 50, 'ignore'],
      ['redrive-due', openMinutesMax, openMinutesMax, 1, 'ignore'],
      ['rollup-behind', rollupBehindMinutesMax, rollupBehindMinutesMax + 5, 1, 'breaching'],
    ] as const) {
      const { properties } = alarms.find((alarm) => alarm.name.endsWith(`-${name}`))!;
      const { DatapointsToAlarm, EvaluationPeriods, Threshold, TreatMissingData } = properties;
      const actual = [DatapointsToAlarm, EvaluationPeriods, Threshold, TreatMissingData];
      assert.deepEqual(actual, expected, name);
    }
  });

  it('however long the topic keeps its records, redrive-overdue looks back as far as CloudWatch does, and no further', () => {
    for (const [retentionHours, hours] of [
      [500, 7 * 24],
      [100, 50],
      [3, 2],
    ] as const) {
      const [topic] = stages.dev.topics;
      const config = { ...stages.dev, topics: [{ ...topic, retentionHours }] as const };
      const template = templatesOf('dev', groups, {}, {}, config).get('clickledger-dev-billing')!;
      const overdue = alarmsOf(template).find(({ name }) => name.endsWith('-redrive-overdue'));
      const { EvaluationPeriods, DatapointsToAlarm } = overdue?.properties ?? {};
      assert.deepEqual([EvaluationPeriods, DatapointsToAlarm], [hours, hours]);
      assert.match(overdue?.description ?? '', new RegExp(`^\\[page\\] For ${hours} h `));
    }
  });

  it('a promise that no window of an alarm can hold is refused', () => {
    const refused: [ServiceLevel, RegExp][] = [
      [
        { ageSeconds: 300, share: 0.9 },
        /slo\.share is 0\.9; allowed is from 0\.94 to 0\.9999: .*\[slo-share\]/,
      ],
      [{ ageSeconds: 300, share: 1 }, /slo\.share is 1; allowed is from 0\.94 to 0\.9999/],
      [
        { ageSeconds: 0.5, share: 0.99 },
        /slo\.ageSeconds is 0\.5; allowed is a whole number from 1 to 604800/,
      ],
      [{ ageSeconds: 300, share: '0.99' } as never, /slo\.share is "0\.99", must be a number/],
      [{ ageSeconds: 300 } as never, /slo\.share is missing/],
      [{ seconds: 300, share: 0.99 } as never, /slo\.seconds is no property, allowed are ageSeconds, share/],
    ];
    for (const [slo, expected] of refused) assert.throws(() => billingWith({}, slo), expected);
    for (const share of [0.94, 0.9999]) {
      const template = billingWith({}, { ageSeconds: 604_800, share });
      for (const { name, properties } of alarmsOf(template))
        assert.ok(properties.DatapointsToAlarm <= properties.EvaluationPeriods, `${name} at ${share}`);
    }
  });

  it('going without an alarm takes a reason, and the dashboard repeats it', () => {
    const reason = 'statement lines are read by nobody here';

    const template = billingWith({ without: { 'rollup-behind': reason } });

    assert.deepEqual(
      namesIn(template).sort(),
      expectedAlarms('prod', 'billing')
        .filter((name) => name !== 'rollup-behind')
        .sort(),
    );
    assert.ok(dashboardOf(template).texts.some((text) => text.includes(`**rollup-behind** (${reason})`)));
  });

  it('every metric of an alarm or a dashboard is one that AWS documents or that our functions emit, dimension by dimension', async () => {
    for (const stage of stageNames) for (const owner of owners) await assertPublished(stage, owner);
  });

  it('no-progress hears of a mapping that never started: by the bytes of every broker, which nobody needs to consume', () => {
    eachOwner((template, stage, owner) => {
      if (owner === 'stream') return;
      const { metrics, properties } = alarmsOf(template).find(({ name }) => name.endsWith('-no-progress'))!;
      const bytes = metrics.filter(({ name }) => name === 'BytesInPerSec');
      assert.deepEqual(
        bytes.map(({ dimensions }) => dimensions),
        Array.from({ length: stages[stage].brokers.count }, (_, index) => ({
          'Broker ID': String(index + 1),
          'Cluster Name': formatClusterName(stage),
        })),
      );
      const formula: string = properties.Metrics.find(
        ({ Expression }: { Expression?: string }) => Expression,
      ).Expression;
      for (const [index] of bytes.entries()) assert.ok(formula.includes(`FILL(in${index + 1}, 0)`), formula);
    });
  });

  it('a cluster of more brokers than an alarm has metrics is watched by as many as fit', () => {
    const template = templatesOf(
      'prod',
      groups,
      undefined,
      {},
      {
        ...stages.prod,
        brokers: { type: 'standard', instanceType: 'kafka.m7g.large', count: 9, volumeGib: 100 },
      },
    ).get('clickledger-prod-billing')!;

    const { metrics } = alarmsOf(template).find(({ name }) => name.endsWith('-no-progress'))!;

    assert.equal(metrics.length, 10);
  });

  it("Express brokers are watched at 80 % of their size's quotas, and a size without known ones is refused", () => {
    const formulas = JSON.stringify(
      alarmsOf(templateOf('prod', 'stream')).map(({ properties }) => properties.Metrics),
    );
    const odd = { type: 'express', instanceType: 'express.m9.large', count: 3, storageGbMax: 1 } as const;

    assert.ok(formulas.includes('IF(FILL(b3, 0) >= 12480000, 1, 0)'), 'of 15.6 MB/s into express.m7g.large');
    assert.ok(formulas.includes('IF(FILL(b3, 0) >= 24960000, 1, 0)'), 'of 31.2 MB/s out of it');
    assert.throws(
      () => templatesOf('prod', {}, undefined, {}, { ...stages.prod, brokers: odd }),
      /brokers\.instanceType is 'express\.m9\.large', allowed are express\.m7g\.large, /,
    );
  });

  it('what is published at a paid level only has its alarm where the cluster has that level', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const { EnhancedMonitoring } = resourceOf(template, 'AWS::MSK::Cluster').Properties;
      const paid = alarmsOf(template).filter(({ metrics }) =>
        metrics.some(({ name }) => /ThrottleTime$/.test(name)),
      );
      assert.deepEqual(
        [EnhancedMonitoring, paid.length],
        stage === 'prod' ? ['PER_BROKER', 2] : ['DEFAULT', 0],
      );
    }
  });

  it('an alarm on a misspelt metric, a wrong dimension or the ledger of another stage is found out', async () => {
    const emitted = await emittedBy(groups['billing']!, 'ledger');
    const right = {
      namespace: 'Clickledger',
      name: 'OpenGap',
      dimensions: { service: 'billing', table: 'ledger' },
    };
    const wrong: UsedMetric[] = [
      { ...right, name: 'OpenGaps' },
      { ...right, namespace: 'clickledger' },
      { ...right, dimensions: { service: 'billing' } },
      { ...right, dimensions: { service: 'billing', table: 'other' } },
      { namespace: 'AWS/Lambda', name: 'IteratorAge', dimensions: { FunctionName: 'f' } },
      { namespace: 'AWS/Lambda', name: 'DroppedEventCount', dimensions: { FunctionName: 'f' } },
      {
        namespace: 'AWS/Kafka',
        name: 'EstimatedMaxTimeLag',
        dimensions: { 'Consumer Group': 'g', Topic: 't' },
      },
    ];

    assert.equal(unpublished(right, emitted), undefined);
    for (const metric of wrong) assert.ok(unpublished(metric, emitted), JSON.stringify(metric));
    assert.equal(documented['AWS/Lambda IteratorAge'], undefined);
  });

  it('with on-demand pollers there is no alarm on what only the mapping could count: it would never fire', () => {
    const billing: GroupSpec = { ...groups['billing']!, pollers: { mode: 'on-demand' } };

    const template = templatesOf('prod', { billing }, undefined, {}, reachingLambda('prod')).get(
      'clickledger-prod-billing',
    )!;

    const used = [...alarmsOf(template).flatMap(({ metrics }) => metrics), ...dashboardOf(template).metrics];
    assert.ok(used.every(({ dimensions }) => dimensions['EventSourceMappingUUID'] === undefined));
    const left = namesIn(template);
    assert.deepEqual(left.sort(), groupAlarms.filter((name) => name !== 'dropped').sort());
  });

  it('what cannot be meant is refused, each with what is allowed', () => {
    const refused: [AlarmSpec, RegExp][] = [
      [
        { without: { 'redrive-due': ' ' } },
        /alarms of 'billing': going without the alarm 'redrive-due' has the reason ' ', say it in at least 10/,
      ],
      [
        { without: { 'slo-burn': 'a reason that is long' } as never },
        /alarm 'slo-burn' does not exist for this owner, allowed are slo-fast-burn, /,
      ],
      [{ severities: { age: 'page' } as never }, /alarm 'age' does not exist for this owner/],
      [
        { severities: { dropped: 'panic' } as never },
        /the alarm 'dropped' has the severity 'panic', allowed are page, ticket, notice/,
      ],
      [{ thresholds: { retentionShareMax: 20 } }, /retentionShareMax is 20, allowed are 0\.01 to 0\.99/],
      [{ thresholds: { openMinutesMax: Number.NaN } }, /openMinutesMax is NaN, allowed are 1 to 1440/],
      [{ thresholds: { ageMax: 5 } as never }, /'ageMax' is no threshold, allowed are openMinutesMax, /],
    ];

    for (const [alarms, expected] of refused) assert.throws(() => billingWith(alarms), expected);
  });
});
