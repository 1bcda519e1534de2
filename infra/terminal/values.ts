/**
 * Values of options: each function takes the text of the command line and returns the value, or throws what is allowed. Commander puts
 * the option's name and the text given in front.
 */
import { InvalidArgumentError } from 'commander';

/** A whole number from min to max, both included. */
export function parseWholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (given: string) => number {
  return readNumber(/^(0|[1-9]\d{0,15})$/, 'a whole number', min, max);
}

/** A decimal number from min to max, both included. */
export function parseDecimal(min: number, max: number): (given: string) => number {
  return readNumber(/^\d+(\.\d+)?$/, 'a number', min, max);
}

function readNumber(pattern: RegExp, kind: string, min: number, max: number): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (pattern.test(given) && number >= min && number <= max) return number;
    const upTo = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Allowed is ${kind} ${upTo}.`);
  };
}

export function parseMatching(pattern: RegExp, allowed: string): (given: string) => string {
  return (given) => {
    if (pattern.test(given)) return given;
    throw new InvalidArgumentError(`Allowed is ${allowed}.`);
  };
}

/** Texts joined by commas, each checked. */
export function parseList<Value>(one: (given: string) => Value): (given: string) => Value[] {
  return (given) => [...new Set(given.split(',').map((item) => item.trim()))].map(one);
}

const HOUR_MS = 3_600_000;

/** The first millisecond of a UTC time like 2026-11-21, 2026-11-21T10 or 2026-11-21T10:30:00Z. */
export function parseUtcStart(given: string): number {
  return readUtc(given).from;
}

/** The last millisecond of it: a day means all of the day, an hour all of the hour. */
export function parseUtcEnd(given: string): number {
  return readUtc(given).to;
}

/** As `parseUtcStart`, of a day or an hour. */
export function parseHourStart(given: string): number {
  return readHour(given).from;
}

/** As `parseUtcEnd`, of a day or an hour. */
export function parseHourEnd(given: string): number {
  return readHour(given).to;
}

function readHour(given: string): { readonly from: number; readonly to: number } {
  if (/^[\d-]{10}(T\d{2})?$/.test(given)) return readUtc(given);
  throw new InvalidArgumentError('Allowed is a UTC day or hour like 2026-11-21 or 2026-11-21T10.');
}

function readUtc(given: string): { readonly from: number; readonly to: number } {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2})(?::(\d{2})(?::(\d{2})(?:\.\d{1,3})?)?)?Z?)?$/.exec(given);
  if (parts !== null) {
    const [, day = '', hour, minute, second] = parts;
    const from = Date.parse(`${day}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}Z`);
    const length =
      hour === undefined
        ? 24 * HOUR_MS
        : minute === undefined
          ? HOUR_MS
          : second === undefined
            ? 60_000
            : 1_000;
    // `Date.parse` takes November 31 for December 1.
    if (!Number.isNaN(from) && new Date(from).toISOString().startsWith(day))
      return { from, to: from + length - 1 };
  }
  throw new InvalidArgumentError(
    'Allowed is a UTC time like 2026-11-21, 2026-11-21T10 or 2026-11-21T10:30:00Z.',
  );
}

export function parseOneOf<const Allowed extends readonly string[]>(
  ...allowed: Allowed
): (given: string) => Allowed[number] {
  return (given) => {
    const found = allowed.find((one) => one === given);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed ${allowed.length === 1 ? 'is' : 'are'} ${allowed.join(', ')}.`);
  };
}
