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
import { advertiserPattern, type Click, PRICE_MICROS_MAX, readTime } from '../contract/decode.ts';
import { AppError } from '../errors.ts';

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

/** What a fold did wrong, as the rest of a sentence that begins with the fold. */
export class FoldFault extends Error {}

/** A click may be flagged under several rules. */
const FLAGS_PER_CLICK_MAX = 16;
const RULE_CHARACTERS_MAX = 64;

export class Delta {
  readonly hours = new Map<string, Map<string, Line>>();
  readonly flags: Flag[] = [];
  clicks = 0;
  micros = 0;
  /** What the fold did wrong first, should it have caught the throw. */
  fault: FoldFault | undefined;
  #hourNumber = -1;
  #hourLines = new Map<string, Line>();
  /** The offset whose turn it is; none outside of a batch. */
  #turn: number | undefined;
  #counted = false;
  #flagged = 0;

  /** From here on it is the turn of this click: the fold may count it once, flag it, and touch no other. */
  begin(click: Click): void {
    this.#turn = click.record.offset;
    this.#counted = false;
    this.#flagged = 0;
  }

  /** Counts the click in the hour of its record's timestamp. Throws `FoldFault` on what no line can hold. */
  bill(click: Click): void {
    const { priceMicros } = click;
    this.#assertTurn(click);
    if (this.#counted && this.#turn !== undefined)
      this.#refuse(`counts the click at offset ${this.#turn} twice, allowed is once`);
    if (!Number.isInteger(priceMicros) || priceMicros < 0 || priceMicros > PRICE_MICROS_MAX)
      this.#refuse(
        `counts ${typeof priceMicros === 'number' ? priceMicros : `a ${typeof priceMicros}`} micros, allowed is an integer from 0 to ${PRICE_MICROS_MAX}`,
      );
    const line = this.#lineOf(click);
    this.#counted = true;
    line.clicks += 1;
    line.micros += priceMicros;
    this.clicks += 1;
    this.micros += priceMicros;
  }

  /**
   * Marks a click as suspicious.
   * @param rule 1 to 64 characters that name why
   * @param score how much so, a finite number
   */
  flag(click: Click, rule: string, score: number): void {
    this.#assertTurn(click);
    if (typeof rule !== 'string' || rule === '' || rule.length > RULE_CHARACTERS_MAX || !rule.isWellFormed())
      this.#refuse(`flags under a rule that is not a text of 1 to ${RULE_CHARACTERS_MAX} characters`);
    if (!Number.isFinite(score)) this.#refuse(`flags with a score of ${score}, allowed is a finite number`);
    if (++this.#flagged > FLAGS_PER_CLICK_MAX && this.#turn !== undefined)
      this.#refuse(`flags one click more than ${FLAGS_PER_CLICK_MAX} times`);
    this.#lineOf(click).flagged += 1;
    this.flags.push({ offset: click.record.offset, rule, score: score + 0 }); // JSON has no -0.
  }

  /** Adds what a later part of the same batch changes. */
  add(part: Delta): void {
    for (const [hour, lines] of part.hours) {
      const into = this.hours.get(hour) ?? new Map<string, Line>();
      this.hours.set(hour, into);
      for (const [advertiser, { clicks, micros, flagged }] of lines) {
        const line = into.get(advertiser) ?? { clicks: 0, micros: 0, flagged: 0 };
        into.set(advertiser, line);
        line.clicks += clicks;
        line.micros += micros;
        line.flagged += flagged;
      }
    }
    for (const flag of part.flags) this.flags.push(flag);
    this.clicks += part.clicks;
    this.micros += part.micros;
  }

  #assertTurn({ record }: Click): void {
    if (this.#turn !== undefined && record.offset !== this.#turn)
      this.#refuse(`counts or flags the click at offset ${record.offset} in the turn of ${this.#turn}`);
  }

  #refuse(fault: string): never {
    this.fault ??= new FoldFault(fault);
    throw this.fault;
  }

  #lineOf(click: Click): Line {
    const hourNumber = Math.floor(click.record.timestamp / HOUR_MS);
    if (hourNumber !== this.#hourNumber) {
      if (readTime(click.record) < 0) this.#refuse('counts a click of another time than its record has');
      this.#turnTo(hourNumber);
    }
    let line = this.#hourLines.get(click.advertiserId);
    if (line === undefined) {
      if (typeof click.advertiserId !== 'string' || !advertiserPattern.test(click.advertiserId))
        this.#refuse(
          `counts under an advertiser that no line can hold, allowed are 1 to 64 characters of [A-Za-z0-9._:-], the first a letter or digit`,
        );
      line = { clicks: 0, micros: 0, flagged: 0 };
      this.#hourLines.set(click.advertiserId, line);
    }
    return line;
  }

  #turnTo(hourNumber: number): void {
    const hour = formatHour(hourNumber * HOUR_MS);
    this.#hourLines = this.hours.get(hour) ?? new Map<string, Line>();
    this.hours.set(hour, this.#hourLines);
    this.#hourNumber = hourNumber;
  }
}

/** The UTC hour of an epoch time in milliseconds, as `2026-11-21T10`. */
export function formatHour(timestamp: number): string {
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

/** The lines of a delta text. Throws `journal.damaged` on anything that `formatLines` can't have written. */
export function* parseLines(text: string): Generator<{ hour: string; advertiser: string; line: Line }> {
  for (const [hour, lines] of membersOf(text, parsed(text))) {
    for (const [advertiser, numbers] of membersOf(hour, lines)) {
      const sound =
        Array.isArray(numbers) &&
        (numbers.length === 2 || numbers.length === 3) &&
        numbers.every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!sound) throw damaged(`${hour} ${advertiser}`);
      const [clicks, micros, flagged = 0] = numbers as [number, number, number?];
      yield { hour, advertiser, line: { clicks, micros, flagged } };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(text);
  }
}

function membersOf(where: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(where);
  return Object.entries(value);
}

function damaged(where: string): AppError {
  return new AppError('journal.damaged', `no lines of a delta: ${JSON.stringify(where.slice(0, 100))}`);
}
