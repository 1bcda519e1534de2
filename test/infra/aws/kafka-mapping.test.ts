/** The mappings of both groups as Lambda gets them, and that each policy of retrying says all of itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groups } from '../../../functions/index.ts';
import type { GroupSpec } from '../../../shared/group.ts';
import { alarmsOf } from './alarms/watched.ts';
import {
  type CfnTemplate,
  evaluated,
  reachingLambda,
  resourceOf,
  resourcesOf,
  templateOf,
  templatesOf,
} from './templates.ts';

function mappingOf(team: string, given = templateOf('prod', team)) {
  const { Properties, DependsOn } = resourceOf(given, 'AWS::Lambda::EventSourceMapping');
  const { Tags, ...properties } = evaluated(given, Properties);
  return { properties, DependsOn };
}

const common = {
  EventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/clickledger/UUID-1',
  Topics: ['ad_clicks'],
  StartingPosition: 'TRIM_HORIZON',
  Enabled: true,
  BatchSize: 10_000,
  MaximumBatchingWindowInSeconds: 1,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 12 },
  MetricsConfig: { Metrics: ['EventCount', 'ErrorCount', 'KafkaMetrics'] },
  LoggingConfig: { SystemLogLevel: 'INFO' },
};

describe('mapping', () => {
  test('billing: retries without end, of any age, and has nowhere to give up to', () => {
    const { properties } = mappingOf('billing');

    assert.deepEqual(properties, {
      ...common,
      FunctionName: `{${aliasOf('billing')}}`,
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing-service' },
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: false,
    });
  });

  test("fraud: few attempts, an hour at most, cut in two, then whole into the team's own bucket", () => {
    const [[bucket]] = resourcesOf(templateOf('prod', 'fraud'), 'AWS::S3::Bucket') as [[string, unknown]];

    const { properties } = mappingOf('fraud');

    assert.deepEqual(properties, {
      ...common,
      FunctionName: `{${aliasOf('fraud')}}`,
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'fraud-service' },
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 3_600,
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: `{${bucket}.Arn}` } },
    });
  });

  test("groups of dev share event poller units, those of prod don't, and a team's own name comes first", () => {
    const pollerGroup = (stage: 'dev' | 'prod', pollers: object) => {
      const { billing } = groups as { billing: GroupSpec };
      const own = { ...billing, pollers: { ...billing.pollers, ...pollers } } as GroupSpec;
      const template = templatesOf(stage, { billing: own }, {}).get(`clickledger-${stage}-billing`)!;
      return mappingOf('billing', template).properties.ProvisionedPollerConfig.PollerGroupName;
    };

    assert.equal(pollerGroup('dev', {}), 'clickledger-dev');
    assert.equal(pollerGroup('dev', { group: 'billing' }), 'billing');
    assert.equal(pollerGroup('prod', {}), undefined);
    assert.equal(pollerGroup('prod', { group: 'shared' }), 'shared');
  });

  test('a mapping invokes its handler by an alias of its own, of the newest code: whatever comes by another name is not the mapping', () => {
    for (const stage of ['dev', 'prod'] as const) {
      for (const team of Object.keys(groups)) {
        const template = templateOf(stage, team);
        const [[handler]] = resourcesOf(template, 'AWS::Lambda::Function').filter(([id]) =>
          id.startsWith('GroupHandler'),
        ) as [[string, unknown]];
        const { Properties: alias } = resourceOf(template, 'AWS::Lambda::Alias');
        assert.deepEqual(evaluated(template, alias), {
          FunctionName: `{${handler}}`,
          FunctionVersion: '$LATEST',
          Name: 'mapping',
        });
        const { Metrics } = alarmsOf(template).find(({ name }) =>
          name.endsWith('-foreign-writer'),
        )!.properties;
        const watched = Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: unknown } }) =>
          MetricStat === undefined ? [] : [MetricStat.Metric],
        );
        assert.deepEqual(watched, [
          ...[[], [{ Name: 'Resource', Value: `{${handler}}:mapping` }]].map((more) => ({
            ...{ Namespace: 'AWS/Lambda', MetricName: 'Invocations' },
            Dimensions: [{ Name: 'FunctionName', Value: `{${handler}}` }, ...more],
          })),
        ]);
      }
    }
  });

  test('a mapping is made after the rights it is tried with', () => {
    for (const team of Object.keys(groups)) {
      const [policy] = resourcesOf(templateOf('prod', team), 'AWS::IAM::Policy').filter(([id]) =>
        id.startsWith('GroupHandler'),
      );
      assert.ok(mappingOf(team).DependsOn?.includes(policy![0]), team);
    }
  });

  test("a team's batch, pollers and position reach the mapping as it wrote them", () => {
    const { fraud } = groups as { fraud: GroupSpec };
    const changed: GroupSpec = {
      ...fraud,
      batch: { records: 500, windowSeconds: 0 },
      pollers: { min: 2, max: 2, logs: 'WARN', partialResponses: false },
      startingPosition: 'LATEST',
    };

    const template = templatesOf('dev', { fraud: changed }, {}).get('clickledger-dev-fraud')!;
    const { properties } = mappingOf('fraud', template);

    assert.equal(properties.BatchSize, 500);
    assert.equal(properties.MaximumBatchingWindowInSeconds, 0);
    assert.deepEqual(properties.ProvisionedPollerConfig, {
      MinimumPollers: 2,
      MaximumPollers: 2,
      PollerGroupName: 'clickledger-dev',
    });
    assert.deepEqual(properties.LoggingConfig, { SystemLogLevel: 'WARN' });
    assert.deepEqual(properties.FunctionResponseTypes, []);
    assert.equal(properties.StartingPosition, 'LATEST');
    assert.equal(partialResponsesIn(template), 'false');
  });

  test('pollers on demand are refused in a stage from which they reach neither Lambda nor STS', () => {
    const { billing } = groups as { billing: GroupSpec };
    const changed: GroupSpec = { ...billing, batch: { records: 100 }, pollers: { mode: 'on-demand' } };

    assert.throws(() => templatesOf('dev', { billing: changed }, {}), /pollers-reach-lambda/);
    const reached = templatesOf('dev', { billing: changed }, {}, {}, reachingLambda('dev'));
    assert.ok(reached.get('clickledger-dev-billing'));
  });

  test('a mapping with pollers on demand says nothing that only provisioned pollers can do', () => {
    const { billing } = groups as { billing: GroupSpec };
    const changed: GroupSpec = { ...billing, batch: { records: 100 }, pollers: { mode: 'on-demand' } };

    const template = templatesOf('dev', { billing: changed }, {}, {}, reachingLambda('dev')).get(
      'clickledger-dev-billing',
    )!;
    const { properties } = mappingOf('billing', template);

    assert.deepEqual(properties, {
      FunctionName: `{${aliasOf('billing')}}`,
      EventSourceArn: common.EventSourceArn,
      Topics: common.Topics,
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing-service' },
      StartingPosition: 'TRIM_HORIZON',
      Enabled: true,
      BatchSize: 100,
    });
    assert.equal(partialResponsesIn(template), 'false');
  });

  test('a deployment on the way to another mapping has none, and all else', () => {
    const whole = templateOf('dev', 'fraud');
    const without = templatesOf('dev', groups, undefined, { withoutMapping: 'fraud' });

    const missing = Object.entries(whole.Resources).filter(
      ([id]) => without.get('clickledger-dev-fraud')!.Resources[id] === undefined,
    );
    assert.deepEqual(
      missing.map(([, { Type }]) => Type),
      ['AWS::Lambda::EventSourceMapping'],
    );
    assert.deepEqual(without.get('clickledger-dev-billing'), templateOf('dev', 'billing'));
    assert.throws(() => templatesOf('dev', groups, undefined, { withoutMapping: 'fruad' }), {
      message: `withoutMapping names 'fruad', allowed are ${Object.keys(groups).join(', ')}, separated by commas`,
    });
  });
});

function partialResponsesIn(template: CfnTemplate): unknown {
  const { Properties } = resourceOf(template, 'AWS::Lambda::Function', 'GroupHandler');
  return Properties.Environment.Variables.PARTIAL_RESPONSES;
}

/** `Ref` of an alias is its ARN. */
function aliasOf(team: string): string {
  const [[alias]] = resourcesOf(templateOf('prod', team), 'AWS::Lambda::Alias') as [[string, unknown]];
  return alias;
}
