/**
 * What the ledger's promises rest on in Kafka, under each broker type. MSK fixes some settings of Express brokers and refuses them in a
 * configuration (AWS MSK docs: msk-configuration-express-read-only), so each guarantee has two forms:
 *
 * | guarantee                                          | Standard brokers                      | Express brokers        |
 * |----------------------------------------------------|---------------------------------------|------------------------|
 * | an acknowledged click survives a lost broker       | 3 replicas, min.insync.replicas=2,    | fixed by MSK: 3 and 2  |
 * |   (the producer must ask for acks=all)             |   on broker and topic                 |                        |
 * | the log is never rewritten under its readers (I10) | unclean.leader.election.enable=false, | fixed by MSK: false    |
 * |                                                    |   on broker and topic                 |                        |
 * | a rewritten log is found out (I10), and no         | message.timestamp.type=LogAppendTime  | the same               |
 * |   producer's clock moves money to another hour     |   on the topic                        |                        |
 * | a click stays until every group had its time (I2)  | cleanup.policy=delete, retention.ms   | the same               |
 * | a topic exists only as it is declared here         | auto.create.topics.enable=false       | the same               |
 * | a group that was off for weeks resumes where it    | offsets.retention.minutes: 90 days    | the same               |
 * |   stopped, not at its starting position            |                                       |                        |
 *
 * Not set on purpose: `allow.everyone.if.no.acl.found`, which is about Kafka ACLs. Here every listener requires IAM, only its policies
 * decide, and MSK warns that `false` without any ACL locks everybody out (AWS MSK docs: msk-configuration-express-read-write). And
 * `delete.topic.enable`: an operator may recreate a topic; the incarnation exists for that.
 */
import { checkContract } from '../../shared/contract/check-contract.ts';
import type { StageConfig, TopicConfig } from './stages.ts';

type BrokerType = StageConfig['brokers']['type'];
type Settings = Readonly<Record<string, string>>;

/** CloudFormation schema of AWS::Lambda::EventSourceMapping: Topics. */
export const TOPIC_NAME = /^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,248}$/;

/** On Express brokers MSK always makes three. */
export const REPLICAS = 3;

/** Kafka's default is 7 days, counted from when the group lost its last member. */
const OFFSETS_RETENTION_MINUTES = 90 * 24 * 60;
const HOUR_MS = 3_600_000;

/** The replication settings that a Standard broker lets us choose, and an Express broker does not. */
const replication: Readonly<Record<BrokerType, Settings>> = {
  standard: { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' },
  express: {},
};

/** The cluster's own configuration: what holds for a topic that says nothing else. */
export function buildBrokerSettings(type: BrokerType): Settings {
  return {
    'auto.create.topics.enable': 'false',
    'log.message.timestamp.type': 'LogAppendTime',
    'offsets.retention.minutes': String(OFFSETS_RETENTION_MINUTES),
    ...(type === 'standard' && { 'default.replication.factor': String(REPLICAS) }),
    ...replication[type],
  };
}

/** Repeated for the topic, so that it does not depend on later changes of the cluster's configuration. */
export function buildTopicSettings(type: BrokerType, topic: TopicConfig): Settings {
  return {
    'cleanup.policy': 'delete',
    'message.timestamp.type': topic.timestamps === 'broker' ? 'LogAppendTime' : 'CreateTime',
    'retention.ms': String(topic.retentionHours * HOUR_MS),
    ...replication[type],
  };
}

/** As a Java properties file, which is how MSK takes both. */
export function formatProperties(settings: Settings): string {
  return Object.entries(settings)
    .map(([property, value]) => `${property}=${value}`)
    .join('\n');
}

/** What is wrong with the topics of a stage, all of it at once; nothing for sound ones. In: as plain JavaScript may have written them. */
export function listTopicFaults(topics: readonly TopicConfig[]): string[] {
  if (topics.length === 0) return ['topics is empty, allowed is at least one: groups read what it names'];
  return topics.flatMap((topic, at) => {
    const { name, contract, partitions, retentionHours, incarnation } = topic;
    const of = `topic '${name}'`;
    const faults = checkContract(contract).map((fault) => `contract of ${of}: ${fault}`);
    if (!TOPIC_NAME.test(name))
      faults.push(`${of} has a name that is not allowed: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'`);
    // Kafka takes both for one name in its metrics, and refuses the second (Kafka docs: "Limitations in topic names").
    const earlier = topics.slice(0, at).find((each) => spelt(each.name) === spelt(name));
    if (earlier !== undefined)
      faults.push(
        `${of} is there beside '${earlier.name}', allowed are names that differ in more than '.' and '_'`,
      );
    for (const [property, value, most] of [
      ['partitions', partitions, 100_000],
      ['retentionHours', retentionHours, 87_600],
      ['incarnation', incarnation, 999_999_999],
    ] as const)
      if (!Number.isSafeInteger(value) || value < 1 || value > most)
        faults.push(`${property} of ${of} is ${value}, allowed is a whole number from 1 to ${most}`);
    return faults;
  });
}

function spelt(name: string): string {
  return name.replaceAll('.', '_');
}
