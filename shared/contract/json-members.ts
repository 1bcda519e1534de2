/**
 * Reads the wanted members of a JSON object, and checks the whole text as JSON.parse would, without building anything of the
 * rest. It walks the text once and never calls itself: neither a deep value nor a large one costs more than its length, and no
 * result depends on how much stack is left.
 */

/** How deep objects and arrays may lie in each other; the outermost one counts. */
const DEPTH_MAX = 64;

/** A value as it is written, text[from, to): of a string with its quotes, of an object or an array only the bracket. */
export interface Written {
  readonly from: number;
  readonly to: number;
}

const TAB = 0x09;
const NEW_LINE = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const LETTERS = 0x61;
const LOWER_E = 0x65;
const BRACE = 0x7b;
/** No character: what is read behind the text. */
const END = -1;
/** From `[` to `]`, and from `{` to `}`. */
const TO_ITS_END = 2;

const WORDS = new Map([...['true', 'false', 'null']].map((word) => [word.charCodeAt(0), word]));
/** `\u0041`: a character of a key may take six. */
const ESCAPE_LENGTH = 6;

/** Of the text's characters: what can stand in a string as it is, and what a backslash may be followed by. */
const plain = new Uint8Array(0x80).map((_, code) =>
  Number(code >= 0x20 && code !== QUOTE && code !== BACKSLASH),
);
const escaped = new Uint8Array(0x80);
for (const character of '"\\/bfnrt') escaped[character.charCodeAt(0)] = 1;
const fourHex = /^[0-9A-Fa-f]{4}$/;

/** Names that are wanted of an object: of each the number of its value, or the names that are wanted inside of it. */
export interface Wanted {
  readonly names: ReadonlyMap<string, Wanted | number>;
  /** All numbers in it and inside of it. */
  readonly numbers: readonly number[];
  /** Of the longest name. */
  readonly length: number;
}

/** The tree of some paths, of which none begins with another; values have the numbers of their paths. */
export function buildWanted(paths: readonly (readonly string[])[]): Wanted {
  const below = (level: number, numbers: readonly number[]): Wanted => {
    const byName = new Map<string, number[]>();
    for (const number of numbers) {
      const name = paths[number]?.[level] as string;
      byName.set(name, [...(byName.get(name) ?? []), number]);
    }
    const names = new Map<string, Wanted | number>();
    for (const [name, of] of byName) {
      const [only = 0] = of;
      names.set(name, paths[only]?.length === level + 1 ? only : below(level + 1, of));
    }
    return { names, numbers, length: Math.max(...Array.from(byName.keys(), (name) => name.length)) };
  };
  return below(
    0,
    paths.map((_, number) => number),
  );
}

/** What is given where an object should be that holds a wanted value. */
export const noObject: Written = { from: 0, to: 0 };

/** By number; undefined where there is none. */
type Members = (Written | undefined)[];

/**
 * The wanted values of the outermost object, of a repeated key the last; or why there are none. Inside of `null` there are none, inside of
 * anything else that is no object each is `noObject`. A text that is no JSON is said to be that, however deep it is.
 */
export function scanMembers(text: string, wanted: Wanted): Members | 'no JSON' | 'too deep' | 'no object' {
  const walk = new Walk(text, wanted);
  if (!walk.isJson()) return 'no JSON';
  if (walk.deepest > DEPTH_MAX) return 'too deep';
  return walk.isObject ? walk.members : 'no object';
}

function isBlank(code: number): boolean {
  return code === BLANK || code === NEW_LINE || code === RETURN || code === TAB;
}

class Walk {
  readonly members: Members;
  deepest = 0;
  isObject = false;
  readonly #text: string;
  readonly #length: number;
  /** The brackets around the place where the walk is, and what is wanted between each pair. */
  readonly #open: number[] = [];
  readonly #wanted: (Wanted | undefined)[] = [];
  /** Of the value that comes next: its number, or what is wanted inside of it. */
  #next: Wanted | number | undefined;
  #at = 0;

  constructor(text: string, wanted: Wanted) {
    this.#text = text;
    this.#length = text.length;
    this.#next = wanted;
    this.members = new Array<Written | undefined>(wanted.numbers.length).fill(undefined);
  }

