/**
 * The fast way through the second stage: a record in its usual spelling is read straight from the bytes of its value, without a
 * JSON object and without texts that nobody asks for. Anything else, and anything doubtful, is left to the plain reading, which alone
 * says what an event is and why a record is none; what is read here is what it would have read, and a property test
 * holds the two together (ADR 0002).
 *
 * Usual: objects of texts, numbers and words, no escapes, each wanted name once and in bounds, nothing nested that is not wanted.
 */
import type { KafkaRecord } from '../event/event.ts';
import { type AnyEvent, type Contract, type Field, readPath, readVersionPath } from './contract.ts';
import { createReader, type ReadValue, TIMESTAMP_MAX } from './field-values.ts';
import { isMatch, parseTextPattern, type TextPattern } from './text-pattern.ts';

/** Comes after each value, so that no scan runs on into its neighbour: no part of a usual record is a zero byte. */
export const SENTINEL = 0;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LETTERS = 0x61;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** What a byte may be in a text without escapes. */
const inText = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return byte >= SPACE && character !== '"' && character !== '\\' ? 1 : 0;
});
const words = ['true', 'false', 'null'].map((word) => Uint8Array.from(Buffer.from(word)));

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

/** A wanted name: of a value, or of an object with wanted names inside. */
interface Name {
  readonly bytes: Uint8Array;
  readonly slot: Slot | undefined;
  readonly inside: Names | undefined;
}

/** Those of one object, by the length of their bytes. */
interface Names {
  readonly number: number;
  readonly byLength: (readonly Name[] | undefined)[];
}

/** How a value is read and where it is kept. */
interface Slot {
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
interface Columns {
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

type EventClass = new (record: KafkaRecord, columns: Columns, at: number) => AnyEvent;

/** A scanner of a contract. @param counted names of fields whose texts are many times the same */
export class Scanner {
  readonly #root: Names;
  readonly #width: number;
  readonly #needed: number;
  readonly #Event: EventClass;
  #objects = 0;
  /** Of each object, the record in which it was met last. */
  readonly #met: Int32Array;
  #columns: Columns;

  constructor(contract: Contract, counted: readonly string[]) {
    const { fields, version } = contract;
    const slots = Object.entries(fields).map(([name, field], number) => ({
      path: readPath(name, field),
      slot: slotOf(field, number, counted.includes(name)),
    }));
    if (version !== undefined)
      slots.push({ path: readVersionPath(version), slot: versionSlot(version.value, slots.length) });
    this.#width = slots.length;
    this.#needed = slots.filter(({ slot }) => !slot.optional).length;
    this.#root = this.#namesOf(slots, 0);
    this.#met = new Int32Array(this.#objects);
    this.#columns = columnsOf(0, 0, Buffer.alloc(0));
    this.#Event = createEventClass(
      Object.keys(fields),
      slots.map(({ slot }) => slot),
    );
  }

  /** Begins a delivery. `bytes` has to stay as it is while its events are in use. */
  begin(bytes: Buffer, records: number): void {
    this.#columns = columnsOf(records, this.#width, bytes);
    this.#met.fill(-1);
  }

