/**
 * The values of a record that the scanner has found, still as bytes: checked when they are taken, made into texts only for who asks.
 */
import type { KafkaRecord } from '../event/event.ts';
import type { AnyEvent, Field } from './contract.ts';
import { createReader, type ReadValue, TIMESTAMP_MAX } from './field-values.ts';
import { isMatch, parseTextPattern, type TextPattern } from './text-pattern.ts';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTERS = 0x61;
/** Texts seen of a field that is counted by: one text for each hash of the bytes, where another hash puts it out. */
const KNOWN_SLOTS = 1 << 16;
/** Of a field with few values. */
const FEW_SLOTS = 1 << 8;
const MICROS_DIGITS = 6;
/** So many digits before the point are exact in micros. */
const WHOLE_DIGITS_MAX = 9;
const INTEGER_LENGTH_MAX = 15;
const TEXT = 0;
const INTEGER = 1;
const DECIMAL = 2;
const BOOLEAN = 3;
/** By the plain reading of the very bytes. */
const OTHER = 4;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;

/** How a value is read and where it is kept. */
export interface Slot {
  /** Of the field; the version has the one after the last. */
  readonly number: number;
  readonly kind: number;
  readonly isText: boolean;
  readonly optional: boolean;
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly pattern: TextPattern | undefined;
  /** Texts are made at once and known again. */
  readonly known: string[] | undefined;
  readonly read: ReadValue;
  /** What the version has to be. */
  readonly only: string | number | undefined;
}

/** The values of a delivery: who asks an event for one gets it made. */
export interface Columns {
  readonly bytes: Buffer;
  readonly from: Uint32Array;
  /** 0 where there is no value. */
  readonly to: Uint32Array;
  readonly numbers: Float64Array;
  readonly texts: unknown[];
}

/** Where an event has its values: they are private, so that no copy of the event takes them along. */
class ScannedEvent {
  readonly record: KafkaRecord;
  readonly #columns: Columns;
  readonly #at: number;

  constructor(record: KafkaRecord, columns: Columns, at: number) {
    this.record = record;
    this.#columns = columns;
    this.#at = at;
  }

