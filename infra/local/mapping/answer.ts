/**
 * Reads a function's answer to a batch (AWS Lambda docs: kafka-retry-configurations).
 *
 *   null, undefined, {}, {"batchItemFailures":[]}, {"batchItemFailures":null}   every record succeeded
 *   {"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":7}}]}   the listed records failed
 *   an identifier that was not in the event                                     the whole batch failed
 *   anything else: not an object, another key, a null or flat identifier        the whole batch failed (inferred)
 */
import type { Records } from './kafka-event.ts';

/** Offsets by `<topic>-<partition>`. */
export type Offsets = ReadonlyMap<string, ReadonlySet<number>>;

/** Returns the records that an answer lists as failed (none on success), or a sentence why it fails the whole batch. */
export function parseFailures(returned: unknown, given: Records): Offsets | string {
  if (returned === null || returned === undefined) return new Map();
  const listed = listedFailures(returned);
  if (listed === undefined) return 'the answer is not a partial batch response';
  const failures = new Map<string, Set<number>>();
  const known = new Map<string, Set<number>>();
  for (const { partition, offset } of listed) {
    if (!known.has(partition))
      known.set(partition, new Set((given.get(partition) ?? []).map((record) => record.offset)));
    if (!known.get(partition)?.has(offset))
      return `the answer names ${partition} offset ${offset}, which was not in the event`;
    const offsets = failures.get(partition) ?? new Set();
    failures.set(partition, offsets.add(offset));
  }
  return failures;
}

/** The identifiers in an answer; undefined if the answer is malformed. */
function listedFailures(returned: unknown): { partition: string; offset: number }[] | undefined {
  if (typeof returned !== 'object' || returned === null || Array.isArray(returned)) return undefined;
  const failures = (returned as { batchItemFailures?: unknown }).batchItemFailures;
  if (failures === undefined) return Object.keys(returned).length === 0 ? [] : undefined;
  if (failures === null) return [];
  if (!Array.isArray(failures)) return undefined;
  const identifiers = failures.map(
    (failure: unknown) => (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier,
  );
  return identifiers.every(isIdentifier) ? identifiers : undefined;
}

function isIdentifier(value: unknown): value is { partition: string; offset: number } {
  const { partition, offset } = (value ?? {}) as { partition?: unknown; offset?: unknown };
  return typeof partition === 'string' && Number.isSafeInteger(offset);
}
