/**
 * The fast way through the second stage: a record in its usual spelling is read straight from the bytes of its value, without a
 * JSON object and without texts that nobody asks for. Anything else, and anything doubtful, is left to the plain reading, which alone
 * says what an event is and why a record is none; what is read here is what it would have read, and a property test
 * holds the two together (ADR 0002).
 *
 * Usual: objects of texts, numbers and words, no escapes, each wanted name once and in bounds, nothing nested that is not wanted.
 */
import type { KafkaRecord } from '../event/event.ts';
import { type AnyEvent, type Contract, readPath, readVersionPath } from './contract.ts';
import {
  type Columns,
  createColumns,
  createEventClass,
  createSlot,
  createVersionSlot,
  type EventClass,
  isDigit,
  putValue,
  type Slot,
} from './scanned-event.ts';

/** Comes after each value, so that no scan runs on into its neighbour: no part of a usual record is a zero byte. */
export const SENTINEL = 0;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTERS = 0x61;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** What a byte may be in a text without escapes. */
const inText = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return byte >= SPACE && character !== '"' && character !== '\\' ? 1 : 0;
});
const words = ['true', 'false', 'null'].map((word) => Uint8Array.from(Buffer.from(word)));

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
      slot: createSlot(field, number, counted.includes(name)),
    }));
    if (version !== undefined)
      slots.push({ path: readVersionPath(version), slot: createVersionSlot(version.value, slots.length) });
    this.#width = slots.length;
    this.#needed = slots.filter(({ slot }) => !slot.optional).length;
    this.#root = this.#namesOf(slots, 0);
    this.#met = new Int32Array(this.#objects);
    this.#columns = createColumns(0, 0, Buffer.alloc(0));
    this.#Event = createEventClass(
      Object.keys(fields),
      slots.map(({ slot }) => slot),
    );
  }

  /** Begins a delivery. `bytes` has to stay as it is while its events are in use. */
  begin(bytes: Buffer, records: number): void {
    this.#columns = createColumns(records, this.#width, bytes);
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
        if (!putValue(columns, base + slot.number, slot, isText, valueFrom, valueTo)) return undefined;
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