  isJson(): boolean {
    this.#skipBlanks();
    this.isObject = this.#here() === BRACE;
    for (let more = true; more; ) {
      const from = this.#at;
      const first = this.#here();
      const opens = first === BRACE || first === BRACKET;
      const next = this.#next;
      this.#next = undefined;
      if (opens) this.#enter(first, first === BRACE && typeof next === 'object' ? next : undefined);
      else if (!this.#skipScalar(first)) return false;
      if (next !== undefined) this.#keep(next, first, from, opens ? from + 1 : this.#at);
      if (opens && this.#here() !== first + TO_ITS_END) {
        if (first === BRACE && !this.#readKey()) return false;
        continue;
      }
      more = this.#leaveToNext();
    }
    return this.#open.length === 0 && this.#at === this.#text.length;
  }

  #enter(bracket: number, wanted: Wanted | undefined): void {
    this.deepest = Math.max(this.deepest, this.#open.push(bracket));
    this.#wanted.push(wanted);
    this.#at += 1;
    this.#skipBlanks();
  }

  /** A repeated key puts out what was kept before, inside of it too. */
  #keep(next: Wanted | number, first: number, from: number, to: number): void {
    if (typeof next === 'number') this.members[next] = { from, to };
    else {
      const inside = first === BRACE || this.#text.startsWith('null', from) ? undefined : noObject;
      for (const number of next.numbers) this.members[number] = inside;
    }
  }

  /** Behind a value: out of what ends here, to the next value if there is one. */
  #leaveToNext(): boolean {
    for (;;) {
      this.#skipBlanks();
      if (this.#open.length === 0) return false;
      const inside = this.#open[this.#open.length - 1] as number;
      const code = this.#here();
      this.#at += 1;
      if (code === COMMA) {
        this.#skipBlanks();
        return inside === BRACKET || this.#readKey();
      }
      if (code !== inside + TO_ITS_END) return false;
      this.#open.pop();
      this.#wanted.pop();
    }
  }

  /** To the value of a member. */
  #readKey(): boolean {
    const from = this.#at;
    if (this.#here() !== QUOTE || !this.#skipString()) return false;
    const wanted = this.#wanted[this.#wanted.length - 1];
    if (wanted !== undefined && this.#at - from - 2 <= ESCAPE_LENGTH * wanted.length) {
      const written = this.#text.slice(from + 1, this.#at - 1);
      const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
      this.#next = wanted.names.get(key);
    }
    this.#skipBlanks();
    if (this.#here() !== COLON) return false;
    this.#at += 1;
    this.#skipBlanks();
    return true;
  }

  #skipScalar(first: number): boolean {
    if (first === QUOTE) return this.#skipString();
    const word = first >= LETTERS ? WORDS.get(first) : undefined;
    if (word === undefined) return this.#skipNumber();
    const isWord = this.#text.startsWith(word, this.#at);
    this.#at += word.length;
    return isWord;
  }

  #skipString(): boolean {
    const text = this.#text;
    const length = this.#length;
    let at = this.#at + 1;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code >= 0x80 || plain[code] === 1) at += 1;
      else if (code === QUOTE) {
        this.#at = at + 1;
        return true;
      } else if (code !== BACKSLASH) return false;
      else if (escaped[text.charCodeAt(at + 1)] === 1) at += 2;
      else if (text[at + 1] === 'u' && fourHex.test(text.slice(at + 2, at + ESCAPE_LENGTH)))
        at += ESCAPE_LENGTH;
      else return false;
    }
    return false;
  }

  #skipNumber(): boolean {
    if (this.#here() === MINUS) this.#at += 1;
    if (this.#here() === ZERO) this.#at += 1;
    else if (!this.#skipDigits()) return false;
    if (this.#here() === DOT) {
      this.#at += 1;
      if (!this.#skipDigits()) return false;
    }
    if (this.#here() !== LOWER_E && this.#here() !== UPPER_E) return true;
    this.#at += 1;
    if (this.#here() === MINUS || this.#here() === PLUS) this.#at += 1;
    return this.#skipDigits();
  }

  #skipDigits(): boolean {
    const from = this.#at;
    for (let code = this.#here(); code >= ZERO && code <= NINE; code = this.#here()) this.#at += 1;
    return this.#at > from;
  }

  #skipBlanks(): void {
    for (let code = this.#here(); code <= BLANK && isBlank(code); code = this.#here()) this.#at += 1;
  }

  /** A whole number at the end too: `charCodeAt` gives NaN there, which turns every comparison into one of floats. */
  #here(): number {
    return this.#at < this.#length ? this.#text.charCodeAt(this.#at) : END;
  }
}
