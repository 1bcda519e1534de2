/**
 * What a batch changes: sums per hour and key, and what the fold flagged.
 *
 * Written into the entry as one JSON text, hours outside, so that a person reads it in the console and each line costs
 * little more than its own characters (ADR 0002 has the sizes of the rivals):
 *
 *   {"2026-11-21T10":{"adv-7":[12,15000000],"adv-9":[1,250000,1]}}       hour (UTC) → key → [sums in the order of the measures, flagged?]
 *
 * Sums within a batch are safe integers; whoever adds up batches uses BigInt (I6).
 */
import type { AnyEvent } from '../contract/contract.ts';
import { readTime } from '../contract/decode.ts';
import { AppError } from '../errors.ts';
import { type Counting, formatKey, type Measure } from './count.ts';

export interface Line {
  /** In the order of the measures. */
  readonly sums: number[];
  /** Events of the line that the fold flagged. */
  flagged: number;
}

/** By hour and key. */
export type Hours = ReadonlyMap<string, ReadonlyMap<string, Readonly<Line>>>;

/** An event that the fold found suspicious, by its position; never by anything personal. */
export interface Flag {
  readonly offset: number;
  readonly rule: string;
  readonly score: number;
}

/** What a key is made of: the values of the fields that the group counts by, in that order. */
type KeyValues = readonly (string | number | boolean)[];

/** Lines of an hour by the values of their key. */
type Tree = Map<unknown, Tree | Line>;

const HOUR_MS = 3_600_000;

/** What a fold did wrong, as the rest of a sentence that begins with the fold. */
export class FoldFault extends Error {}

/** An event may be flagged under several rules, and added to several lines. */
const FLAGS_PER_EVENT_MAX = 16;
const ADDS_PER_EVENT_MAX = 16;
const RULE_CHARACTERS_MAX = 64;

export class Delta {
  readonly hours = new Map<string, Map<string, Line>>();
  readonly flags: Flag[] = [];
  /** Of all lines, in the order of the measures. */
  readonly totals: number[];
  /** What the fold did wrong first, should it have caught the throw. */
  fault: FoldFault | undefined;
  readonly #counting: Counting;
  /** Of the event at hand, in the order of the measures. */
  readonly #amounts: number[];
  readonly #trees = new Map<number, Tree>();
  #hourNumber = -1;
  #hourTree: Tree = new Map();
  #hourLines = new Map<string, Line>();
  /** The offset and time whose turn it is; none outside of a batch. */
  #turn: number | undefined;
  #time = -1;
  #counted = false;
  #adds = 0;
  #flagged = 0;

  constructor(counting: Counting) {
    this.#counting = counting;
    this.totals = counting.measures.map(() => 0);
    this.#amounts = counting.measures.map(() => 0);
  }

  /** From here on it is the turn of this event: the fold may count it once, add amounts, flag it, and touch no other. */
  begin({ record }: AnyEvent): void {
    this.#turn = record.offset;
    this.#time = record.timestamp;
    this.#counted = false;
    this.#adds = 0;
    this.#flagged = 0;
  }

