import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { contracts } from '../../../../functions/index.ts';
import { aTopic, planOf } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const cluster = (ConfigurationInfo = {}) => ({
  Type: 'AWS::MSK::Cluster',
  Properties: { ClusterName: 'c', KafkaVersion: '4.1.x.kraft', ...ConfigurationInfo },
});

const configuration = (ServerProperties: string) => ({
  Type: 'AWS::MSK::Configuration',
  Properties: { Name: 'c', ServerProperties },
});

const configured = { ConfigurationInfo: { Arn: { 'Fn::GetAtt': ['Configuration', 'Arn'] }, Revision: 1 } };

describe('the contract of a topic', () => {
  const read = (Contract: unknown) =>
    planOf(temporaryFolder({ after }), {
      Resources: {
        Topic: {
          ...aTopic('views'),
          Metadata: { 'aws:cdk:path': 'x', Contract: JSON.parse(JSON.stringify(Contract)) },
        },
      },
    });

  it('is read from the metadata of its resource, as infra/aws writes it', () => {
    const { topics, notes } = read(contracts.ad_impressions);

    const { version, fields } = contracts.ad_impressions;
    const made = JSON.stringify(fields, (name, value) => (name === 'personal' ? undefined : value));
    assert.deepEqual(topics[0]?.contract, { format: 'json', version, fields: JSON.parse(made) });
    assert.deepEqual(notes, []);
  });

  it('is undefined where the template says nothing, and noted where it is unknown here', () => {
    const { topics } = planOf(temporaryFolder({ after }), { Resources: { Topic: aTopic('views') } });
    assert.equal(topics[0]?.contract, undefined);

    const unknown = read({ format: { name: 'avro' }, fields: {} });
    assert.equal(unknown.topics[0]?.contract, undefined);
    assert.deepEqual(unknown.notes, [
      'app Topic: its contract is unknown here, so no records are made for it',
    ]);
  });
});

describe('the brokers of the templates', () => {
  it('have their Kafka version and the settings that a single broker can have', (t) => {
    const Configuration = configuration(
      '# ours\nauto.create.topics.enable=false\nmin.insync.replicas=2\n\nnum.io.threads = 8\nmessage.max.bytes = 2000000',
    );

    const plan = planOf(temporaryFolder(t), { Resources: { Cluster: cluster(configured), Configuration } });

    assert.equal(plan.kafkaVersion, '4.1.x.kraft');
    assert.deepEqual(plan.brokerSettings, {
      'auto.create.topics.enable': 'false',
      'message.max.bytes': '2000000',
    });
    assert.deepEqual(plan.notes, [
      'app Configuration: min.insync.replicas=2 is not imitated by a single broker',
      'app Configuration: num.io.threads=8 is not imitated by a single broker',
    ]);
  });

  it("have Kafka's defaults if their configuration is in no template", (t) => {
    const ConfigurationInfo = { Arn: 'arn:aws:kafka:eu-west-1:1:configuration/other/1', Revision: 1 };

    const plan = planOf(temporaryFolder(t), { Resources: { Cluster: cluster({ ConfigurationInfo }) } });

    assert.deepEqual(plan.brokerSettings, {});
    assert.match(plan.notes[0]!, /^app Cluster: the configuration arn:.*other\/1 is in no template/);
  });

  it('may be absent, as for a serverless cluster', (t) => {
    const plan = planOf(temporaryFolder(t), { Resources: { Topic: aTopic('clicks') } });

    assert.equal(plan.kafkaVersion, undefined);
    assert.deepEqual(plan.brokerSettings, {});
  });

  it('are one broker here, for any number of brokers', (t) => {
    const { notes } = planOf(temporaryFolder(t), { Resources: { One: cluster(), Two: cluster() } });

    assert.deepEqual(notes, [
      'app Two: a second cluster; its topics are on the same broker, which has the settings of app One',
    ]);
  });
});

describe('a topic of the templates', () => {
  it('is planned with its settings, without those that ask for replicas', (t) => {
    const Configs = {
      'Fn::Base64': 'retention.ms=604800000\nmin.insync.replicas=2\nmessage.timestamp.type=LogAppendTime',
    };

    const { topics, notes } = planOf(temporaryFolder(t), {
      Resources: { Topic: aTopic('clicks', { ReplicationFactor: 3, Configs }) },
    });

    assert.deepEqual(topics, [
      {
        name: 'clicks',
        partitions: 3,
        configs: { 'retention.ms': '604800000', 'message.timestamp.type': 'LogAppendTime' },
      },
    ]);
    assert.deepEqual(notes, [
      'app Topic: ReplicationFactor 3 is 1 on a single broker',
      'app Topic: min.insync.replicas=2 is not imitated by a single broker',
    ]);
  });

  it('is read alike if its settings are already encoded', (t) => {
    const Configs = Buffer.from('cleanup.policy=delete').toString('base64');

    const { topics } = planOf(temporaryFolder(t), { Resources: { Topic: aTopic('clicks', { Configs }) } });

    assert.deepEqual(topics[0]?.configs, { 'cleanup.policy': 'delete' });
  });

  it('is refused if another one has its name', (t) => {
    const Resources = { One: aTopic('clicks'), Two: aTopic('clicks') };

    assert.throws(() => planOf(temporaryFolder(t), { Resources }), /app Two: a second topic 'clicks'/);
  });

  it('is refused without partitions', (t) => {
    const Resources = { Topic: aTopic('clicks', { PartitionCount: 0 }) };

    assert.throws(
      () => planOf(temporaryFolder(t), { Resources }),
      /app Topic \(AWS::MSK::Topic\): PartitionCount is 0/,
    );
  });
});
