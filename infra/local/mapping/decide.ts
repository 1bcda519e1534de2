/**
 * Decides what happens to a batch, before and after an attempt. A pure function of the batch, the event, the mapping's
 * rules and the time; the poller only executes the decision. Every record of the batch is in exactly one part of the decision.
 *
 *   before an attempt: older than the maximum age      discarded
 *   before an attempt: one record above 6 MB           discarded; several records above 6 MB together are halved
 *   the function could not be reached                  delivered again; uses no retry
 *   a throw, a crash, a timeout, a malformed answer    the whole batch is halved, or delivered again with one retry less
 *   a partial response                                 the listed records again, one retry less; the others are resolved
 *   no retry left                                      discarded
 *
 * Source: AWS Lambda docs: kafka-retry-configurations, kafka-on-failure, invocation-eventsourcemapping. Not documented for
 * Kafka, and taken from streams: halving uses no retry, and a batch with a partial response is not halved.
 */
import { type Offsets, parseFailures } from './answer.ts';
import { halveBatch, type MappingBatch, splitBatch } from './batch.ts';
import {
  countPayloadBytes,
  type EventSource,
  type FetchedRecord,
  PAYLOAD_BYTES_MAX,
  type Records,
} from './kafka-event.ts';

export interface RetryRules {
  readonly source: EventSource;
  /** Whether the mapping has ReportBatchItemFailures; without it the answer is ignored. */
  readonly partialResponses: boolean;
  readonly partialRetry: PartialRetry;
  /** Retries after the first attempt; -1: no limit. */
  readonly retryAttempts: number;
  /** Compared with the record's timestamp; -1: no limit. */
  readonly maxAgeSeconds: number;
  readonly bisect: boolean;
}

/**
 * What is delivered again after a partial response, which AWS does not document. `listed`: only the listed records.
 * `resume`: everything of a partition from the first listed record on, also records that succeeded.
 */
export type PartialRetry = 'listed' | 'resume';

export type InvocationEnd =
  | { readonly returned: unknown }
  | { readonly failed: string }
  /** A throttle or a service error; the function has not started. */
  | { readonly unreached: string };

export type Happened = 'due' | { readonly requestId: string; readonly end: InvocationEnd };

type BatchCondition = 'RetryAttemptsExhausted' | 'MaximumPayloadSizeExceeded';

export interface DiscardedBatch {
  readonly batch: MappingBatch;
  /** The name in the destination's document. It has none for age (inferred: the name for exhausted attempts). */
  readonly condition: BatchCondition;
  readonly because: string;
}

export interface Decision {
  readonly resolved: Records;
  /** To be delivered, in this order. */
  readonly deliver: readonly MappingBatch[];
  readonly discarded: readonly DiscardedBatch[];
  /** The cause of a failure, for the log. */
  readonly because: string | undefined;
}

const none: Records = new Map();

export function decide(batch: MappingBatch, happened: Happened, rules: RetryRules, now: number): Decision {
  if (happened === 'due') return beforeAttempt(batch, rules, now);
  const { end, requestId } = happened;
  if ('unreached' in end) return { ...again([batch]), because: end.unreached };
  const functionError = 'failed' in end ? ('Unhandled' as const) : null;
  const after = { ...batch, invocations: batch.invocations + 1, last: { requestId, functionError } };
  const failures = 'failed' in end ? end.failed : answered(end.returned, batch, rules);
  if (typeof failures === 'string') {
    const halves = rules.bisect ? halveBatch(after) : undefined;
    return halves === undefined
      ? oneRetryLess(after, none, rules, failures)
      : { ...again(halves), because: failures };
  }
  if (failures.size === 0) return { ...again([]), resolved: batch.records };
  const [failed, resolved] = splitBatch(batch.records, comesAgain(failures, rules.partialRetry));
  const listed = [...failures.values()].reduce((sum, { size }) => sum + size, 0);
  return oneRetryLess(
    { ...after, records: failed },
    resolved,
    rules,
    `${listed} records were reported as failed`,
  );
}

function answered(returned: unknown, { records }: MappingBatch, { partialResponses }: RetryRules) {
  return parseFailures(partialResponses ? returned : null, records);
}

function comesAgain(failures: Offsets, partialRetry: PartialRetry) {
  const first = new Map(Array.from(failures, ([label, offsets]) => [label, Math.min(...offsets)]));
  return ({ offset }: FetchedRecord, label: string): boolean =>
    partialRetry === 'listed'
      ? failures.get(label)?.has(offset) === true
      : offset >= (first.get(label) ?? Number.POSITIVE_INFINITY);
}

function beforeAttempt(batch: MappingBatch, rules: RetryRules, now: number): Decision {
  const [old, young] = splitBatch(batch.records, ({ timestamp }) => isTooOld(timestamp, rules, now));
  const discarded: DiscardedBatch[] = [];
  if (old.size > 0)
    discarded.push({
      batch: { ...batch, records: old },
      condition: 'RetryAttemptsExhausted',
      because: `older than ${rules.maxAgeSeconds} s`,
    });
  if (young.size === 0) return { ...again([]), discarded };
  const due = { ...batch, records: young };
  if (countPayloadBytes(rules.source, young) <= PAYLOAD_BYTES_MAX) return { ...again([due]), discarded };
  const halves = halveBatch(due);
  if (halves !== undefined) return { ...again(halves), discarded };
  const because = `its event would be larger than ${PAYLOAD_BYTES_MAX} bytes`;
  return {
    ...again([]),
    discarded: [...discarded, { batch: due, condition: 'MaximumPayloadSizeExceeded', because }],
  };
}

function isTooOld(timestamp: number, { maxAgeSeconds }: RetryRules, now: number): boolean {
  return maxAgeSeconds !== -1 && now - timestamp > maxAgeSeconds * 1000;
}

function oneRetryLess(
  batch: MappingBatch,
  resolved: Records,
  { retryAttempts }: RetryRules,
  because: string,
): Decision {
  const failed = { ...batch, failures: batch.failures + 1 };
  if (retryAttempts === -1 || failed.failures <= retryAttempts)
    return { ...again([failed]), resolved, because };
  const why = `${because}; attempts: ${failed.failures}`;
  return {
    ...again([]),
    resolved,
    because,
    discarded: [{ batch: failed, condition: 'RetryAttemptsExhausted', because: why }],
  };
}

function again(deliver: readonly MappingBatch[]): Decision {
  return { resolved: none, deliver, discarded: [], because: undefined };
}
