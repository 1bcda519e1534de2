/**
 * Sets of Kafka offsets as disjoint intervals: which offsets of a partition are resolved, parked, void (I2).
 *
 * A set is a flat list [from, to, from, to, …], both ends inclusive, ascending, never touching (0-4 and 5-9 are one
 * interval 0-9). A partition without gaps is one interval however long it grows, which is what makes an exact set
 * cheap enough to stand in every entry. Written as text `0-4711,4713,4720-5000`, to be read in the console.
 * Sets are never changed in place.
 */

export type OffsetSet = readonly number[];

export const noOffsets: OffsetSet = [];

const intervalPattern = /^(0|[1-9]\d*)(?:-([1-9]\d*))?$/;

/** The offsets from `start` up to, not including, `end`; none where `end` is not after it. */
export function buildInterval(start: number, end: number): OffsetSet {
  return end > start ? [start, end - 1] : noOffsets;
}

/** The set of ascending, distinct offsets. */
export function buildOffsetSet(ascending: Iterable<number>): OffsetSet {
  const set: number[] = [];
  for (const offset of ascending) {
    const last = set.length - 1;
    if (last >= 0 && offset <= at(set, last)) throw new RangeError(`offset ${offset} does not ascend`);
    if (last >= 0 && offset === at(set, last) + 1) set[last] = offset;
    else set.push(offset, offset);
  }
  return set;
}

export function hasOffset(set: OffsetSet, offset: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (offset < at(set, 2 * middle)) high = middle - 1;
    else if (offset > at(set, 2 * middle + 1)) low = middle + 1;
    else return true;
  }
  return false;
}

export function uniteOffsets(a: OffsetSet, b: OffsetSet): OffsetSet {
  const set: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && at(a, i) <= at(b, j));
    const from = fromA ? at(a, i) : at(b, j);
    const to = fromA ? at(a, i + 1) : at(b, j + 1);
    if (fromA) i += 2;
    else j += 2;
    const last = set.length - 1;
    if (last >= 0 && from <= at(set, last) + 1) set[last] = Math.max(at(set, last), to);
    else set.push(from, to);
  }
  return set;
}

/** The offsets of `a` that are not in `b`. */
export function subtractOffsets(a: OffsetSet, b: OffsetSet): OffsetSet {
  const set: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let from = at(a, i);
    const to = at(a, i + 1);
    while (j < b.length && at(b, j + 1) < from) j += 2;
    for (let k = j; k < b.length && at(b, k) <= to; k += 2) {
      if (at(b, k) > from) set.push(from, at(b, k) - 1);
      from = at(b, k + 1) + 1;
    }
    if (from <= to) set.push(from, to);
  }
  return set;
}

/** The offsets that are in both. */
export function intersectOffsets(a: OffsetSet, b: OffsetSet): OffsetSet {
  return subtractOffsets(a, subtractOffsets(a, b));
}

export function countOffsets(set: OffsetSet): number {
  let count = 0;
  for (let i = 0; i < set.length; i += 2) count += at(set, i + 1) - at(set, i) + 1;
  return count;
}

export function countIntervals(set: OffsetSet): number {
  return set.length / 2;
}

/** The offsets between the lowest and the highest of the set that are not in it: the gaps of a resolved set. */
export function findGaps(set: OffsetSet): OffsetSet {
  const gaps: number[] = [];
  for (let i = 2; i < set.length; i += 2) gaps.push(at(set, i - 1) + 1, at(set, i) - 1);
  return gaps;
}

/** Every offset of the set, ascending. */
export function* listOffsets(set: OffsetSet): Generator<number> {
  for (let i = 0; i < set.length; i += 2) {
    for (let offset = at(set, i); offset <= at(set, i + 1); offset++) yield offset;
  }
}

/** The offset after the highest one, or 0 of an empty set. */
export function findNextOffset(set: OffsetSet): number {
  return set.length === 0 ? 0 : at(set, set.length - 1) + 1;
}

export function formatOffsets(set: OffsetSet): string {
  const parts: string[] = [];
  for (let i = 0; i < set.length; i += 2) {
    const from = at(set, i);
    const to = at(set, i + 1);
    parts.push(from === to ? `${from}` : `${from}-${to}`);
  }
  return parts.join(',');
}

/** The inverse of `formatOffsets`; anything it can't have written is refused, for a wrong set bills twice. */
export function parseOffsets(text: string): OffsetSet {
  if (text === '') return noOffsets;
  const set: number[] = [];
  for (const part of text.split(',')) {
    const match = intervalPattern.exec(part);
    const from = Number(match?.[1]);
    const to = match?.[2] === undefined ? from : Number(match[2]);
    const floor = set.length === 0 ? -1 : at(set, set.length - 1) + 1;
    const sound = match !== null && from > floor && (match[2] === undefined || to > from);
    if (!sound || !Number.isSafeInteger(to))
      throw new RangeError(`not a set of offsets: '${part}' in '${text}'`);
    set.push(from, to);
  }
  return set;
}

function at(set: OffsetSet, index: number): number {
  return set[index] as number;
}