  /**
   * Counts the event as the group's `count` says, in the hour of its record's timestamp: by its own fields, with their amounts.
   * Throws `FoldFault` on what no line can hold.
   */
  count(event: AnyEvent): void {
    const { measures, filter } = this.#counting;
    this.#assertTurn(event);
    if (this.#counted && this.#turn !== undefined)
      this.#refuse(`counts the event at offset ${this.#turn} twice, allowed is once`);
    if (filter !== undefined && !filter(event)) return;
    const amounts = this.#amounts;
    for (let i = 0; i < measures.length; i++) {
      const measure = measures[i] as Measure;
      const amount = measure.amount === 1 ? 1 : (measure.amount(event) ?? 0);
      if (measure.amount !== 1) this.#assertAmount(measure, amount);
      amounts[i] = amount as number;
    }
    const { sums } = this.#lineOf(event);
    const { totals } = this;
    this.#counted = true;
    for (let i = 0; i < amounts.length; i++) {
      const amount = amounts[i] as number;
      sums[i] = (sums[i] as number) + amount;
      totals[i] = (totals[i] as number) + amount;
    }
  }

  /**
   * Adds amounts to a line, in the hour of the event whose turn it is.
   * @param key the values of the fields that the group counts by, in that order
   * @param amounts by measure, whole numbers within what the group declares; measures that are left out add nothing
   */
  add(key: KeyValues, amounts: Readonly<Record<string, number>>): void {
    const { by, measures } = this.#counting;
    if (this.#turn === undefined) this.#refuse('adds outside of the turn of an event');
    if (++this.#adds > ADDS_PER_EVENT_MAX)
      this.#refuse(`adds more than ${ADDS_PER_EVENT_MAX} times for one event`);
    if (!Array.isArray(key) || key.length !== by.length)
      this.#refuse(`adds to a key that is not made of ${by.join(', ')}`);
    const given = Object.entries(amounts).map(([name, amount]): [number, number] => {
      const at = measures.findIndex((measure) => measure.name === name);
      if (at === -1)
        this.#refuse(`adds to '${name}', allowed are ${measures.map((measure) => measure.name).join(', ')}`);
      this.#assertAmount(measures[at] as Measure, amount);
      return [at, amount];
    });
    const line = this.#lineAt(this.#time, key);
    for (const [at, amount] of given) this.#sum(line, at, amount);
  }

  /**
   * Marks an event as suspicious, on the line of its own fields.
   * @param rule 1 to 64 characters that name why
   * @param score how much so, a finite number
   */
  flag(event: AnyEvent, rule: string, score: number): void {
    this.#assertTurn(event);
    if (typeof rule !== 'string' || rule === '' || rule.length > RULE_CHARACTERS_MAX || !rule.isWellFormed())
      this.#refuse(`flags under a rule that is not a text of 1 to ${RULE_CHARACTERS_MAX} characters`);
    if (!Number.isFinite(score)) this.#refuse(`flags with a score of ${score}, allowed is a finite number`);
    if (++this.#flagged > FLAGS_PER_EVENT_MAX && this.#turn !== undefined)
      this.#refuse(`flags one event more than ${FLAGS_PER_EVENT_MAX} times`);
    this.#lineOf(event).flagged += 1;
    this.flags.push({ offset: event.record.offset, rule, score: score + 0 }); // JSON has no -0.
  }

  /** Adds what a later part of the same batch changes. */
  join(part: Delta): void {
    for (const [hour, lines] of part.hours) {
      const into = this.hours.get(hour) ?? new Map<string, Line>();
      this.hours.set(hour, into);
      for (const [key, { sums, flagged }] of lines) {
        const line = into.get(key) ?? { sums: sums.map(() => 0), flagged: 0 };
        into.set(key, line);
        for (const [i, sum] of sums.entries()) line.sums[i] = (line.sums[i] as number) + sum;
        line.flagged += flagged;
      }
    }
    for (const flag of part.flags) this.flags.push(flag);
    for (const [i, total] of part.totals.entries()) this.totals[i] = (this.totals[i] as number) + total;
    this.#trees.clear();
    this.#hourNumber = -1;
  }

  #assertTurn({ record }: AnyEvent): void {
    if (this.#turn !== undefined && record.offset !== this.#turn)
      this.#refuse(`counts or flags the event at offset ${record.offset} in the turn of ${this.#turn}`);
  }

  #assertAmount({ name, min, max }: Measure, amount: unknown): void {
    if (Number.isInteger(amount) && (amount as number) >= min && (amount as number) <= max) return;
    const given = typeof amount === 'number' ? amount : `a ${typeof amount}`;
    this.#refuse(`adds ${given} to ${name}, allowed is an integer from ${min} to ${max}`);
  }

  #sum(line: Line, at: number, amount: number): void {
    const sum = (line.sums[at] as number) + amount;
    if (!Number.isSafeInteger(sum)) this.#refuse('adds more than an exact number can hold');
    line.sums[at] = sum;
    this.totals[at] = (this.totals[at] as number) + amount;
  }

  #refuse(fault: string): never {
    this.fault ??= new FoldFault(fault);
    throw this.fault;
  }

  /** Of the event's own hour and fields. Most events meet a line that is there. */
  #lineOf(event: AnyEvent): Line {
    const { keys, isPlain } = this.#counting;
    const { timestamp } = event.record;
    this.#turnTo(timestamp);
    if (isPlain) {
      const key = (keys[0] as (event: AnyEvent) => unknown)(event);
      return this.#hourLines.get(key as string) ?? this.#lineAt(timestamp, [key as string]);
    }
    let found: Tree | Line | undefined = this.#hourTree;
    for (let i = 0; i < keys.length && found !== undefined; i++)
      found = (found as Tree).get((keys[i] as (event: AnyEvent) => unknown)(event));
    return (
      (found as Line | undefined) ?? this.#lineAt(timestamp, keys.map((read) => read(event)) as KeyValues)
    );
  }

