/**
 * What an invocation's end means for the batch it was given: a pure decision, after AWS Lambda docs:
 * kafka-retry-configurations.
 *
 *   null, undefined, {}, {"batchItemFailures":[]}, {"batchItemFailures":null}   every record succeeded
 *   {"batchItemFailures":[{"itemIdentifier":{"partition":"t-0","offset":7}}]}   the listed ones are retried
 *   a throw, a crash, a timeout, an identifier not in the event, anything else  every record is retried
 *
 * A mapping without ReportBatchItemFailures does not look at the answer at all.
 */

export type InvocationEnd = { readonly returned: unknown } | { readonly failed: string };

/** Offsets by `<topic>-<partition>`. */
export type Offsets = ReadonlyMap<string, readonly number[]>;

export interface Verdict {
  /** What has to be delivered again; empty where nothing has. */
  readonly retry: Offsets;
  /** Why, for the log; undefined on success. */
  readonly because: string | undefined;
}

const nothing: Offsets = new Map();

export function verdictOn(end: InvocationEnd, given: Offsets, partialResponses: boolean): Verdict {
  if ('failed' in end) return { retry: given, because: end.failed };
  if (!partialResponses || end.returned === null || end.returned === undefined)
    return { retry: nothing, because: undefined };
  const listed = listedFailures(end.returned);
  if (listed === undefined) return { retry: given, because: 'the answer is not a partial batch response' };
  const known = new Map(Array.from(given, ([label, offsets]) => [label, new Set(offsets)]));
  const retry = new Map<string, number[]>();
  for (const { partition, offset } of listed) {
    if (!known.get(partition)?.has(offset)) {
      return {
        retry: given,
        because: `the answer names ${partition} offset ${offset}, which was not in the event`,
      };
    }
    const offsets = retry.get(partition) ?? [];
    offsets.push(offset);
    retry.set(partition, offsets);
  }
  if (retry.size === 0) return { retry, because: undefined };
  return { retry: inGivenOrder(given, retry), because: `${listed.length} records were reported as failed` };
}

/** The identifiers of an answer, or undefined where it has not the shape of one. */
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

function inGivenOrder(given: Offsets, retry: ReadonlyMap<string, readonly number[]>): Offsets {
  const ordered = new Map<string, readonly number[]>();
  for (const [label, offsets] of given) {
    const again = new Set(retry.get(label));
    if (again.size > 0)
      ordered.set(
        label,
        offsets.filter((offset) => again.has(offset)),
      );
  }
  return ordered;
}
