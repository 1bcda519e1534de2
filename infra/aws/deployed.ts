/**
 * The committed record of what is deployed on AWS, `infra/deployed/<stage>.json`: the logical id of everything that holds data, is needed
 * to read it, or can't be changed in place, with the properties whose change would replace it. `clickledger record` writes it from the
 * templates; synthesis compares a mapping with it, and a test compares the rest. A stack that is not in the record was never deployed, and
 * may change freely.
 *
 * Mappings are in it because CloudFormation can't change them where it matters: a new topic reports success and does nothing, a new group
 * id is refused or replaces, a new position or source makes a second mapping of the same function or group before it removes the first, and
 * gets 409 (CloudFormation schema of AWS::Lambda::EventSourceMapping).
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StageName } from './stages.ts';

/** By type: the properties whose change replaces the resource (from the CloudFormation schemas), or is never carried out. */
const createOnly: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema'],
  // The cluster's place: MSK takes subnets at creation only, so another range or zone would mean another cluster.
  'AWS::EC2::Subnet': ['AvailabilityZone', 'AvailabilityZoneId', 'CidrBlock'],
  'AWS::KMS::Key': [],
  'AWS::Lambda::EventSourceMapping': [
    'EventSourceArn',
    'Topics',
    'AmazonManagedKafkaEventSourceConfig',
    'StartingPosition',
    'MaximumBatchingWindowInSeconds',
  ],
  'AWS::MSK::Cluster': [
    'ClusterName',
    'BrokerNodeGroupInfo.BrokerAZDistribution',
    'BrokerNodeGroupInfo.ClientSubnets',
    'BrokerNodeGroupInfo.SecurityGroups',
    'EncryptionInfo.EncryptionAtRest',
    'EncryptionInfo.EncryptionInTransit.InCluster',
  ],
  'AWS::MSK::Configuration': ['Name', 'KafkaVersionsList'],
  'AWS::MSK::Topic': ['ClusterArn', 'TopicName', 'ReplicationFactor'],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::SecretsManager::Secret': ['Name'],
};

interface RecordedResource {
  readonly type: string;
  /** As the template has them; a property that the template leaves out is left out here. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** Of one stage: by stack, by logical id. */
export type Deployed = Readonly<Record<string, Readonly<Record<string, RecordedResource>>>>;

/** What is deployed of a group's mapping. Another app writes it by hand. */
export interface DeployedMapping {
  /** As in the template: a text, or the reference that CloudFormation resolves. */
  readonly clusterArn: unknown;
  readonly topic: string;
  readonly groupId: string;
  readonly startingPosition: string;
  /** Left out where the mapping was made without one, and Lambda gathers for 500 ms. */
  readonly windowSeconds?: number;
}

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export function buildRecord(template: Template): Readonly<Record<string, RecordedResource>> {
  const recorded = Object.entries(template.Resources ?? {}).flatMap(([id, { Type, Properties = {} }]) => {
    const properties = createOnly[Type];
    if (properties === undefined) return [];
    const given = properties.flatMap((name) => {
      const value = valueAt(Properties, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return [[id, { type: Type, fixed: Object.fromEntries(given) }] as const];
  });
  return Object.fromEntries(recorded.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function getDeployedPath(stage: StageName): string {
  return fileURLToPath(new URL(`../deployed/${stage}.json`, import.meta.url));
}

export function readDeployed(stage: StageName): Deployed {
  const path = getDeployedPath(stage);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Deployed) : {};
}

/** The one mapping of a group's stack, if the record has it. */
export function findDeployedMapping(deployed: Deployed, stackName: string): DeployedMapping | undefined {
  const resources = Object.values(deployed[stackName] ?? {});
  const mapping = resources.find(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
  if (mapping === undefined) return undefined;
  const { fixed } = mapping;
  const window = fixed['MaximumBatchingWindowInSeconds'];
  return {
    clusterArn: fixed['EventSourceArn'],
    topic: String(valueAt(fixed, 'Topics.0')),
    groupId: String(valueAt(fixed, 'AmazonManagedKafkaEventSourceConfig.ConsumerGroupId')),
    startingPosition: String(fixed['StartingPosition']),
    ...(typeof window === 'number' && { windowSeconds: window }),
  };
}

function valueAt(given: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], given);
}
