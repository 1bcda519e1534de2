/** Batches for tests of what becomes of them. */
import { buildBatch, type MappingBatch } from '../../infra/local/mapping/batch.ts';
import type { Decision } from '../../infra/local/mapping/decide.ts';
import type { Records } from '../../infra/local/mapping/kafka-event.ts';

export type Offsets = Readonly<Record<string, readonly number[]>>;

/** With these timestamps, or with a time long past. */
export function recordsAt(offsets: Offsets, timestampOf: (offset: number) => number = () => 1): Records {
  return new Map(
    Object.entries(offsets).map(([label, list]) => [
      label,
      list.map((offset) => ({ offset, timestamp: timestampOf(offset), text: `{"offset":${offset}}` })),
    ]),
  );
}

export function batchOf(offsets: Offsets, more: Partial<MappingBatch> = {}): MappingBatch {
  return { ...buildBatch(recordsAt(offsets)), ...more };
}

export function offsetsOf(records: Records): Offsets {
  return Object.fromEntries(
    Array.from(records, ([label, list]) => [label, list.map(({ offset }) => offset)]),
  );
}

/** A decision in offsets. */
export interface Decided {
  readonly resolved?: Offsets;
  readonly deliver?: readonly Offsets[];
  readonly discarded?: readonly (readonly [condition: string, offsets: Offsets])[];
  /** Of what is delivered: the attempts that have used up a retry. */
  readonly failures?: number;
}

export function inOffsets({ resolved, deliver, discarded }: Decision): Decided {
  return {
    ...(resolved.size > 0 && { resolved: offsetsOf(resolved) }),
    ...(deliver.length > 0 && {
      deliver: deliver.map(({ records }) => offsetsOf(records)),
      failures: deliver[0]?.failures ?? -1,
    }),
    ...(discarded.length > 0 && {
      discarded: discarded.map(({ condition, batch }) => [condition, offsetsOf(batch.records)] as const),
    }),
  };
}
