import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { JsonObject } from '../../../../infra/local/template/cloud-assembly.ts';
import type { PlannedMapping } from '../../../../infra/local/template/planned.ts';
import { aFunction, aMapping, aTopic, planOf } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const pollers = { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3 } };

function planWith(t: TestContext, options: JsonObject) {
  const Resources = { Topic: aTopic('clicks'), Handler: aFunction(), Mapping: aMapping(options) };
  return planOf(temporaryFolder(t), { Resources });
}

function mappingWith(t: TestContext, options: JsonObject): PlannedMapping {
  const [mapping] = planWith(t, options).mappings;
  assert.ok(mapping);
  return mapping;
}

describe('a mapping of the templates', () => {
  it("has Lambda's defaults", (t) => {
    const mapping = mappingWith(t, {});

    assert.match(mapping.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(mapping, {
      id: mapping.id,
      stack: 'app',
      logicalId: 'Mapping',
      functionId: 'app/Handler',
      topic: 'clicks',
      sourceArn: 'arn:aws:kafka:eu-west-1:1:cluster/c/1',
      groupId: mapping.id,
      batchSize: 100,
      windowMs: 500,
      startingPosition: { from: 'TRIM_HORIZON' },
      partialResponses: false,
      retryAttempts: -1,
      maxAgeSeconds: -1,
      destination: undefined,
      bisect: false,
      pollers: undefined,
      filters: [],
      enabled: true,
    });
  });

  it('is planned with its own properties', (t) => {
    const mapping = mappingWith(t, {
      ...pollers,
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'billing-service' },
      BatchSize: '10000',
      MaximumBatchingWindowInSeconds: 0,
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: 1_750_000_000,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 3600,
      BisectBatchOnFunctionError: 'true',
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::discarded' } },
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"v":[1]}}' }] },
      Enabled: false,
    });

    assert.equal(mapping.groupId, 'billing-service');
    assert.equal(mapping.batchSize, 10_000);
    assert.equal(mapping.windowMs, 0);
    assert.deepEqual(mapping.startingPosition, { from: 'AT_TIMESTAMP', timestampMs: 1_750_000_000_000 });
    assert.equal(mapping.partialResponses, true);
    assert.equal(mapping.retryAttempts, 3);
    assert.equal(mapping.maxAgeSeconds, 3600);
    assert.equal(mapping.bisect, true);
    assert.equal(mapping.destination, 'arn:aws:s3:::discarded');
    assert.deepEqual(mapping.pollers, { min: 1, max: 3 });
    assert.deepEqual(mapping.filters, ['{"value":{"v":[1]}}']);
    assert.equal(mapping.enabled, false);
  });

  it('with endless retries has 10 retries if it has a destination', (t) => {
    const OnFailure = { Destination: 'arn:aws:sqs:eu-west-1:1:discarded' };

    const mapping = mappingWith(t, {
      ...pollers,
      MaximumRetryAttempts: -1,
      DestinationConfig: { OnFailure },
    });

    assert.equal(mapping.retryAttempts, 10);
  });

  it('is on-demand with an empty poller configuration, and has defaults with half of one', (t) => {
    assert.equal(mappingWith(t, { ProvisionedPollerConfig: {} }).pollers, undefined);
    assert.deepEqual(mappingWith(t, { ProvisionedPollerConfig: { MinimumPollers: 5 } }).pollers, {
      min: 5,
      max: 200,
    });
  });

  it('keeps its id and its group across starts, and differs from other mappings', (t) => {
    const once = mappingWith(t, {});
    const again = mappingWith(t, { BatchSize: 5 });
    const Resources = { Topic: aTopic('clicks'), Handler: aFunction(), Other: aMapping() };
    const [other] = planOf(temporaryFolder(t), { Resources }).mappings;

    assert.equal(again.id, once.id);
    assert.notEqual(other?.id, once.id);
  });

  it('finds its function by name, by ARN and by an alias of it', (t) => {
    const Live = {
      Type: 'AWS::Lambda::Alias',
      Properties: { FunctionName: { Ref: 'Handler' }, Name: 'live' },
    };
    for (const FunctionName of [
      { Ref: 'Handler' },
      { 'Fn::GetAtt': ['Handler', 'Arn'] },
      { Ref: 'Live' },
      'app-Handler:live',
    ]) {
      const Resources = {
        Topic: aTopic('clicks'),
        Handler: aFunction(),
        Live,
        Mapping: aMapping({ FunctionName }),
      };

      const [mapping] = planOf(temporaryFolder(t), { Resources }).mappings;

      assert.equal(mapping?.functionId, 'app/Handler');
    }
  });

  it('has no note if all its properties are followed', (t) => {
    const options = {
      ...pollers,
      BatchSize: 100,
      MaximumRetryAttempts: -1,
      BisectBatchOnFunctionError: true,
    };

    const { notes } = planWith(t, options);

    assert.deepEqual(notes, []);
  });

  it('is noted for each property that is not followed, and for a time that its position does not use', (t) => {
    const { notes } = planWith(t, {
      ProvisionedPollerConfig: { MinimumPollers: 1, PollerGroupName: 'shared' },
      MetricsConfig: { Metrics: ['EventCount'] },
      TumblingWindowInSeconds: 60,
      ParallelizationFactor: 2,
      SourceAccessConfigurations: [],
      StartingPositionTimestamp: 1_750_000_000,
    });

    assert.deepEqual(notes, [
      'app Mapping: not followed here: ProvisionedPollerConfig.PollerGroupName, MetricsConfig, TumblingWindowInSeconds, ParallelizationFactor, SourceAccessConfigurations, StartingPositionTimestamp',
    ]);
  });

  it('knows exactly the properties that CDK knows', (t) => {
    const source = readFileSync(
      new URL('../../../../node_modules/aws-cdk-lib/aws-lambda/lib/lambda.generated.d.ts', import.meta.url),
      'utf8',
    );
    const [props = ''] = /interface CfnEventSourceMappingProps [\s\S]*?\n}/.exec(source) ?? [];
    const ofCdk = Array.from(props.matchAll(/readonly (\w+)\??:/g), ([, name = '']) =>
      name === 'documentDbEventSourceConfig'
        ? 'DocumentDBEventSourceConfig'
        : name[0]?.toUpperCase() + name.slice(1),
    );

    assert.ok(ofCdk.length > 20);
    assert.throws(
      () => planWith(t, { Misspelt: 1 }),
      (error: Error) => {
        const [, listed = ''] = /allowed are (.*)$/.exec(error.message) ?? [];
        assert.deepEqual(listed.split(', ').sort(), ofCdk.sort());
        return true;
      },
    );
  });

  it('is noted for settings that AWS documents only for provisioned pollers', (t) => {
    const { notes } = planWith(t, { FunctionResponseTypes: ['ReportBatchItemFailures'] });

    assert.deepEqual(notes, [
      'app Mapping: AWS documents FunctionResponseTypes only for mappings with ProvisionedPollerConfig',
    ]);
  });

  it('is noted if Lambda makes 10 of endless retries, and if its filters need a higher quota', (t) => {
    const { notes } = planWith(t, {
      ...pollers,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
      FilterCriteria: { Filters: Array(6).fill({ Pattern: '{}' }) },
    });

    assert.deepEqual(notes, [
      'app Mapping: endless retries with a destination become 10, as on AWS',
      'app Mapping: has 6 filters; on AWS more than 5 need a higher quota',
    ]);
  });

  it('is noted if it shares its group with another', (t) => {
    const grouped = aMapping({ AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' } });
    const Resources = { Topic: aTopic('clicks'), Handler: aFunction(), One: grouped, Two: grouped };

    const { notes } = planOf(temporaryFolder(t), { Resources });

    assert.deepEqual(notes, [
      "app Two: shares the group 'g' with One; on AWS each mapping needs its own group",
    ]);
  });

  it('is noted and left out if it has another event source', (t) => {
    const Queue = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { FunctionName: 'x', EventSourceArn: 'arn:aws:sqs:eu-west-1:1:q' },
    };

    const { mappings, notes } = planOf(temporaryFolder(t), { Resources: { Queue } });

    assert.deepEqual(mappings, []);
    assert.deepEqual(notes, ['app Queue: its event source is not a Kafka topic, and is not imitated']);
  });

  const refusals: readonly (readonly [string, JsonObject, RegExp])[] = [
    [
      'reads a topic that no template creates',
      { Topics: ['other'] },
      /app Mapping\.Topics: is 'other', which no AWS::MSK::Topic/,
    ],
    [
      'runs a function that no template creates',
      { FunctionName: 'other' },
      /is 'other', which no template creates/,
    ],
    [
      'asks for a schema registry',
      { AmazonManagedKafkaEventSourceConfig: { SchemaRegistryConfig: {} } },
      /SchemaRegistryConfig: is not imitated/,
    ],
    ['reads a self-managed cluster', { SelfManagedEventSource: {} }, /only mappings of an MSK cluster/],
    [
      'discards into a topic that is not there',
      { DestinationConfig: { OnFailure: { Destination: 'kafka://lost' } } },
      /'kafka:\/\/lost', a topic that no template creates/,
    ],
    [
      'discards into the topic that it reads',
      { DestinationConfig: { OnFailure: { Destination: 'kafka://clicks' } } },
      /the topic that the mapping reads/,
    ],
    [
      'discards into a queue that Lambda does not support',
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:1:q.fifo' } } },
      /FIFO queues and topics are not supported/,
    ],
    [
      'discards into something else',
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:lambda:eu-west-1:1:function:f' } } },
      /allowed are kafka:\/\/<topic> and the ARN of an S3 bucket/,
    ],
    [
      'filters by what Kafka mappings do not',
      { FilterCriteria: { Filters: [{ Pattern: '{"key":["k"]}' }] } },
      /FilterCriteria: the pattern .* filters by 'key'; Kafka mappings filter by 'value' only/,
    ],
    [
      'has more filters than any quota allows',
      { FilterCriteria: { Filters: Array(11).fill({ Pattern: '{}' }) } },
      /has 11 filters; Lambda allows 5, or 10 with a higher quota/,
    ],
    [
      'starts at no position',
      { StartingPosition: 'NOW' },
      /StartingPosition is "NOW" and must be TRIM_HORIZON/,
    ],
    [
      'starts at a time that it does not give',
      { StartingPosition: 'AT_TIMESTAMP' },
      /StartingPositionTimestamp: is missing/,
    ],
    [
      'starts at a time in milliseconds',
      { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_686_000_000_000 },
      /StartingPositionTimestamp is 1686000000000 and must be .* in seconds since 1970, not in milliseconds/,
    ],
    [
      'starts at a time to come',
      { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: Math.ceil(Date.now() / 1000) + 600 },
      /StartingPositionTimestamp is \d+ and must be .* not in the future/,
    ],
    [
      'starts at an empty time',
      { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: '' },
      /StartingPositionTimestamp is "" and must be a time in the past/,
    ],
    ['gives an empty number', { BatchSize: '' }, /BatchSize is "" and must be a whole number from 1/],
    [
      'has a misspelt property',
      { SelfManagedKafkaConfig: { ConsumerGroupId: 'g' } },
      /app Mapping\.SelfManagedKafkaConfig: is not a property of an event source mapping; allowed are Amazon/,
    ],
    [
      'has a misspelt property inside another',
      { AmazonManagedKafkaEventSourceConfig: { GroupId: 'g' } },
      /AmazonManagedKafkaEventSourceConfig\.GroupId: is not a property .* ConsumerGroupId, SchemaRegistryConfig/,
    ],
    [
      'asks for too large a batch',
      { BatchSize: 10_001 },
      /BatchSize is 10001 and must be a whole number from 1 to 10000/,
    ],
    [
      'gives an age that Lambda refuses',
      { MaximumRecordAgeInSeconds: 30 },
      /MaximumRecordAgeInSeconds is 30 and must be -1 or from 60/,
    ],
    ['names two topics', { Topics: ['clicks', 'more'] }, /must name exactly one topic/],
  ];
  for (const [what, options, message] of refusals) {
    it(`is refused if it ${what}`, (t) => {
      assert.throws(() => planWith(t, options), message);
    });
  }
});
