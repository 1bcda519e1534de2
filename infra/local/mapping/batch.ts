/**
 * A batch on its way: the records of one payload, or of what is left or cut off of it, and what has happened to them so
 * far. Plain data and the ways to take it apart; no way makes a record appear twice or not at all.
 */
import type { FetchedRecord, Records } from './kafka-event.ts';

export interface MappingBatch {
  /** By `<topic>-<partition>`, in the order of the log; no list is empty. */
  readonly records: Records;
  /** Attempts that have used up a retry. */
  readonly failures: number;
  /** Attempts that have reached the function. */
  readonly invocations: number;
  /** The last of those. */
  readonly last: EndedInvocation | undefined;
}

export interface EndedInvocation {
  readonly requestId: string;
  /** As Lambda calls a throw, a crash and a timeout; null where the function returned. */
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

/** The records that hold, by partition; those of the others as well. */
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
 * In two, the lower offsets first: in the middle of each partition, or, where each has but one record, between the
 * partitions; undefined where there is only one record. How Lambda cuts a batch of several partitions is not documented.
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
