/** Sets of offsets as the ledger writes them, `0-4711,4713`: ranges with both ends, ascending, never touching. The auditor's own reading. */

export type OffsetRange = readonly [from: number, to: number];
export type Ranges = readonly OffsetRange[];

/** Throws on a text that is no such set. */
export function parseRanges(text: string): Ranges {
  if (text === '') return [];
  const ranges = text.split(',').map((part): OffsetRange => {
    const found = /^(0|[1-9]\d*)(?:-([1-9]\d*))?$/.exec(part);
    if (found === null) throw new RangeError(`'${part}' is no range of offsets`);
    const from = Number(found[1]);
    const to = found[2] === undefined ? from : Number(found[2]);
    if (!Number.isSafeInteger(to) || (found[2] !== undefined && to <= from))
      throw new RangeError(`'${part}' is no range of offsets`);
    return [from, to];
  });
  for (const [i, [from]] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before !== undefined && from <= before[1] + 1)
      throw new RangeError(
        `the ranges ${writeRange(before)} and ${writeRange(ranges[i] as OffsetRange)} touch`,
      );
  }
  return ranges;
}

/** The offsets of all sets together, sorted and joined. */
export function joinRanges(sets: readonly Ranges[]): Ranges {
  const all: [number, number][] = [];
  for (const [from, to] of sets.flat().sort((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last === undefined || from > last[1] + 1) all.push([from, to]);
    else last[1] = Math.max(last[1], to);
  }
  return all;
}

/** The offsets of `ranges` that are not in `others`. */
export function subtractRanges(ranges: Ranges, others: Ranges): Ranges {
  const left: OffsetRange[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    let at = from;
    while (next < others.length && (others[next] as OffsetRange)[1] < from) next += 1;
    for (let i = next; i < others.length && (others[i] as OffsetRange)[0] <= to; i++) {
      const [start, end] = others[i] as OffsetRange;
      if (start > at) left.push([at, start - 1]);
      at = Math.max(at, end + 1);
    }
    if (at <= to) left.push([at, to]);
  }
  return left;
}

/** The offsets from `from` to `to`, both included; none where `to` is before `from`. */
export function clipRanges(ranges: Ranges, from: number, to: number): Ranges {
  if (to < from) return [];
  return ranges
    .filter((range) => range[1] >= from && range[0] <= to)
    .map((range) => [Math.max(range[0], from), Math.min(range[1], to)]);
}

export function countOffsets(ranges: Ranges): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

export function formatRanges(ranges: Ranges): string {
  return ranges.map(writeRange).join(',');
}

function writeRange([from, to]: OffsetRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}
