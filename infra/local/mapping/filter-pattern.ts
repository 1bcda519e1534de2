/**
 * The patterns of FilterCriteria, which choose records by their value (AWS Lambda docs: kafka-filtering for what they are compared
 * with, invocation-eventfiltering for their syntax).
 *
 *   pattern = { "value": condition* }     a plain-text value must meet one of the conditions
 *           | { "value": { key: … } }     a JSON value must meet the conditions of each key
 *           | { "$or": [ pattern, … ] }   one of them
 *           | { }                         every record
 *   condition = text | number | true | false | null | { "prefix" | "suffix" | "equals-ignore-case": text }
 *             | { "anything-but": [ text or number, … ] } | { "numeric": [ op, number, … ] } | { "exists": true or false }
 *
 * If the value has another format than the pattern, or is not UTF-8, Lambda filters by the other properties only. A Kafka
 * mapping has none, so the record passes. Inferred: a missing value, and JSON that is not an object, have another format than
 * a JSON pattern and pass too; everything that is not a JSON object or list is plain text.
 */
import { type FilterCondition, isFieldMet, parseCondition } from './filter-condition.ts';

type Matches = (value: unknown) => boolean;
type PassesValue = (value: Buffer | null) => boolean;

export class BadPattern extends Error {}

/** A record passes if it matches one of the patterns, or if there is no pattern. */
export function compileFilters(patterns: readonly string[]): PassesValue {
  const filters = patterns.map(compileFilter);
  return (value) => filters.length === 0 || filters.some((passes) => passes(value));
}

/** Throws a BadPattern with a sentence about what is wrong. */
export function compileFilter(pattern: string): PassesValue {
  const record = recordPattern(parsed(pattern));
  return (value) => record(value === null ? undefined : formatOf(value));
}

/** How filters see a value: as JSON, as plain text, or as neither. */
type Format = { readonly json: unknown } | { readonly text: string } | undefined;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function formatOf(value: Buffer): Format {
  let text: string;
  try {
    text = utf8.decode(value);
  } catch {
    return undefined;
  }
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? { json } : { text };
  } catch {
    return { text };
  }
}

function parsed(pattern: string): unknown {
  try {
    return JSON.parse(pattern);
  } catch (error) {
    throw new BadPattern('is not JSON', { cause: error });
  }
}

function recordPattern(pattern: unknown): (format: Format) => boolean {
  const parts = Object.entries(objectOf(pattern, 'the pattern')).map(([key, part]) => {
    if (key === '$or') return oneOf(part, recordPattern);
    if (key !== 'value') throw new BadPattern(`filters by '${key}'; Kafka mappings filter by 'value' only`);
    if (!Array.isArray(part)) {
      const matches = jsonPattern(part);
      return (format: Format) => format === undefined || !('json' in format) || matches(format.json);
    }
    const conditions = conditionsOf(part, 'value');
    return (format: Format) =>
      format === undefined || !('text' in format) || isFieldMet(conditions, [format.text]);
  });
  return (format) => parts.every((matches) => matches(format));
}

/** All keys must match. If the record holds a list of objects, one of them must match. */
function jsonPattern(pattern: unknown): Matches {
  const keys = Object.entries(objectOf(pattern, 'a pattern for JSON')).map(([key, part]): Matches => {
    if (key === '$or') return oneOf(part, jsonPattern);
    if (!Array.isArray(part)) {
      const inner = jsonPattern(part);
      return (value) => {
        const found = fieldOf(value, key);
        return found.length === 0 ? inner(undefined) : found.some(inner);
      };
    }
    const conditions = conditionsOf(part, key);
    return (value) => isFieldMet(conditions, fieldOf(value, key));
  });
  return (value) => keys.every((matches) => matches(value));
}

function oneOf<Value>(part: unknown, compile: (pattern: unknown) => (value: Value) => boolean) {
  if (!Array.isArray(part) || part.length === 0) throw new BadPattern('$or needs a list of patterns');
  const patterns = part.map(compile);
  return (value: Value) => patterns.some((matches) => matches(value));
}

function conditionsOf(part: readonly unknown[], key: string): FilterCondition[] {
  if (part.length === 0) throw new BadPattern(`the list of conditions for '${key}' is empty`);
  return part.map((condition) => {
    const read = parseCondition(condition);
    if (typeof read === 'string') throw new BadPattern(`a condition for '${key}' ${read}`);
    return read;
  });
}

function objectOf(value: unknown, what: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadPattern(`${what} must be an object; it is ${JSON.stringify(value)}`);
  return value;
}

/** The values under a key, with lists flattened; none if the key is absent. */
function fieldOf(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  const found = (value as Record<string, unknown>)[key];
  return Array.isArray(found) ? found.flat() : [found];
}
