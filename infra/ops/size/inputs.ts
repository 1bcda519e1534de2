/** The load that is planned for, what is known of its keys, and what was measured. */
import type { PriceList } from './facts.ts';
import type { Keys } from './keys.ts';

export interface Inputs {
  readonly clicksPerSecond: number;
  /** Of key and value as they stand in the log. */
  readonly clickBytes: number;
  readonly keys: Keys;
  readonly groups: number;
  readonly retentionHours: number;
  /** Of one invocation at a time, at `memoryMb`. */
  readonly handlerClicksPerSecond: number;
  readonly handlerSource: string;
  readonly memoryMb: number;
  /** What an invocation takes on top of its clicks: reading the head and putting the entry. */
  readonly commitMs: number;
  readonly batchRecords: number;
  readonly windowSeconds: number;
  /** How many times the live load a group must be able to take, to drain a backlog. */
  readonly headroom: number;
  readonly entryDays: number;
  /** What is billed is not an alarm but each metric that it looks at; a composite alarm costs as much as five of them. */
  readonly alarmMetrics: number;
  /** Whether the groups' mappings name one poller group, and so share event poller units. */
  readonly sharedPollers: boolean;
  readonly prices: PriceList;
}
