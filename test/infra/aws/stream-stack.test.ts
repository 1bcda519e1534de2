/** The stream's stack: what stays, who gets in, what it publishes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkConfig } from '../../../infra/aws/stage-network.ts';
import { type StageConfig, type StageName, stages } from '../../../infra/aws/stages.ts';
import {
  type CfnTemplate,
  evaluated,
  resourceOf,
  resourcesOf,
  templateOf,
  templatesOf,
} from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];
const wanted = [
  'VpcId',
  'VpcCidr',
  'SubnetIds',
  'RouteTableIds',
  'BrokerSecurityGroupId',
  'MskClusterArn',
  'BootstrapBrokersCommand',
];

/** The template of dev's stream with another network. */
function streamOf(network: NetworkConfig): CfnTemplate {
  const templates = templatesOf('dev', {}, {}, {}, { ...stages.dev, network });
  return templates.get('clickledger-dev-stream')!;
}

function brokersOf(template: CfnTemplate): string {
  const { GroupId } = resourceOf(template, 'AWS::EC2::SecurityGroupIngress', 'NetworkFromPollers').Properties;
  return evaluated(template, GroupId);
}

describe('stream stack', () => {
  test('neither the topic nor its brokers, their configuration or their key go with the stack, except where the stage keeps nothing', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const types = ['AWS::MSK::Topic', 'AWS::MSK::Cluster', 'AWS::MSK::Configuration', 'AWS::KMS::Key'];
      const keeping = types.flatMap((type) => resourcesOf(template, type));
      assert.equal(keeping.length, stages[stage].topics.length + 3);
      for (const [type, { DeletionPolicy, UpdateReplacePolicy }] of keeping) {
        const expected = stage === 'prod' ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete'];
        assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], expected, `${type} in ${stage}`);
      }
    }
  });

  test('the topics are those of the stage, each created after its cluster, with its own partitions, retention and contract', () => {
    for (const stage of stageNames) {
      const created = resourcesOf(templateOf(stage, 'stream'), 'AWS::MSK::Topic').map(
        ([, { Properties, Metadata }]) => ({
          cluster: Properties.ClusterArn,
          name: Properties.TopicName,
          partitions: Properties.PartitionCount,
          retention: /^retention\.ms=(\d+)$/m.exec(Properties.Configs['Fn::Base64'])?.[1],
          contract: Metadata?.['Contract'],
        }),
      );
      const wanted = stages[stage].topics.map(({ name, partitions, retentionHours, contract }) => ({
        cluster: { 'Fn::GetAtt': ['Cluster', 'Arn'] },
        ...{ name, partitions, retention: String(retentionHours * 3_600_000) },
        contract,
      }));
      assert.deepEqual(created, wanted);
    }
    assert.deepEqual(
      stages.dev.topics.map(({ name }) => name),
      ['ad_clicks', 'ad_impressions'],
    );
  });

  test('no topic and no parameter gets another logical id by a topic beside it, or by another order', () => {
    const [clicks, ...others] = stages.dev.topics;
    const orders = { ...clicks, name: 'orders.v1' };
    const idsOf = (topics: StageConfig['topics']) => {
      const template = templatesOf('dev', {}, {}, {}, { ...stages.dev, topics }).get(
        'clickledger-dev-stream',
      )!;
      return Object.fromEntries(
        ['AWS::MSK::Topic', 'AWS::SSM::Parameter'].flatMap((type) =>
          resourcesOf(template, type).map(([id, { Properties }]) => [
            Properties.TopicName ?? Properties.Name,
            id,
          ]),
        ),
      );
    };
    const alone = idsOf([clicks]);
    const both = idsOf(stages.dev.topics);

    assert.equal(alone['ad_clicks'], 'Topic');
    assert.equal(alone['/clickledger/dev/ad_clicks/incarnation'], 'IncarnationBB19E314');
    assert.equal(Object.keys(both).length, Object.keys(alone).length + 7);
    assert.deepEqual({ ...both, ...alone }, both);
    const turned = idsOf([orders, ...others, clicks]);
    assert.deepEqual({ ...turned, ...both }, turned);
  });

  test('topics that Kafka would refuse, or that have no sound contract, are refused at synthesis, all at once', () => {
    const [clicks] = stages.dev.topics;
    const topics: StageConfig['topics'] = [
      clicks,
      { ...clicks, partitions: 0 },
      { ...clicks, name: 'a/b', contract: { format: 'json', fields: {} } },
    ];
    assert.throws(() => templatesOf('dev', {}, {}, {}, { ...stages.dev, topics }), {
      message: [
        "stage 'dev': topic 'ad_clicks' is there beside 'ad_clicks', allowed are names that differ in more than '.' and '_'",
        "stage 'dev': partitions of topic 'ad_clicks' is 0, allowed is a whole number from 1 to 100000",
        "stage 'dev': contract of topic 'a/b': fields is {}, allowed are 1 to 100 fields by name",
        "stage 'dev': topic 'a/b' has a name that is not allowed: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'",
      ].join('\n'),
    });
  });

  test('brokers take IAM credentials over TLS and nothing else, and keep data under the own key', () => {
    for (const stage of stageNames) {
      const cluster = resourceOf(templateOf(stage, 'stream'), 'AWS::MSK::Cluster').Properties;
      assert.deepEqual(cluster.ClientAuthentication, {
        Sasl: { Iam: { Enabled: true } },
        Unauthenticated: { Enabled: false },
      });
      assert.deepEqual(cluster.EncryptionInfo.EncryptionInTransit, { ClientBroker: 'TLS', InCluster: true });
      assert.match(cluster.EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId['Fn::GetAtt'][0], /^Key/);
      assert.equal(cluster.LoggingInfo.BrokerLogs.CloudWatchLogs.Enabled, true);
    }
  });

  test('storage is sized for Standard brokers, and never mentioned to Express brokers', () => {
    for (const stage of stageNames) {
      const { brokers } = stages[stage];
      const info = resourceOf(templateOf(stage, 'stream'), 'AWS::MSK::Cluster').Properties
        .BrokerNodeGroupInfo;
      const expected =
        brokers.type === 'standard' ? { EBSStorageInfo: { VolumeSize: brokers.volumeGib } } : undefined;
      assert.deepEqual(info.StorageInfo, expected);
    }
  });

  test('brokers stand in three isolated subnets of three zones, without a way to the internet', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const zones = resourcesOf(template, 'AWS::EC2::Subnet').map(
        ([, { Properties }]) => Properties.AvailabilityZone['Fn::Select'][0],
      );
      assert.deepEqual(zones, [0, 1, 2]);
      for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway', 'AWS::EC2::Route'])
        assert.deepEqual(resourcesOf(template, type), []);
      assert.equal(resourcesOf(template, 'AWS::EC2::FlowLog').length, 1);
    }
  });

  test("without clients only members of the brokers' own group get in, on the IAM listener", () => {
    const template = templateOf('prod', 'stream');

    const group = resourceOf(template, 'AWS::EC2::SecurityGroup').Properties;
    const ingress = evaluated(template, resourceOf(template, 'AWS::EC2::SecurityGroupIngress').Properties);

    assert.equal(group.SecurityGroupIngress, undefined);
    assert.equal(ingress.SourceSecurityGroupId, ingress.GroupId);
    assert.deepEqual([ingress.FromPort, ingress.ToPort], [9098, 9098]);
    assert.deepEqual(resourcesOf(template, 'AWS::EC2::SecurityGroupEgress'), []);
    assert.deepEqual(
      group.SecurityGroupEgress.map(({ CidrIp, FromPort, ToPort }: Record<string, unknown>) => [
        CidrIp,
        FromPort,
        ToPort,
      ]),
      [
        ['0.0.0.0/0', 443, 443],
        [stages.prod.network.cidr, 9098, 9098],
      ],
    );
  });

  test('each client of the stage gets in on the IAM listener and nowhere else, by a rule of its own', () => {
    const template = streamOf({
      ...stages.dev.network,
      clients: [
        { cidr: '10.60.0.0/20', description: 'Web servers' },
        { securityGroupId: 'sg-0123456789abcdef0', account: '444455556666', description: 'Replay tool' },
      ],
    });

    const rules = resourcesOf(template, 'AWS::EC2::SecurityGroupIngress').map(([, { Properties }]) => {
      const { GroupId, IpProtocol, FromPort, ToPort, ...from } = evaluated(template, Properties);
      assert.deepEqual([GroupId, IpProtocol, FromPort, ToPort], [brokersOf(template), 'tcp', 9098, 9098]);
      return from;
    });

    assert.deepEqual(rules, [
      { SourceSecurityGroupId: brokersOf(template), Description: 'Pollers to brokers' },
      { CidrIp: '10.60.0.0/20', Description: 'Web servers' },
      {
        SourceSecurityGroupId: 'sg-0123456789abcdef0',
        SourceSecurityGroupOwnerId: '444455556666',
        Description: 'Replay tool',
      },
    ]);
  });

  test('zones can be chosen by id, and addresses by stage', () => {
    const template = streamOf({
      cidr: '10.9.0.0/18',
      zones: ['euw1-az1', 'euw1-az2', 'euw1-az3'],
      clients: [],
    });

    const subnets = resourcesOf(template, 'AWS::EC2::Subnet').map(([, { Properties }]) => Properties);

    assert.deepEqual(
      subnets.map(({ AvailabilityZoneId, AvailabilityZone }) => [AvailabilityZoneId, AvailabilityZone]),
      [
        ['euw1-az1', undefined],
        ['euw1-az2', undefined],
        ['euw1-az3', undefined],
      ],
    );
    assert.deepEqual(
      subnets.map(({ CidrBlock }) => CidrBlock),
      ['10.9.0.0/24', '10.9.1.0/24', '10.9.2.0/24'],
    );
  });

  test('a network that can not be is refused in a sentence', () => {
    assert.throws(
      () => streamOf({ cidr: '10.42.0.0/24', clients: [{ cidr: '0.0.0.0/0', description: 'x' }] }),
      /^Error: stage 'dev': network\.cidr is '10\.42\.0\.0\/24', .*\nstage 'dev': network\.clients has '0\.0\.0\.0\/0'/,
    );
  });

  test('a network team finds all that routes and rules need in the outputs', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const outputs = Object.entries(template.Outputs ?? {}).map(
        ([name, { Value }]) => [name, evaluated(template, Value)] as const,
      );
      const own = Object.fromEntries(outputs.filter(([name]) => wanted.includes(name)));
      assert.deepEqual(Object.keys(own).sort(), [...wanted].sort());
      assert.equal(own['RouteTableIds'].split(',').length, 3);
      assert.equal(own['SubnetIds'].split(',').length, 3);
      assert.equal(own['BrokerSecurityGroupId'], brokersOf(template));
      assert.match(
        own['BootstrapBrokersCommand'],
        /^aws kafka get-bootstrap-brokers --cluster-arn \{Cluster\.Arn\} /,
      );
    }
  });

  test('by the endpoint of S3 records leave for buckets of this account, and nothing comes in', () => {
    const template = templateOf('prod', 'stream');

    const [statement] = evaluated(
      template,
      resourceOf(template, 'AWS::EC2::VPCEndpoint').Properties.PolicyDocument.Statement,
    );

    assert.deepEqual(statement.Action, ['s3:ListBucket', 's3:PutObject']);
    assert.deepEqual(statement.Condition, { StringEquals: { 'aws:ResourceAccount': '111122223333' } });
  });

  test('groups find in published parameters what they need to know of each topic', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const published = resourcesOf(template, 'AWS::SSM::Parameter').map(([, { Properties }]) => [
        Properties.Name,
        evaluated(template, Properties.Value),
      ]);
      const networkFacts = Object.fromEntries(
        published.filter(([name]) => name.startsWith(`/clickledger/${stage}/network/`)),
      );
      assert.equal(Object.keys(networkFacts).length, 4);
      assert.deepEqual(Object.fromEntries(published), {
        ...Object.assign(
          {},
          ...stages[stage].topics.map(({ name, incarnation, partitions, retentionHours }) => ({
            [`/clickledger/${stage}/${name}/cluster-arn`]: '{Cluster.Arn}',
            [`/clickledger/${stage}/${name}/cluster-name`]: `clickledger-${stage}`,
            [`/clickledger/${stage}/${name}/incarnation`]: String(incarnation),
            [`/clickledger/${stage}/${name}/log`]: 'unsaid',
            [`/clickledger/${stage}/${name}/partitions`]: String(partitions),
            [`/clickledger/${stage}/${name}/retention-hours`]: String(retentionHours),
          })),
        ),
        ...networkFacts,
      });
    }
  });
});
