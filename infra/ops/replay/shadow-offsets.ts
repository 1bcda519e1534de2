/**
 * Which offsets of a journal can be compared with another fold of the same log: pure. An entry holds sums of all its offsets together,
 * so it is in as a whole or not at all; and what it parked and another applied later belongs together.
 */

import { parseLines } from '../../../shared/delta.ts';
import { type Changed, type Entry, settledBy } from '../../../shared/journal.ts';
import {
  countOffsets,
  intersection,
  noOffsets,
  type OffsetSet,
  union,
  without,
} from '../../../shared/offsets.ts';

export interface LineSums {
  clicks: bigint;
  micros: bigint;
  flagged: bigint;
}

/** Sums by `<hour> <advertiser>`, and how many offsets are behind them. */
export interface Sums {
  readonly lines: Map<string, LineSums>;
  applied: number;
  parked: number;
}

export interface Comparable {
  readonly offsets: OffsetSet;
  readonly entries: readonly Entry[];
}

/** @param range of the log, within which an entry has to lie */
export function comparableIn(entries: readonly Entry[], range: OffsetSet): Comparable {
  let inside = [...entries];
  for (let before = -1; before !== inside.length; ) {
    before = inside.length;
    const kept = new Set(inside);
    const outside = entries.filter((entry) => !kept.has(entry)).map(({ changed }) => touchedBy(changed));
    const barred = outside.reduce(union, noOffsets);
    inside = inside.filter((entry) => {
      const touched = touchedBy(entry.changed);
      return (
        touched.length > 0 &&
        without(touched, range).length === 0 &&
        intersection(touched, barred).length === 0
      );
    });
  }
  return {
    entries: inside,
    offsets: inside.map(({ changed }) => touchedBy(changed)).reduce(union, noOffsets),
  };
}

export function emptySums(): Sums {
  return { lines: new Map(), applied: 0, parked: 0 };
}

export function addEntries(sums: Sums, entries: readonly Entry[]): void {
  for (const { changed } of entries) {
    sums.parked += changed.parked.length - countOffsets(settledBy(changed));
    sums.applied += countOffsets(touchedBy(changed)) - changed.parked.length;
    for (const { hour, advertiser, line } of parseLines(changed.lines)) {
      const key = `${hour} ${advertiser}`;
      const sum = sums.lines.get(key) ?? { clicks: 0n, micros: 0n, flagged: 0n };
      sum.clicks += BigInt(line.clicks);
      sum.micros += BigInt(line.micros);
      sum.flagged += BigInt(line.flagged);
      sums.lines.set(key, sum);
    }
  }
}

function touchedBy({ offsets, void: empty, accepted, unparked }: Changed): OffsetSet {
  return union(without(offsets, union(empty, accepted?.offsets ?? noOffsets)), unparked);
}
