/**
 * The stream's stack: brokers and the topics, which no team owns. It publishes what groups need, and knows no group.
 *
 * Unless the stage says otherwise, cluster, topics, configuration and key are kept when the stack is deleted or replaces them: removing a
 * topic's resource would delete the topic (CloudFormation schema of AWS::MSK::Topic), and with it clicks that are not counted yet. MSK
 * changes either partitions or settings of a topic in one call (AWS MSK docs: msk-update-topic), so a deployment changes one of them. The
 * table in broker-settings.ts says which setting each guarantee needs.
 */
import { CfnCluster, CfnConfiguration, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { CfnOutput, Fn, type RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  formatClusterName,
  formatLogGroupPrefix,
  formatNetworkPath,
  formatTopicPath,
  type TopicFact,
} from '../../shared/published.ts';
import { watchStream } from './alarms/stream-alarms.ts';
import {
  buildBrokerSettings,
  buildTopicSettings,
  formatProperties,
  listTopicFaults,
  REPLICAS,
} from './broker-settings.ts';
import { createDataKey, createLogGroup } from './data-key.ts';
import { listNetworkFaults } from './stage-network.ts';
import type { StageConfig, StageName, TopicConfig } from './stages.ts';
import { StreamNetwork } from './stream-network.ts';

interface StreamStackProps extends StackProps {
  readonly stage: StageName;
  readonly config: StageConfig;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Its resources have logical ids without a topic's name, since it was the only topic once: another id would replace the topic, and lose
 * its records. Every other topic's ids contain its name, so the order of a stage's topics means nothing.
 */
const FIRST_TOPIC = 'ad_clicks';

export class StreamStack extends Stack {
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: StreamStackProps) {
    super(scope, id, props);
    const { stage, config } = props;
    const faults = [...listNetworkFaults(config.network), ...listTopicFaults(config.topics)];
    if (faults.length > 0) throw new Error(faults.map((fault) => `stage '${stage}': ${fault}`).join('\n'));
    this.removalPolicy = props.removalPolicy;
    const logs = {
      prefix: formatLogGroupPrefix(stage, 'stream'),
      retention: config.logDays,
      removalPolicy: this.removalPolicy,
    };
    const key = createDataKey(this, 'Key', `clickledger ${stage}: data of stream`, logs, this.removalPolicy);
    const flowLogs = createLogGroup(this, 'FlowLogs', 'network', key, logs);
    const network = new StreamNetwork(this, 'Network', config.network, flowLogs);
    const cluster = this.addCluster(config, {
      clusterName: formatClusterName(stage),
      network,
      keyArn: key.keyArn,
      logGroupName: createLogGroup(this, 'BrokerLogs', 'brokers', key, logs).logGroupName,
    });
    for (const topic of config.topics) {
      const place = topic.name === FIRST_TOPIC ? this : new Construct(this, `Other-${topic.name}`);
      this.addTopic(place, config.brokers.type, topic, cluster);
      publishTopic(place, stage, topic, cluster);
    }
    this.publishNetwork(stage, network, cluster);
    watchStream(this, { ownership: { stage, owner: 'stream' }, config, key });
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
      // The free level has the lag per group and topic (AWS MSK docs: consumer-lag); what Express brokers throttle needs the next one,
      // about ten dollars a month and broker (AWS MSK docs: metrics-details-express).
      enhancedMonitoring: brokers.type === 'express' ? 'PER_BROKER' : 'DEFAULT',
    });
    cluster.applyRemovalPolicy(this.removalPolicy);
    return cluster;
  }

  /** No list of Kafka versions: a change of it would replace the configuration under a name that is still taken. */
  private addConfiguration(name: string, type: StageConfig['brokers']['type']) {
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name,
      description: 'What the ledgers rest on',
      serverProperties: formatProperties(buildBrokerSettings(type)),
    });
    configuration.applyRemovalPolicy(this.removalPolicy);
    return { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision };
  }

  private addTopic(
    place: Construct,
    brokers: StageConfig['brokers']['type'],
    topic: TopicConfig,
    cluster: CfnCluster,
  ): void {
    const resource = new CfnTopic(place, 'Topic', {
      clusterArn: cluster.attrArn,
      topicName: topic.name,
      partitionCount: topic.partitions,
      replicationFactor: REPLICAS,
      configs: Fn.base64(formatProperties(buildTopicSettings(brokers, topic))),
    });
    // For whoever reads the templates, as the local runtime does to make records.
    resource.addMetadata('Contract', topic.contract);
    resource.applyRemovalPolicy(this.removalPolicy);
  }

  /** Parameters for the other stacks, outputs for the owners of the networks around it. */
  private publishNetwork(stage: StageName, network: StreamNetwork, cluster: CfnCluster): void {
    const { vpc, securityGroupId, routeTableIds } = network;
    const facts = [
      ['VpcId', 'vpc-id', vpc.vpcId],
      ['SubnetIds', 'subnet-ids', vpc.isolatedSubnets.map(({ subnetId }) => subnetId).join(',')],
      ['RouteTableIds', 'route-table-ids', routeTableIds.join(',')],
      ['BrokerSecurityGroupId', 'broker-security-group-id', securityGroupId],
    ] as const;
    for (const [name, fact, value] of facts) {
      new StringParameter(this, `Published${name}`, {
        parameterName: formatNetworkPath(stage, fact),
        stringValue: value,
      });
      new CfnOutput(this, name, { value });
    }
    new CfnOutput(this, 'VpcCidr', { value: vpc.vpcCidrBlock });
    new CfnOutput(this, 'MskClusterArn', { value: cluster.attrArn });
    new CfnOutput(this, 'BootstrapBrokersCommand', {
      description: 'CloudFormation does not know the addresses of the brokers; MSK does',
      value: `aws kafka get-bootstrap-brokers --cluster-arn ${cluster.attrArn} --query BootstrapBrokerStringSaslIam --output text`,
    });
  }
}

interface Surroundings {
  readonly clusterName: string;
  readonly network: StreamNetwork;
  readonly keyArn: string;
  readonly logGroupName: string;
}

/** For groups, which read this when they are deployed. */
function publishTopic(place: Construct, stage: StageName, topic: TopicConfig, cluster: CfnCluster): void {
  const publish = (id: string, fact: TopicFact, stringValue: string) =>
    new StringParameter(place, id, { parameterName: formatTopicPath(stage, topic.name, fact), stringValue });
  publish('ClusterArn', 'cluster-arn', cluster.attrArn);
  publish('ClusterName', 'cluster-name', cluster.clusterName);
  publish('Incarnation', 'incarnation', String(topic.incarnation));
  publish('Log', 'log', topic.log ?? 'unsaid');
  publish('Partitions', 'partitions', String(topic.partitions));
  publish('RetentionHours', 'retention-hours', String(topic.retentionHours));
}
