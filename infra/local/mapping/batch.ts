/**
 * A batch in delivery: the records of one payload or of a part of it, and their attempts so far. Plain data, and functions
 * that split it. No split loses or repeats a record.
 */
import type { FetchedRecord, Records } from './kafka-event.ts';

export interface MappingBatch {
  /** By `<topic>-<partition>`, in log order; no list is empty. */
  readonly records: Records;
  /** Attempts that used a retry. */
  readonly failures: number;
  /** Attempts that reached the function. */
  readonly invocations: number;
  /** The last attempt that reached the function. */
  readonly last: EndedInvocation | undefined;
}

interface EndedInvocation {
  readonly requestId: string;
  /** Lambda's name for a throw, a crash or a timeout; null if the function returned. */
  readonly functionError: 'Unhandled' | null;
}

export function buildBatch(records: Records): MappingBatch {
  return { records, failures: 0, invocations: 0, last: undefined };
}

export function countRecords(records: Records): number {
  let count = 0;
  for (const list of records.values()) count += list.length;
  return count;
}

/** Returns the records for which the predicate holds, and the others; both by partition. */
export function splitBatch(
  records: Records,
  holds: (record: FetchedRecord, label: string) => boolean,
): [Records, Records] {
  const [those, others] = [new Map<string, FetchedRecord[]>(), new Map<string, FetchedRecord[]>()];
  for (const [label, list] of records)
    for (const record of list) {
      const half = holds(record, label) ? those : others;
      const taken = half.get(label);
      if (taken === undefined) half.set(label, [record]);
      else taken.push(record);
    }
  return [those, others];
}

/**
 * Halves a batch, lower offsets first: in the middle of each partition or, if each has only one record, between
 * partitions. Undefined for a single record. How Lambda halves a batch of several partitions is not documented.
 */
export function halveBatch({ records, ...rest }: MappingBatch): [MappingBatch, MappingBatch] | undefined {
  if (countRecords(records) < 2) return undefined;
  const [first, second] = [
    new Map<string, readonly FetchedRecord[]>(),
    new Map<string, readonly FetchedRecord[]>(),
  ];
  const byPosition = [...records.values()].some(({ length }) => length > 1);
  let index = 0;
  for (const [label, list] of records) {
    const middle = byPosition ? Math.ceil(list.length / 2) : index < records.size / 2 ? 1 : 0;
    if (middle > 0) first.set(label, list.slice(0, middle));
    if (middle < list.length) second.set(label, list.slice(middle));
    index += 1;
  }
  return [
    { ...rest, records: first },
    { ...rest, records: second },
  ];
}