  static read(
    event: ScannedEvent,
    number: number,
    get: (columns: Columns, cell: number) => unknown,
  ): unknown {
    return get(event.#columns, event.#at + number);
  }

  /** A counted text or a number, without a look at its name; undefined of an event that was not scanned, and of any other value. */
  static readCounted(event: object, number: number): unknown {
    if (!(#columns in event)) return undefined;
    const { texts, numbers, to } = event.#columns;
    const cell = event.#at + number;
    return to[cell] === 0 ? undefined : (texts[cell] ?? numbers[cell]);
  }
}

/**
 * The value of a field that is counted, text or number, as `event[name]` gives it.
 * @param number of the field in its contract
 */
export function readCounted(event: AnyEvent, name: string, number: number): unknown {
  return ScannedEvent.readCounted(event, number) ?? event[name];
}

export type EventClass = new (record: KafkaRecord, columns: Columns, at: number) => AnyEvent;

export function createColumns(records: number, width: number, bytes: Buffer): Columns {
  const size = records * width;
  return {
    bytes,
    from: new Uint32Array(size),
    to: new Uint32Array(size),
    numbers: new Float64Array(size),
    texts: new Array<unknown>(size),
  };
}

export function createSlot(field: Field, number: number, counted: boolean): Slot {
  const { optional = false } = field;
  const isTimeText = field.kind === 'time' && field.unit === 'text';
  const isQuoted = 'quoted' in field && field.quoted === true;
  const isText = isQuoted || field.kind === 'text' || field.kind === 'one of' || isTimeText;
  const bounds = field as { readonly min?: number; readonly max?: number };
  const { min = field.kind === 'text' ? 1 : 0, max = TIMESTAMP_MAX } = bounds;
  const pattern = field.kind === 'text' && field.pattern !== undefined ? field.pattern : undefined;
  const isKnown = field.kind === 'one of' || (counted && field.kind === 'text');
  return {
    number,
    kind: kindOf(field),
    isText,
    optional,
    min,
    max: field.kind === 'one of' ? Math.max(...field.values.map(({ length }) => length)) : max,
    scale: field.kind === 'decimal' ? field.scale : 0,
    pattern: pattern === undefined ? undefined : parseTextPattern(pattern),
    known: isKnown ? new Array<string>(field.kind === 'text' ? KNOWN_SLOTS : FEW_SLOTS).fill('') : undefined,
    read: createReader(field),
    only: undefined,
  };
}

function kindOf(field: Field): number {
  switch (field.kind) {
    case 'text':
    case 'one of':
      return TEXT;
    case 'time':
      return field.unit === 'milliseconds' ? INTEGER : OTHER;
    case 'decimal':
      return DECIMAL;
    case 'boolean':
      return BOOLEAN;
    default:
      return INTEGER;
  }
}

export function createVersionSlot(only: number | string, number: number): Slot {
  if (typeof only === 'number') return createSlot({ kind: 'integer', min: only, max: only }, number, false);
  return { ...createSlot({ kind: 'text', max: only.length }, number, false), kind: OTHER, only };
}

/** Keeps a value in its cell; false if it is not as usual. */
export function putValue(
  columns: Columns,
  cell: number,
  slot: Slot,
  isText: boolean,
  from: number,
  to: number,
): boolean {
  const { bytes, numbers } = columns;
  if (isText !== slot.isText) return !isText && slot.optional && bytes[from] === LOWER_N;
  columns.from[cell] = from;
  columns.to[cell] = to;
  switch (slot.kind) {
    case TEXT:
      if (to - from < slot.min || to - from > slot.max) return false;
      if (slot.known !== undefined) return takeKnown(columns, cell, slot, slot.known, from, to);
      return (
        isAscii(bytes, from, to) && (slot.pattern === undefined || isMatch(slot.pattern, bytes, from, to))
      );
    case INTEGER: {
      const value = integerIn(bytes, from, to);
      numbers[cell] = value;
      if (value >= slot.min && value <= slot.max) return true;
      break;
    }
    case DECIMAL: {
      const value = microsIn(bytes, from, to, slot.scale);
      numbers[cell] = value;
      if (value >= slot.min && value <= slot.max) return true;
      break;
    }
    case BOOLEAN:
      numbers[cell] = bytes[from] === LOWER_T ? 1 : 0;
      if ((bytes[from] as number) >= LETTERS && bytes[from] !== LOWER_N) return true;
      break;
    default:
      if (takeOther(columns, cell, slot, from, to)) return true;
  }
  // It may be `null`, of a field that takes none.
  columns.to[cell] = 0;
  return !isText && slot.optional && bytes[from] === LOWER_N;
}

function takeKnown(
  { bytes, texts }: Columns,
  cell: number,
  slot: Slot,
  known: string[],
  from: number,
  to: number,
): boolean {
  const length = to - from;
  let hash = length;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return false;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const place = (hash ^ (hash >>> 16)) & (known.length - 1);
  const one = known[place] as string;
  if (length > 0 && isSpelt(one, bytes, from, length)) {
    texts[cell] = one;
    return true;
  }
  const made = bytes.toString('latin1', from, to);
  if (typeof slot.read(`"${made}"`) === 'symbol') return false;
  known[place] = made;
  texts[cell] = made;
  return true;
}

function takeOther({ bytes, numbers }: Columns, cell: number, slot: Slot, from: number, to: number): boolean {
  const { isText, only, read } = slot;
  if (!isAscii(bytes, from, to)) return false;
  const value = read(isText ? `"${bytes.toString('latin1', from, to)}"` : bytes.toString('latin1', from, to));
  if (only !== undefined) return value === only;
  numbers[cell] = typeof value === 'number' ? value : 0;
  return typeof value === 'number';
}

/** Getters by field: a text is made of its bytes for who asks. */
export function createEventClass(names: readonly string[], slots: readonly Slot[]): EventClass {
  class Event extends ScannedEvent {}
  for (const [number, name] of names.entries()) {
    const get = getterOf(slots[number] as Slot);
    Object.defineProperty(Event.prototype, name, {
      enumerable: true,
      get(this: Event) {
        return ScannedEvent.read(this, number, get);
      },
    });
  }
  return Event as unknown as EventClass; // What the getters add, the type of a class can't say.
}

function getterOf({ kind, known }: Slot): (columns: Columns, cell: number) => unknown {
  if (known !== undefined) return ({ texts }, cell) => texts[cell];
  if (kind === TEXT)
    return ({ bytes, from, to }, cell) =>
      to[cell] === 0 ? undefined : bytes.toString('latin1', from[cell], to[cell]);
  if (kind === BOOLEAN) return ({ numbers, to }, cell) => (to[cell] === 0 ? undefined : numbers[cell] === 1);
  return ({ numbers, to }, cell) => (to[cell] === 0 ? undefined : numbers[cell]);
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** NaN for what is no whole number, or too long to be one without doubt. */
function integerIn(bytes: Buffer, from: number, to: number): number {
  const isNegative = bytes[from] === MINUS;
  const first = isNegative ? from + 1 : from;
  if (to === first || to - first > INTEGER_LENGTH_MAX) return Number.NaN;
  if (bytes[first] === ZERO && (isNegative || to > first + 1)) return Number.NaN;
  let value = 0;
  for (let at = first; at < to; at++) {
    if (!isDigit(bytes[at] as number)) return Number.NaN;
    value = value * 10 + (bytes[at] as number) - ZERO;
  }
  return isNegative ? -value : value;
}

/** Likewise, of a decimal with at most so many digits after the point. */
function microsIn(bytes: Buffer, from: number, to: number, scale: number): number {
  const isNegative = bytes[from] === MINUS;
  const first = isNegative ? from + 1 : from;
  let point = first;
  while (point < to && bytes[point] !== DOT) point++;
  const digits = point === to ? 0 : to - point - 1;
  if (point === first || point - first > WHOLE_DIGITS_MAX || digits > scale) return Number.NaN;
  if ((point < to && digits === 0) || (bytes[first] === ZERO && point > first + 1)) return Number.NaN;
  let value = 0;
  for (let at = first; at < to; at++) {
    if (at === point) continue;
    if (!isDigit(bytes[at] as number)) return Number.NaN;
    value = value * 10 + (bytes[at] as number) - ZERO;
  }
  for (let i = digits; i < MICROS_DIGITS; i++) value *= 10;
  return isNegative && value !== 0 ? -value : value;
}

function isSpelt(text: string, bytes: Buffer, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

/** Only of such a text is the number of bytes that of its characters. */
function isAscii(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}
