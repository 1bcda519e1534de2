/**
 * What a team decides about its consumer group: plain data, free of CDK and SDK, read by the function (this room), by
 * infra/aws (which turns it into a stack) and by nobody else. Illegal combinations can't be said where types allow it:
 * giving up comes only with a destination, and waiting for ever only without one, because Lambda turns endless retries
 * with a destination silently into 10 (AWS Lambda docs: kafka-on-failure-destination).
 */

import type { AlarmSpec } from './alarm-spec.ts';

export interface GroupSpec {
  /** Names what the group writes, and its table. Never the group id: see `Journal`. */
  readonly ledger: string;
  /** The Kafka consumer group. Fixed once deployed; without `:`, which silences MSK's lag metrics. */
  readonly groupId: string;
  readonly topic: string;
  /** LATEST may skip records while a mapping is created or updated (AWS Lambda docs: kafka-starting-positions). */
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** One invocation gets at most `records` records (1..10 000), gathered for at most `windowSeconds` (0..300). */
  readonly batch: { readonly records: number; readonly windowSeconds: number };
  readonly retry: RetryUntilDone | RetryUntilSpent;
  /** Event pollers of the mapping; more than the topic has partitions never work at once, so that is the most there can be. */
  readonly pollers: { readonly min: number; readonly max: number | 'partitions' };
  /**
   * `dense`: every offset holds a record, so an offset passed over is a gap. `sparse`: the topic is transactional or
   * compacted; holes inside a delivered batch, and single ones between batches, are void.
   */
  readonly offsets: 'dense' | 'sparse';
  /** A batch with at least `countMin` rejected records that make more than `shareMax` of it is a bad deploy. */
  readonly rejects: { readonly shareMax: number; readonly countMin: number };
  /** How long entries stay; at least topic retention plus the time people need to redrive. */
  readonly entryDays: number;
  readonly sandbox: { readonly memoryMb: number; readonly timeoutSeconds: number };
  /** Names of environment variables that the stack fills with a generated secret. */
  readonly secrets: readonly string[];
  /** Thresholds, severities and omissions other than the defaults. */
  readonly alarms?: AlarmSpec;
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
  /** Where the whole records go: a bucket of the group's own. */
  readonly destination: 's3';
}
