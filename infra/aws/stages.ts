/**
 * What a stage decides, as plain data: brokers, Kafka, the topics, how long logs stay. What a team decides is in its group.ts; what the
 * runtime is told is in shared/config.ts.
 *
 * Types exclude illegal combinations where they can: storage is sized for Standard brokers only, since Express brokers refuse the setting
 * (AWS MSK docs: msk-broker-types-express). Kafka 4.2 runs on Express brokers alone (AWS MSK docs: supported-kafka-versions). No Standard
 * broker of Kafka 4 is smaller than a large one: the pages list kafka.t3.small without saying so, but `CreateCluster` is reported to answer
 * "Unsupported InstanceType" for every KRaft version.
 */
import { contracts } from '../../functions/index.ts';
import type { AlarmSpec, StreamAlarm } from '../../shared/alarm-spec.ts';
import type { Contract } from '../../shared/contract/contract.ts';
import type { NetworkConfig } from './stage-network.ts';

export type StageName = 'dev' | 'prod';

export interface StageConfig {
  readonly brokers: StandardBrokers | ExpressBrokers;
  /** As MSK spells it (AWS MSK docs: supported-kafka-versions). */
  readonly kafkaVersion: string;
  /** One or more, each with a name of its own. A group reads the one that its group.ts names. */
  readonly topics: readonly [TopicConfig, ...TopicConfig[]];
  readonly network: NetworkConfig;
  /**
   * What happens to brokers, topic, tables, buckets, secrets and keys when their stack is deleted. `retain`: they are kept, with the clicks
   * and the money in them, and still cost money. `destroy`: they are deleted too, and tables have no deletion protection; for a stage whose
   * ledgers nobody needs.
   */
  readonly removalPolicy: 'retain' | 'destroy';
  /**
   * The operator's instance, and the teams on whose ledgers it may work, by the names of their folders. Without it there is none, and an
   * audit or a redrive needs a connection to the brokers of your own. About $42 a month in us-east-1, $30 while it is stopped.
   */
  readonly operator?: { readonly teams: readonly string[] };
  /** Each ledger has a trail of who writes to it and who invokes its function. Off by default; docs/deploying.md says what it costs. */
  readonly auditTrail?: boolean;
  /**
   * Whose event poller units the mappings of all groups share, unless a group says another in its `pollers.group`. Without it each
   * mapping has units of its own, about $135 a month more for each further group, and no group's backlog slows another's.
   */
  readonly pollerGroup?: string;
  /** Of logs of brokers, network and functions. The ledger does not need them: its record is the journal. */
  readonly logDays: 30 | 90;
  /** Whether CloudFormation refuses to delete the stacks. */
  readonly terminationProtection: boolean;
  /** Severities and omissions of the stream's alarms other than the defaults. */
  readonly alarms?: Omit<AlarmSpec<StreamAlarm>, 'thresholds'>;
}

interface StandardBrokers {
  readonly type: 'standard';
  readonly instanceType: `kafka.${string}`;
  /** A multiple of the three zones. */
  readonly count: number;
  readonly volumeGib: number;
}

export interface ExpressBrokers {
  readonly type: 'express';
  readonly instanceType: `express.${string}`;
  /** A multiple of the three zones. */
  readonly count: number;
  /** How much of one copy of the log raises the alarm: MB/s × retention, and some room. */
  readonly storageGbMax: number;
}

export interface TopicConfig {
  readonly name: string;
  /** What its records are. Whoever reads the topic counts by this contract. */
  readonly contract: Contract;
  /** May grow, which moves keys to other partitions from then on; Kafka can't remove any. */
  readonly partitions: number;
  /** See `Journal.incarnation`: to be raised, and every group deployed, whenever the topic is recreated. */
  readonly incarnation: number;
  /**
   * With a raised incarnation: `new` where the topic was recreated and holds none of the records before, `copy` where it holds a copy of
   * them. Unsaid, or a copy, no group counts beside a journal that is younger than retention (docs/adr/0020-incarnations.md).
   */
  readonly log?: 'new' | 'copy';
  /** Who stamps the records; `producer` lets their clocks say which hour is billed. */
  readonly timestamps: 'broker' | 'producer';
  /** How long an unread click waits for its group, and how long personal data in it is kept. */
  readonly retentionHours: number;
}

const DAY_HOURS = 24;

export const stages: Readonly<Record<StageName, StageConfig>> = {
  dev: {
    brokers: { type: 'standard', instanceType: 'kafka.m7g.large', count: 3, volumeGib: 100 },
    kafkaVersion: '4.1.x.kraft',
    topics: [
      {
        name: 'ad_clicks',
        contract: contracts.ad_clicks,
        partitions: 3,
        incarnation: 1,
        timestamps: 'broker',
        retentionHours: 7 * DAY_HOURS,
      },
      {
        name: 'ad_impressions',
        contract: contracts.ad_impressions,
        partitions: 2,
        incarnation: 1,
        timestamps: 'broker',
        retentionHours: 2 * DAY_HOURS,
      },
    ],
    network: { cidr: '10.42.0.0/16', clients: [] },
    removalPolicy: 'destroy',
    pollerGroup: 'clickledger-dev',
    logDays: 30,
    terminationProtection: false,
  },
  prod: {
    brokers: { type: 'express', instanceType: 'express.m7g.large', count: 3, storageGbMax: 10_000 },
    kafkaVersion: '4.2.x.kraft',
    topics: [
      {
        name: 'ad_clicks',
        contract: contracts.ad_clicks,
        partitions: 12,
        incarnation: 1,
        timestamps: 'broker',
        retentionHours: 7 * DAY_HOURS,
      },
    ],
    network: { cidr: '10.43.0.0/16', clients: [] },
    removalPolicy: 'retain',
    logDays: 90,
    terminationProtection: true,
  },
};

export const stageNames = Object.keys(stages) as StageName[];

/** @param given the context value `stage`, if there is one */
export function parseStage(given: unknown = 'dev'): StageName {
  const name = stageNames.find((stage) => stage === given);
  if (name === undefined)
    throw new Error(`stage '${String(given)}' is unknown, allowed are ${stageNames.join(', ')}`);
  return name;
}
