/**
 * What a team decides about its consumer group: plain data, free of CDK and SDK, read by the function (this room), by
 * infra/aws (which turns it into a stack) and by nobody else. Illegal combinations can't be said where types allow it:
 * discarding comes only with a destination, and waiting for ever only without one, because Lambda turns endless retries
 * with a destination silently into 10 (AWS Lambda docs: kafka-on-failure-destination). What types can't forbid, and what
 * plain JavaScript says all the same, synthesis refuses (infra/aws/group-rules.ts).
 */

import type { AlarmSpec, ServiceLevel } from './alarm-spec.ts';
import type { Contract } from './contract/contract.ts';
import type { Count, CountOf } from './fold/count.ts';

/** A group whose count names fields of its contract: the compiler refuses any other name. */
export type GroupOf<C extends Contract> = Omit<GroupSpec, 'contract' | 'count'> & {
  readonly contract: C;
  readonly count: CountOf<C>;
};

export interface GroupSpec {
  /** Names what the group writes, and its table. Never the group id: see `Journal`. */
  readonly ledger: string;
  /** The Kafka consumer group. Fixed once deployed; without `:`, which silences MSK's lag metrics. */
  readonly groupId: string;
  readonly topic: string;
  /** What a record of the topic is; whatever breaks it is parked. */
  readonly contract: Contract;
  /** What is counted of the records, by which fields. */
  readonly count: Count;
  /** LATEST may skip records while a mapping is created or updated (AWS Lambda docs: kafka-starting-positions). */
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /**
   * One invocation gets at most `records` records (1..10 000), gathered for at most `windowSeconds` (0..300). Without a
   * window Lambda gathers for 500 ms, which a mapping that had one never gets back.
   */
  readonly batch: { readonly records: number; readonly windowSeconds?: number };
  readonly retry: RetryUntilDone | RetryUntilSpent;
  readonly pollers: ProvisionedPollers | OnDemandPollers;
  /**
   * `dense`: every offset holds a record, so an offset passed over is a gap. `sparse`: the topic is transactional or
   * compacted; holes inside a delivered batch are void, and so are those of at most 1,000 offsets between two batches.
   */
  readonly offsets: 'dense' | 'sparse';
  /**
   * A batch with at least `countMin` rejected records that make more than `shareMax` of it, under more than `shareMax` of
   * its keys, is a bad deploy: the partition halts. A group that retries until spent parks them instead, since its mapping
   * would discard the whole batch (docs/adr/0017-bad-batches.md).
   */
  readonly rejects: { readonly shareMax: number; readonly countMin: number };
  /** How long entries stay; at least topic retention plus the time people need to redrive. */
  readonly entryDays: number;
  readonly sandbox: { readonly memoryMb: number; readonly timeoutSeconds: number };
  /** Names of environment variables that the stack fills with a generated secret. */
  readonly secrets: readonly string[];
  /** How fresh the ledger shall be, if other than the default: five minutes in 99.5 % of all minutes. */
  readonly slo?: ServiceLevel;
  /** Thresholds, severities and omissions other than the defaults. */
  readonly alarms?: AlarmSpec;
}

/** Pollers of the mapping's own. What only they can do is said here. */
export interface ProvisionedPollers {
  readonly min: number;
  /** More than the topic has partitions never work at once, so that is the most there can be. */
  readonly max: number | 'partitions';
  /** Whether the function answers which partitions failed (the default), or throws and gets the whole batch again. */
  readonly partialResponses?: boolean;
  /** What the pollers themselves log; INFO unless said. */
  readonly logs?: 'DEBUG' | 'INFO' | 'WARN';
  /**
   * Mappings of one VPC that name the same group share its event poller units and what these cost; without a name a mapping has units of
   * its own. They share throughput too: one that drains a backlog can slow another (docs/consumer-group.md, "Poller groups").
   */
  readonly group?: string;
}

/** Lambda's pollers: no charge by the hour, but Lambda adds and removes them as it likes, which rebalances the group. */
export interface OnDemandPollers {
  readonly mode: 'on-demand';
}

/** Complete before fresh: a stuck partition waits, and somebody is paged. */
export interface RetryUntilDone {
  readonly until: 'done';
}

/** Fresh before complete: what fails `attempts` times or grows older than `ageSeconds` leaves for the destination. */
export interface RetryUntilSpent {
  readonly until: 'spent';
  /** Retries after the first attempt, 0..10 000. */
  readonly attempts: number;
  /** 60..604 800. */
  readonly ageSeconds: number;
  /** Cut a failed batch in two and retry each half. */
  readonly bisect: boolean;
  readonly destination: Destination;
}

/**
 * Where discarded records go: `s3` is a bucket of the group's own. A bucket gets whole batches and a topic of the same
 * cluster whole records; a queue and an SNS topic are only told the offsets (AWS Lambda docs: kafka-on-failure). `keyArn`
 * is the customer key under which the destination encrypts, if there is one.
 */
export type Destination =
  | 's3'
  | { readonly bucketArn: string; readonly keyArn?: string }
  | { readonly queueArn: string; readonly keyArn?: string }
  | { readonly snsTopicArn: string; readonly keyArn?: string }
  | { readonly kafkaTopic: string };
