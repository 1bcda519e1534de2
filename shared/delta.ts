/**
 * What a batch changes: clicks and micros per hour and advertiser, and what the fold flagged.
 *
 * Written into the entry as one JSON text, hours outside, so that a person reads it in the console and each line costs
 * little more than its own characters (ADR 0002 has the sizes of the rivals):
 *
 *   {"2026-11-21T10":{"adv-7":[12,15000000],"adv-9":[1,250000,1]}}       hour (UTC) → advertiser → [clicks, micros, flagged?]
 *
 * Sums within a batch are safe integers (10 000 clicks of at most 10^9 micros); whoever adds up batches uses BigInt (I6).
 */
import type { Click } from './decode.ts';
import { AppError } from './errors.ts';

export interface Line {
  clicks: number;
  micros: number;
  /** Clicks of the line that the fold flagged. */
  flagged: number;
}

/** A click that the fold found suspicious, by its position; never by anything personal. */
export interface Flag {
  readonly offset: number;
  readonly rule: string;
  readonly score: number;
}

const HOUR_MS = 3_600_000;

export class Delta {
  readonly hours = new Map<string, Map<string, Line>>();
  readonly flags: Flag[] = [];
  clicks = 0;
  micros = 0;
  #hourNumber = -1;
  #hourLines = new Map<string, Line>();

  /** Counts the click in the hour of its record's timestamp. */
  bill(click: Click): void {
    const line = this.#lineOf(click);
    line.clicks += 1;
    line.micros += click.priceMicros;
    this.clicks += 1;
    this.micros += click.priceMicros;
    if (!Number.isSafeInteger(this.micros))
      throw new AppError('money.overflow', `a batch of ${this.micros} micros`);
  }

  flag(click: Click, rule: string, score: number): void {
    this.#lineOf(click).flagged += 1;
    this.flags.push({ offset: click.record.offset, rule, score });
  }

  #lineOf(click: Click): Line {
    const hourNumber = Math.floor(click.record.timestamp / HOUR_MS);
    if (hourNumber !== this.#hourNumber) this.#turnTo(hourNumber);
    let line = this.#hourLines.get(click.advertiserId);
    if (line === undefined) {
      line = { clicks: 0, micros: 0, flagged: 0 };
      this.#hourLines.set(click.advertiserId, line);
    }
    return line;
  }

  #turnTo(hourNumber: number): void {
    const hour = hourOf(hourNumber * HOUR_MS);
    this.#hourLines = this.hours.get(hour) ?? new Map<string, Line>();
    this.hours.set(hour, this.#hourLines);
    this.#hourNumber = hourNumber;
  }
}

/** The UTC hour of an epoch time in milliseconds, as `2026-11-21T10`. */
export function hourOf(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 13);
}

/** Ids match `advertiserPattern` and hours are ours, so no character needs escaping. */
export function formatLines(hours: ReadonlyMap<string, ReadonlyMap<string, Line>>): string {
  const hourTexts: string[] = [];
  for (const [hour, lines] of hours) {
    const texts: string[] = [];
    for (const [advertiser, { clicks, micros, flagged }] of lines) {
      texts.push(
        flagged === 0
          ? `"${advertiser}":[${clicks},${micros}]`
          : `"${advertiser}":[${clicks},${micros},${flagged}]`,
      );
    }
    hourTexts.push(`"${hour}":{${texts.join(',')}}`);
  }
  return `{${hourTexts.join(',')}}`;
}

/** The lines of a delta text. Throws on anything `formatLines` can't have written: a damaged entry must be noticed. */
export function* parseLines(text: string): Generator<{ hour: string; advertiser: string; line: Line }> {
  for (const [hour, lines] of Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>)) {
    for (const [advertiser, numbers] of Object.entries(lines)) {
      const sound =
        Array.isArray(numbers) &&
        numbers.length >= 2 &&
        numbers.every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!sound)
        throw new RangeError(`not a line of a delta: ${hour} ${advertiser} ${JSON.stringify(numbers)}`);
      const [clicks, micros, flagged = 0] = numbers as [number, number, number?];
      yield { hour, advertiser, line: { clicks, micros, flagged } };
    }
  }
}
