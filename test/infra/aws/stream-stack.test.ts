/** The stream's stack: what stays, who gets in, what it publishes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type StageName, stages } from '../../../infra/aws/stages.ts';
import { evaluated, resourceOf, resourcesOf, templateOf } from './templates.ts';

const stageNames = Object.keys(stages) as StageName[];

describe('stream stack', () => {
  test('neither the topic nor its brokers, their configuration or their key go with the stack', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      for (const type of [
        'AWS::MSK::Topic',
        'AWS::MSK::Cluster',
        'AWS::MSK::Configuration',
        'AWS::KMS::Key',
      ]) {
        const { DeletionPolicy, UpdateReplacePolicy } = resourceOf(template, type);
        assert.deepEqual({ DeletionPolicy, UpdateReplacePolicy }, retained, `${type} in ${stage}`);
      }
    }
  });

  test('the topic is the one of the stage, made once its cluster stands', () => {
    for (const stage of stageNames) {
      const { ClusterArn, TopicName, PartitionCount } = resourceOf(
        templateOf(stage, 'stream'),
        'AWS::MSK::Topic',
      ).Properties;
      assert.deepEqual(ClusterArn, { 'Fn::GetAtt': ['Cluster', 'Arn'] });
      assert.equal(TopicName, stages[stage].topic.name);
      assert.equal(PartitionCount, stages[stage].topic.partitions);
    }
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

  test("only members of the brokers' own group get in, on the IAM listener", () => {
    const template = templateOf('prod', 'stream');

    const group = resourceOf(template, 'AWS::EC2::SecurityGroup').Properties;
    const ingress = evaluated(template, resourceOf(template, 'AWS::EC2::SecurityGroupIngress').Properties);
    const egress = evaluated(template, resourceOf(template, 'AWS::EC2::SecurityGroupEgress').Properties);

    assert.equal(group.SecurityGroupIngress, undefined);
    assert.equal(ingress.SourceSecurityGroupId, ingress.GroupId);
    assert.deepEqual([ingress.FromPort, ingress.ToPort], [9098, 9098]);
    assert.equal(egress.DestinationSecurityGroupId, egress.GroupId);
    assert.deepEqual([egress.FromPort, egress.ToPort], [9098, 9098]);
    assert.deepEqual(
      group.SecurityGroupEgress.map(({ ToPort }: { ToPort: number }) => ToPort),
      [443],
    );
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

  test('groups find in published parameters what they need to know of the topic', () => {
    for (const stage of stageNames) {
      const template = templateOf(stage, 'stream');
      const { topic } = stages[stage];
      const published = resourcesOf(template, 'AWS::SSM::Parameter').map(([, { Properties }]) => [
        Properties.Name,
        evaluated(template, Properties.Value),
      ]);
      assert.deepEqual(Object.fromEntries(published), {
        [`/clickledger/${stage}/ad_clicks/cluster-arn`]: '{Cluster.Arn}',
        [`/clickledger/${stage}/ad_clicks/cluster-name`]: `clickledger-${stage}`,
        [`/clickledger/${stage}/ad_clicks/incarnation`]: String(topic.incarnation),
        [`/clickledger/${stage}/ad_clicks/partitions`]: String(topic.partitions),
        [`/clickledger/${stage}/ad_clicks/retention-hours`]: String(topic.retentionHours),
      });
    }
  });
});

const retained = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
