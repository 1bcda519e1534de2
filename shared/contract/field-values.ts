/**
 * The plain reading of a field: from how a value is written in JSON to what an event holds, or to what is wrong with it. This is the one
 * meaning of each kind; the scanner reads no more than this, only faster.
 */
import type { DecimalField, Field, NumberField, TimeField } from './contract.ts';
import { isMatch, parseTextPattern } from './text-pattern.ts';

/** Of another kind than the field's. */
export const KIND = Symbol('kind');
/** Of its kind, but out of its bounds. */
export const BOUNDS = Symbol('bounds');

/** In: a value as JSON has it, of an object or array the bracket alone. */
export type ReadValue = (written: string) => string | number | boolean | typeof KIND | typeof BOUNDS;

export const TIMESTAMP_MAX = Date.UTC(10_000, 0) - 1;
const MICROS = 1_000_000n;
const integerPattern = /^(?:0|-?[1-9]\d*)$/;
const decimalPattern = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
/** Longer than any number that is in bounds, so that none is made of a text of any length. */
const NUMBER_LENGTH_MAX = 32;
/** An escape takes six characters where the character takes one. */
const ESCAPED = 6;

export function createReader(field: Field): ReadValue {
  switch (field.kind) {
    case 'text': {
      const { min = 1, max } = field;
      const pattern = field.pattern === undefined ? undefined : parseTextPattern(field.pattern);
      return (written) => {
        const text = readTextValue(written, max);
        if (typeof text !== 'string') return text;
        const fits =
          text.length >= min && (pattern === undefined || isMatch(pattern, codesOf(text), 0, text.length));
        return fits ? text : BOUNDS;
      };
    }
    case 'boolean':
      return (written) => (written === 'true' ? true : written === 'false' ? false : KIND);
    case 'one of': {
      const values = new Set(field.values);
      const longest = Math.max(...field.values.map(({ length }) => length));
      return (written) => {
        const text = readTextValue(written, longest);
        return typeof text !== 'string' || values.has(text) ? text : BOUNDS;
      };
    }
    case 'time':
      return field.unit === 'text'
        ? readTimeText
        : inQuotes(field, (digits) => readTimeNumber(digits, field));
    case 'decimal':
      return inQuotes(field, (digits) => readDecimal(digits, field));
    default:
      return inQuotes(field, (digits) => readInteger(digits, field));
  }
}

/** Of at most so many characters. */
function readTextValue(written: string, max: number): string | typeof KIND | typeof BOUNDS {
  if (!written.startsWith('"')) return KIND;
  if (written.length > ESCAPED * max + 2) return BOUNDS;
  const text = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  return text.length <= max ? text : BOUNDS;
}

function codesOf(text: string): Uint16Array {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at++) codes[at] = text.charCodeAt(at);
  return codes;
}

/** A number that is written as a text is in quotes, without escapes; any other is not. */
function inQuotes({ quoted = false }: { readonly quoted?: boolean }, read: ReadValue): ReadValue {
  return (written) => {
    if (!quoted) return read(written);
    return written.startsWith('"') ? read(written.slice(1, -1)) : KIND;
  };
}

function readInteger(digits: string, { min = 0, max }: NumberField): ReturnType<ReadValue> {
  if (!integerPattern.test(digits) || !Number.isSafeInteger(Number(digits))) return KIND;
  const value = Number(digits);
  return value >= min && value <= max ? value : BOUNDS;
}

function readDecimal(digits: string, { scale, min = 0, max }: DecimalField): ReturnType<ReadValue> {
  const [, sign, whole = '', fraction = ''] =
    digits.length > NUMBER_LENGTH_MAX ? [] : (decimalPattern.exec(digits) ?? []);
  if (whole === '' || fraction.length > scale) return KIND;
  const micros = BigInt(whole) * MICROS + BigInt(fraction.padEnd(6, '0'));
  const value = sign === '-' ? -micros : micros;
  return value >= BigInt(min) && value <= BigInt(max) ? Number(value) : BOUNDS;
}

function readTimeNumber(digits: string, { unit }: TimeField): ReturnType<ReadValue> {
  if (!integerPattern.test(digits) || !Number.isSafeInteger(Number(digits))) return KIND;
  const value = Number(digits) * (unit === 'seconds' ? 1_000 : 1);
  return value >= 0 && value <= TIMESTAMP_MAX ? value : BOUNDS;
}

function readTimeText(written: string): ReturnType<ReadValue> {
  const text = written.slice(1, -1);
  if (written.length > NUMBER_LENGTH_MAX || !written.startsWith('"') || !timePattern.test(text)) return KIND;
  const value = Date.parse(`${text.slice(0, 19)}.${text.slice(20, -1).slice(0, 3).padEnd(3, '0')}Z`);
  const isDay = !Number.isNaN(value) && new Date(value).toISOString().startsWith(text.slice(0, 19));
  return isDay && value >= 0 && value <= TIMESTAMP_MAX ? value : BOUNDS;
}

/** What a field takes, as the rest of a sentence that begins with its name. */
export function describeField(field: Field): string {
  const quoted = 'quoted' in field && field.quoted === true ? ', written as a text' : '';
  switch (field.kind) {
    case 'text': {
      const { min = 1, max, pattern } = field;
      return `a text of ${min} to ${max} characters${pattern === undefined ? '' : ` that matches ${pattern}`}`;
    }
    case 'boolean':
      return 'true or false';
    case 'one of':
      return `one of ${field.values.join(', ')}`;
    case 'time':
      return field.unit === 'text'
        ? 'a time like 2026-11-21T10:00:00Z, from 1970 to 9999'
        : `a time from 1970 to 9999 in whole ${field.unit}${quoted}`;
    case 'decimal':
      return `a number from ${field.min ?? 0} to ${field.max} micros, with at most ${field.scale} digits after the point${quoted}`;
    default:
      return `a whole number from ${field.min ?? 0} to ${field.max}, written with digits only${quoted}`;
  }
}
