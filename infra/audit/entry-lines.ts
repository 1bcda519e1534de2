/**
 * The lines of an entry: sums per hour and advertiser. Kept as the text that the entry holds, a few bytes for each, and read as
 * often as they are needed: an audit has all entries of a partition in hand.
 */
import { Damage } from './attributes.ts';

export interface Sums {
  readonly clicks: bigint;
  readonly micros: bigint;
  readonly flagged: bigint;
}

export const zero: Sums = { clicks: 0n, micros: 0n, flagged: 0n };

export interface EntryLines {
  readonly sum: Sums;
  /** By `<hour> <advertiser>`. */
  each(): Generator<[line: string, sums: Sums]>;
}

/** By the contract of the click. */
const CLICK_MICROS_MAX = 1_000_000_000n;

/** Throws on a text that is none of lines. */
export function readLines(written: string): EntryLines {
  let sum = zero;
  for (const [, sums] of linesIn(written)) sum = addSums(sum, sums);
  return { sum, each: () => linesIn(written) };
}

function* linesIn(written: string): Generator<[string, Sums]> {
  const hours = JSON.parse(written) as Record<string, Record<string, number[]>>;
  for (const [hour, advertisers] of Object.entries(hours)) {
    if (!isHour(hour)) throw new Damage(`'${hour}' is no hour`);
    for (const [advertiser, numbers] of Object.entries(advertisers)) {
      const sums = sumsIn(numbers);
      if (sums === undefined)
        throw new Damage(`the line ${hour} ${advertiser} is ${JSON.stringify(numbers)}`);
      yield [`${hour} ${advertiser}`, sums];
    }
  }
}

function sumsIn(numbers: readonly number[]): Sums | undefined {
  if (numbers.length < 2 || numbers.length > 3 || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0))
    return undefined;
  const [clicks = 0n, micros = 0n, flagged = 0n] = numbers.map(BigInt);
  return isPossible({ clicks, micros, flagged }) ? { clicks, micros, flagged } : undefined;
}

/** Whether so many clicks may be worth so much, and so many of them flagged. */
export function isPossible({ clicks, micros, flagged }: Sums): boolean {
  return micros >= 0n && flagged >= 0n && micros <= clicks * CLICK_MICROS_MAX && flagged <= clicks;
}

/** `2026-11-21T10`, of an hour that there is. */
export function isHour(hour: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d$/.test(hour)) return false;
  const time = Date.parse(`${hour}:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(hour);
}

export function addSums(a: Sums, b: Sums): Sums {
  return { clicks: a.clicks + b.clicks, micros: a.micros + b.micros, flagged: a.flagged + b.flagged };
}
