/**
 * What a group counts, as data: by which fields, which sums, of which records. Field names are checked by the compiler against the
 * contract, and check-count.ts says at synthesis what the compiler can't know.
 *
 *   count: { by: ['adId', 'country'], measures: { clicks: 1, micros: 'priceMicros' }, where: { isBot: false } }
 */
import type { AnyEvent, Contract, Field } from '../contract/contract.ts';
import { readCounted } from '../contract/scanned-event.ts';
import { parseTextPattern } from '../contract/text-pattern.ts';

export interface Count<Key extends string = string, Amount extends string = string, Where = Conditions> {
  /** The fields that make the key of a line, in this order: needed ones, and nothing personal. */
  readonly by: readonly Key[];
  /** Sums by name: what each record adds, 1 or the value of a field; an optional field that is left out adds nothing. */
  readonly measures: Readonly<Record<string, 1 | Amount>>;
  /** Only records of which all this is true; all records unless given. */
  readonly where?: Where;
  /** The team's fold says what is added; a measure is then the most that one record may add to a line. */
  readonly fold?: boolean;
}

/** A count whose names are checked against a contract. */
export type CountOf<C extends Contract> = Count<
  KeyName<C>,
  MeasureName<C>,
  { readonly [F in keyof C['fields']]?: Condition }
>;

type Names<C extends Contract, Allowed, Refused> = string extends keyof C['fields']
  ? string
  : {
      [F in keyof C['fields']]: C['fields'][F] extends Refused
        ? never
        : C['fields'][F] extends Allowed
          ? F
          : never;
    }[keyof C['fields']] &
      string;

interface Personal {
  readonly personal: true;
}

/** Fields that a key may have. */
export type KeyName<C extends Contract> = Names<
  C,
  { readonly kind: 'text' | 'one of' | 'boolean' | 'integer' },
  Personal | { readonly optional: true }
>;

/** Fields that can be summed. */
export type MeasureName<C extends Contract> = Names<
  C,
  { readonly kind: 'integer' | 'micros' | 'decimal' },
  Personal
>;

type Conditions = Readonly<Record<string, Condition>>;

/** Equals, one of several, or a number that is at least so large. */
export type Condition = Scalar | { readonly oneOf: readonly Scalar[] } | { readonly atLeast: number };

type Scalar = string | number | boolean;

/** Records of a batch at most (AWS Lambda docs: API_CreateEventSourceMapping, BatchSize). */
export const BATCH_RECORDS_MAX = 10_000;
/** What one record may add to a measure at most, so that a batch stays below 2^53. */
export const AMOUNT_MAX = Math.floor(Number.MAX_SAFE_INTEGER / BATCH_RECORDS_MAX);

/** A count made ready for records: how the key and the amounts of an event are found. */
export interface Counting {
  readonly by: readonly string[];
  /** The same, to be read fast. */
  readonly keys: readonly ReadValue[];
  /** The key is one text that never needs an escape. */
  readonly isPlain: boolean;
  readonly measures: readonly Measure[];
  /** Whether an event is one that is counted; all are unless given. */
  readonly filter: ((event: AnyEvent) => boolean) | undefined;
  /** What entries say of it; undefined where they are as before contracts were data. */
  readonly named: string | undefined;
}

export interface Measure {
  readonly name: string;
  /** The field that is summed, or 1. */
  readonly amount: ReadValue | 1;
  /** Bounds of what one event adds. */
  readonly min: number;
  readonly max: number;
}

type ReadValue = (event: AnyEvent) => unknown;

export function createCounting({ fields }: Contract, { by, measures, where }: Count): Counting {
  const all = Object.entries(measures).map(([name, amount]): Measure => {
    if (amount === 1) return { name, amount, min: 0, max: 1 };
    const { min = 0, max } = fields[amount] as { readonly min?: number; readonly max: number };
    return { name, amount: readerOf(fields, amount), min: Math.min(0, min), max };
  });
  const names = all.map(({ name }) => name);
  return {
    by,
    keys: by.map((name) => readerOf(fields, name)),
    isPlain: by.length === 1 && isPlainText(fields[by[0] as string] as Field),
    measures: all,
    filter: createFilter(where),
    named: formatCounted({ by, measures: names }),
  };
}

function readerOf(fields: Contract['fields'], name: string): ReadValue {
  const number = Object.keys(fields).indexOf(name);
  if (fields[name]?.kind === 'boolean') return (event) => event[name];
  return (event) => readCounted(event, name, number);
}

function isPlainText(field: Field): boolean {
  if (field.kind === 'one of') return field.values.every((value) => formatKey([value]) === value);
  if (field.kind !== 'text' || field.pattern === undefined) return false;
  return parseTextPattern(field.pattern).every(({ fits }) =>
    fits.every(
      (fit, code) => fit === 0 || formatKey([String.fromCharCode(code)]) === String.fromCharCode(code),
    ),
  );
}

/** What the lines of a ledger are: the fields of their keys, and the names of their sums, in the order of `lines`. */
export interface Counted {
  readonly by: readonly string[];
  readonly measures: readonly string[];
}

/** Ledgers of clicks were there before contracts were data: their entries do not say by what they count, and stay as they are. */
export const unnamedCount: Counted = { by: ['advertiserId'], measures: ['clicks', 'micros'] };
/** What the partition key of their lines begins with, and that of any other ledger's. */
const UNNAMED_LINES = 'advertiser#';
const LINES = 'line#';

/** As entries say it; undefined for the one that they leave out. */
export function formatCounted({ by, measures }: Counted): string | undefined {
  const text = JSON.stringify({ by, measures });
  return text === JSON.stringify(unnamedCount) ? undefined : text;
}

/** Throws a `RangeError` on what `formatCounted` can't have written. */
export function parseCounted(named: string | undefined): Counted {
  if (named === undefined) return unnamedCount;
  const counted = JSON.parse(named) as Counted;
  const lists = [counted?.by, counted?.measures].every(
    (list) => Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === 'string'),
  );
  if (!lists) throw new RangeError(`it counts by '${named}'`);
  return counted;
}

/** For who reads a ledger without knowing which of both it is. */
export const linePrefixes: readonly string[] = [UNNAMED_LINES, LINES];

/** What the partition keys of a ledger's lines begin with. */
export function findLinePrefix(named: string | undefined): string {
  return named === undefined ? UNNAMED_LINES : LINES;
}

/** Most texts. */
const needsNone = /^[A-Za-z0-9._: -]*$/;
const toEscape = /[%,\p{Cc}\p{Cs}]/gu;

/**
 * The key of a line: its texts, joined by commas. In each text `%`, `,`, control characters and halves of surrogate pairs are escaped as
 * `%` with four hexadecimal digits of the character, so that no two keys are one and any text can be stored.
 */
export function formatKey(values: readonly (string | number | boolean)[]): string {
  return values.map((value) => (typeof value === 'string' ? escapeText(value) : String(value))).join(',');
}

function escapeText(text: string): string {
  if (needsNone.test(text)) return text;
  return text.replace(toEscape, (character) => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function createFilter(where: Conditions | undefined): ((event: AnyEvent) => boolean) | undefined {
  const tests = Object.entries(where ?? {}).map(([name, condition]) => {
    if (typeof condition !== 'object') return (event: AnyEvent) => event[name] === condition;
    if ('oneOf' in condition) {
      const allowed = new Set<unknown>(condition.oneOf);
      return (event: AnyEvent) => allowed.has(event[name]);
    }
    return (event: AnyEvent) => (event[name] as number) >= condition.atLeast;
  });
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}
