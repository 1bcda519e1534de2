/**
 * The stream's stack: brokers and the topic, which no team owns. It publishes what groups have to know, and knows no group.
 *
 * Cluster, topic, configuration and key stay when the stack goes or replaces them: removing the topic's resource would
 * delete the topic (from the CloudFormation schema of AWS::MSK::Topic), and with it clicks that nobody has counted yet.
 * MSK changes either partitions or settings of a topic in one call (AWS MSK docs: msk-update-topic), so a deployment changes
 * one of them. What each guarantee rests on is a table in broker-settings.ts.
 */
import { CfnCluster, CfnConfiguration, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { watchStream } from './alarms/watch-stream.ts';
import { brokerSettings, propertyLines, REPLICAS, topicSettings } from './broker-settings.ts';
import { dataKey, logGroup } from './data-key.ts';
import { clusterName, logGroupPrefix, type TopicFact, topicPath } from './published.ts';
import { type StageConfig, type StageName, stages } from './stages.ts';
import { StreamNetwork } from './stream-network.ts';

export interface StreamStackProps extends StackProps {
  readonly stage: StageName;
}

export class StreamStack extends Stack {
  constructor(scope: Construct, id: string, props: StreamStackProps) {
    super(scope, id, props);
    const { stage } = props;
    const logs = { prefix: logGroupPrefix(stage, 'stream'), retention: stages[stage].logDays };
    const key = dataKey(this, 'Key', `clickledger ${stage}: data of stream`, logs);
    const network = new StreamNetwork(this, 'Network', logGroup(this, 'FlowLogs', 'network', key, logs));
    const cluster = this.addCluster(stages[stage], {
      clusterName: clusterName(stage),
      network,
      keyArn: key.keyArn,
      logGroupName: logGroup(this, 'BrokerLogs', 'brokers', key, logs).logGroupName,
    });
    this.addTopic(stages[stage], cluster);
    this.publish(stage, cluster);
    watchStream(this, { ownership: { stage, owner: 'stream' }, config: stages[stage], key });
  }

  /** Without an account CDK plans for two zones; Express brokers want three (AWS MSK docs: msk-broker-types-express). */
  override get availabilityZones(): string[] {
    return [0, 1, 2].map((index) => Fn.select(index, Fn.getAzs()));
  }

  private addCluster(config: StageConfig, surroundings: Surroundings): CfnCluster {
    const { clusterName, network, keyArn, logGroupName } = surroundings;
    const { brokers, kafkaVersion } = config;
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName,
      kafkaVersion,
      numberOfBrokerNodes: brokers.count,
      brokerNodeGroupInfo: {
        instanceType: brokers.instanceType,
        clientSubnets: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
        securityGroups: [network.securityGroupId],
        ...(brokers.type === 'standard' && {
          storageInfo: { ebsStorageInfo: { volumeSize: brokers.volumeGib } },
        }),
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: keyArn },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      configurationInfo: this.addConfiguration(clusterName, brokers.type),
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logGroupName } } },
      // The free level has the lag per group and topic (AWS MSK docs: consumer-lag).
      enhancedMonitoring: 'DEFAULT',
    });
    cluster.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return cluster;
  }

  /** No list of Kafka versions: a change of it would replace the configuration under a name that is still taken. */
  private addConfiguration(name: string, type: StageConfig['brokers']['type']) {
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name,
      description: 'What the ledgers rest on',
      serverProperties: propertyLines(brokerSettings(type)),
    });
    configuration.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision };
  }

  private addTopic({ brokers, topic }: StageConfig, cluster: CfnCluster): void {
    const resource = new CfnTopic(this, 'Topic', {
      clusterArn: cluster.attrArn,
      topicName: topic.name,
      partitionCount: topic.partitions,
      replicationFactor: REPLICAS,
      configs: Fn.base64(propertyLines(topicSettings(brokers.type, topic))),
    });
    resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }

  private publish(stage: StageName, cluster: CfnCluster): void {
    const { topic } = stages[stage];
    const publish = (id: string, fact: TopicFact, stringValue: string) =>
      new StringParameter(this, id, { parameterName: topicPath(stage, topic.name, fact), stringValue });
    publish('ClusterArn', 'cluster-arn', cluster.attrArn);
    publish('ClusterName', 'cluster-name', cluster.clusterName);
    publish('Incarnation', 'incarnation', String(topic.incarnation));
    publish('Partitions', 'partitions', String(topic.partitions));
    publish('RetentionHours', 'retention-hours', String(topic.retentionHours));
  }
}

interface Surroundings {
  readonly clusterName: string;
  readonly network: StreamNetwork;
  readonly keyArn: string;
  readonly logGroupName: string;
}