  /**
   * The event in the bytes [from, to), which are UTF-8 and followed by a SENTINEL; undefined if it is not spelt as usual.
   * @param index of the record in the delivery
   */
  scan(record: KafkaRecord, index: number, from: number, to: number): AnyEvent | undefined {
    const columns = this.#columns;
    const { bytes } = columns;
    const base = index * this.#width;
    const outer: Names[] = [];
    let names = this.#root;
    let found = 0;
    let at = from;
    if (bytes[at] !== BRACE) return undefined;
    for (;;) {
      const keyFrom = afterSpaces(bytes, at + 1) + 1;
      if (bytes[keyFrom - 1] !== QUOTE) return undefined;
      const keyTo = textEnd(bytes, keyFrom);
      at = afterSpaces(bytes, keyTo + 1);
      if (bytes[keyTo] !== QUOTE || bytes[at] !== COLON) return undefined;
      at = afterSpaces(bytes, at + 1);
      const name = nameIn(names, bytes, keyFrom, keyTo);
      const first = bytes[at] as number;
      if (first === BRACE) {
        const inside = name?.inside;
        if (inside === undefined || this.#met[inside.number] === index) return undefined;
        this.#met[inside.number] = index;
        outer.push(names);
        names = inside;
        continue;
      }
      const isText = first === QUOTE;
      const valueFrom = isText ? at + 1 : at;
      const valueTo = isText ? textEnd(bytes, valueFrom) : scalarEnd(bytes, at);
      if (isText ? bytes[valueTo] !== QUOTE : valueTo === at) return undefined;
      if (name !== undefined) {
        const { slot } = name;
        if (slot === undefined || columns.to[base + slot.number] !== 0) return undefined;
        if (!take(columns, base + slot.number, slot, isText, valueFrom, valueTo)) return undefined;
        if (!slot.optional) found += 1;
      }
      at = afterSpaces(bytes, isText ? valueTo + 1 : valueTo);
      while (bytes[at] === BRACE_END && outer.length > 0) {
        names = outer.pop() as Names;
        at = afterSpaces(bytes, at + 1);
      }
      if (bytes[at] !== COMMA) break;
    }
    const whole = outer.length === 0 && bytes[at] === BRACE_END && at + 1 === to && found === this.#needed;
    return whole ? new this.#Event(record, columns, base) : undefined;
  }

  #namesOf(
    slots: readonly { readonly path: readonly string[]; readonly slot: Slot }[],
    level: number,
  ): Names {
    const number = this.#objects++;
    const byName = Map.groupBy(slots, ({ path }) => path[level] as string);
    const byLength: Name[][] = [];
    for (const [name, of] of byName) {
      const bytes = Uint8Array.from(Buffer.from(name));
      const [only] = of;
      const isValue = only?.path.length === level + 1;
      const list = byLength[bytes.length] ?? [];
      byLength[bytes.length] = list;
      list.push({
        bytes,
        slot: isValue ? only.slot : undefined,
        inside: isValue ? undefined : this.#namesOf(of, level + 1),
      });
    }
    return { number, byLength: Array.from(byLength) };
  }
}

function columnsOf(records: number, width: number, bytes: Buffer): Columns {
  const size = records * width;
  return {
    bytes,
    from: new Uint32Array(size),
    to: new Uint32Array(size),
    numbers: new Float64Array(size),
    texts: new Array<unknown>(size),
  };
}

function slotOf(field: Field, number: number, counted: boolean): Slot {
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

function versionSlot(only: number | string, number: number): Slot {
  if (typeof only === 'number') return slotOf({ kind: 'integer', min: only, max: only }, number, false);
  return { ...slotOf({ kind: 'text', max: only.length }, number, false), kind: OTHER, only };
}

/** Keeps a value in its cell; false if it is not as usual. */
function take(
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
function createEventClass(names: readonly string[], slots: readonly Slot[]): EventClass {
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

function afterSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === SPACE) at++;
  return at;
}

/** Where a text without escapes ends: at its quote, or at what no such text can hold. */
function textEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (inText[bytes[at] as number] === 1) at++;
  return at;
}

/** Where a number without exponent or a word ends; `from` if there is none. What follows it is for the caller to judge. */
function scalarEnd(bytes: Buffer, from: number): number {
  let at = from;
  if ((bytes[at] as number) >= LETTERS) {
    const word = words.find((each) => each.every((byte, i) => bytes[at + i] === byte));
    return word === undefined ? from : at + word.length;
  }
  if (bytes[at] === MINUS) at++;
  const digits = at;
  while (isDigit(bytes[at] as number)) at++;
  if (at === digits || (bytes[digits] === ZERO && at > digits + 1)) return from;
  if (bytes[at] !== DOT) return at;
  const fraction = ++at;
  while (isDigit(bytes[at] as number)) at++;
  return at === fraction ? from : at;
}

function nameIn({ byLength }: Names, bytes: Buffer, from: number, to: number): Name | undefined {
  const names = byLength[to - from];
  if (names === undefined) return undefined;
  for (let n = 0; n < names.length; n++) {
    const name = names[n] as Name;
    const wanted = name.bytes;
    let i = 0;
    while (i < wanted.length && bytes[from + i] === wanted[i]) i++;
    if (i === wanted.length) return name;
  }
  return undefined;
}

function isDigit(byte: number): boolean {
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
