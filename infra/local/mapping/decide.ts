/**
 * What becomes of a batch: before an attempt, and after one. A pure function of the batch, what happened, the mapping's
 * rules and the time; the poller only carries it out. Every record of the batch is in exactly one place of the decision.
 *
 *   due, older than the maximum age                 discarded
 *   due, one record above 6 MB                      discarded; several above it together are cut in two
 *   the function could not be reached               again, and no retry is used up
 *   a throw, a crash, a timeout, a malformed answer the whole batch again: cut in two, or one retry less
 *   a partial response                              what it lists again, one retry less; the rest is resolved
 *   no retry left                                   discarded
 *
 * (AWS Lambda docs: kafka-retry-configurations, kafka-on-failure, invocation-eventsourcemapping). Not documented for Kafka,
 * and decided here as for streams: cutting uses up no retry, and a partial response is not cut besides.
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
  /** Whether the mapping has ReportBatchItemFailures; without it the answer is not looked at. */
  readonly partialResponses: boolean;
  readonly partialRetry: PartialRetry;
  /** After the first attempt; -1: without end. */
  readonly retryAttempts: number;
  /** By the time of the record; -1: of any age. */
  readonly maxAgeSeconds: number;
  readonly bisect: boolean;
}

/**
 * What comes again after a partial response, which AWS's pages leave open: `listed`, the records that it lists and no other;
 * `resume`, everything of a partition from the first listed record on, successes behind it included.
 */
export type PartialRetry = 'listed' | 'resume';

export type InvocationEnd =
  | { readonly returned: unknown }
  | { readonly failed: string }
  /** A throttle or a fault of the service: the function has not begun. */
  | { readonly unreached: string };

export type Happened = 'due' | { readonly requestId: string; readonly end: InvocationEnd };

export type BatchCondition = 'RetryAttemptsExhausted' | 'MaximumPayloadSizeExceeded';

export interface DiscardedBatch {
  readonly batch: MappingBatch;
  /** As the destination's document calls it. An age has no name there (inferred: the same as of attempts). */
  readonly condition: BatchCondition;
  readonly because: string;
}

export interface Decision {
  readonly resolved: Records;
  /** To be delivered, one after the other. */
  readonly deliver: readonly MappingBatch[];
  readonly discarded: readonly DiscardedBatch[];
  /** What went wrong, for the log. */
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
