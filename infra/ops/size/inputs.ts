/** The load that is planned for, what is known of its keys, and what was measured. */
import type { Keys } from './keys.ts';
import type { PriceList } from './prices.ts';

/** The cluster of a stage. */
export interface Cluster {
  readonly stage: string;
  readonly instanceType: `kafka.${string}` | `express.${string}`;
  readonly brokers: number;
  /** Of each broker; Express brokers have no volume. */
  readonly volumeGb: number | undefined;
  readonly partitions: number;
}

export interface Inputs {
  readonly clicksPerSecond: number;
  /** Of key and value, as they are in the log. */
  readonly clickBytes: number;
  readonly keys: Keys;
  readonly groups: number;
  readonly cluster: Cluster;
  readonly retentionHours: number;
  /** Of one invocation at a time, at `memoryMb`. */
  readonly handlerClicksPerSecond: number;
  readonly handlerSource: string;
  readonly memoryMb: number;
  /** An invocation's time besides its clicks: reading the head and putting the entry. */
  readonly commitMs: number;
  readonly batchRecords: number;
  readonly windowSeconds: number;
  /** How many times the live load a group must be able to take, to drain a backlog. */
  readonly headroom: number;
  readonly entryDays: number;
  /** AWS bills each metric that an alarm reads; a composite alarm costs as much as five of them. */
  readonly alarmMetrics: number;
  /** Whether the groups' mappings name one poller group, and so share event poller units. */
  readonly sharedPollers: boolean;
  readonly prices: PriceList;
}