  #lineAt(timestamp: number, values: KeyValues): Line {
    this.#turnTo(timestamp);
    for (let i = 0; i < values.length; i++) this.#assertKeyValue(this.#counting.by[i] as string, values[i]);
    const line = this.#lineUnder(formatKey(values));
    if (this.#counting.isPlain) return line;
    let tree = this.#hourTree;
    for (const value of values.slice(0, -1)) {
      const next = (tree.get(value) as Tree | undefined) ?? (new Map() as Tree);
      tree.set(value, next);
      tree = next;
    }
    tree.set(values.at(-1), line);
    return line;
  }

  #lineUnder(key: string): Line {
    if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX)
      this.#refuse(`counts under a key that no line can hold, allowed are ${KEY_BYTES_MAX} bytes`);
    const line = this.#hourLines.get(key) ?? { sums: this.totals.map(() => 0), flagged: 0 };
    if (this.#hourLines.size === 0) this.hours.set(formatHour(this.#hourNumber * HOUR_MS), this.#hourLines);
    this.#hourLines.set(key, line);
    return line;
  }

  #assertKeyValue(name: string, value: unknown): void {
    const sound = typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value);
    if (!sound) this.#refuse(`counts under '${name}', which is no text, whole number or truth value`);
  }

  #turnTo(timestamp: number): void {
    const hourNumber = Math.floor(timestamp / HOUR_MS);
    if (hourNumber === this.#hourNumber) return;
    if (readTime({ timestamp }) < 0) this.#refuse('counts an event of another time than its record has');
    this.#hourTree = this.#trees.get(hourNumber) ?? new Map();
    this.#trees.set(hourNumber, this.#hourTree);
    this.#hourLines = this.hours.get(formatHour(hourNumber * HOUR_MS)) ?? new Map();
    this.#hourNumber = hourNumber;
  }
}

/** A partition key of DynamoDB has 2,048 bytes (Amazon DynamoDB docs: Constraints), and the prefix of lines is short. */
export const KEY_BYTES_MAX = 2_000;

/** The UTC hour of an epoch time in milliseconds, as `2026-11-21T10`. */
export function formatHour(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 13);
}

/** Most keys need no escapes, so nothing is asked of JSON. */
const plainKey = /^[A-Za-z0-9._:, -]*$/;

export function formatLines(hours: Hours): string {
  const hourTexts: string[] = [];
  for (const [hour, lines] of hours) {
    const texts: string[] = [];
    for (const [key, { sums, flagged }] of lines) {
      const quoted = plainKey.test(key) ? `"${key}"` : JSON.stringify(key);
      texts.push(
        flagged === 0 ? `${quoted}:[${sums.join(',')}]` : `${quoted}:[${sums.join(',')},${flagged}]`,
      );
    }
    hourTexts.push(`"${hour}":{${texts.join(',')}}`);
  }
  return `{${hourTexts.join(',')}}`;
}

/**
 * The lines of a delta text. Throws `journal.damaged` on anything that `formatLines` can't have written.
 * @param measures how many sums a line has
 */
export function* parseLines(
  text: string,
  measures: number,
): Generator<{ hour: string; key: string; line: Line }> {
  for (const [hour, lines] of membersOf(text, parsed(text))) {
    for (const [key, numbers] of membersOf(hour, lines)) {
      const sound =
        Array.isArray(numbers) &&
        (numbers.length === measures || numbers.length === measures + 1) &&
        numbers.every((n) => Number.isSafeInteger(n)) &&
        (numbers[measures] ?? 0) >= 0;
      if (!sound) throw damaged(`${hour} ${key}`);
      const sums = numbers as number[];
      yield { hour, key, line: { sums: sums.slice(0, measures), flagged: sums[measures] ?? 0 } };
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
