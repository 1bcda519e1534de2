/**
 * The pattern of a text field: a sequence of characters and classes, each with a count, that a text has to match as a whole.
 *
 *   [A-Za-z0-9][A-Za-z0-9._:-]*      [A-Z]{2}      [0-9a-f]{8}-[0-9a-f]{4}      v[0-9]+\.[0-9]+
 *
 * A part of regular expressions, so any engine reads it the same. What comes after a part of varying length shares no character
 * with it: a text is therefore matched in one pass, whatever it is, and never tried again from an earlier place.
 */

/** One part: which ASCII characters, and how many of them. */
interface Part {
  /** 1 for each character code that fits. */
  readonly fits: Uint8Array;
  readonly min: number;
  readonly max: number;
}

export type TextPattern = readonly Part[];

const ASCII = 0x80;
const part =
  /\[((?:[A-Za-z0-9 _.:;,/@#+=~!$&|-]|\\[-\\\]^[])+)\]|\\([.+*?()[\]{}|^$\\/-])|([A-Za-z0-9 _:;,/@#=~!&-])/y;
const count = /\{(\d{1,4})(?:(,)(\d{0,4}))?\}|([*+?])/y;

/** Throws a `RangeError` that says what is wrong with the pattern, as the rest of a sentence that begins with it. */
export function parseTextPattern(source: string): TextPattern {
  const parts: Part[] = [];
  for (let at = 0; at < source.length; ) {
    part.lastIndex = at;
    const found = part.exec(source);
    if (found === null)
      throw new RangeError(
        `has '${source.slice(at, at + 8)}' at character ${at + 1}, allowed are characters and classes like [A-Za-z0-9._-], each with a count like * + ? {2} {1,9}`,
      );
    at = part.lastIndex;
    const [, inClass, escaped, plain] = found;
    const fits = inClass === undefined ? listed(escaped ?? plain ?? '') : classOf(inClass);
    count.lastIndex = at;
    const counted = count.exec(source);
    if (counted !== null) at = count.lastIndex;
    parts.push({ fits, ...boundsOf(counted) });
  }
  assertOnePass(parts);
  return parts;
}

/** Whether the character codes from `from` to `to` match; each is looked at once. */
export function isMatch(pattern: TextPattern, codes: ArrayLike<number>, from: number, to: number): boolean {
  let at = from;
  for (let i = 0; i < pattern.length; i++) {
    const { fits, min, max } = pattern[i] as Part;
    const first = at;
    const end = Math.min(to, first + max);
    while (at < end && fits[codes[at] as number] === 1) at += 1;
    if (at - first < min) return false;
  }
  return at === to;
}

function classOf(inside: string): Uint8Array {
  const fits = new Uint8Array(ASCII);
  const characters = Array.from(inside.matchAll(/\\(.)|(.)/g), ([, escaped, plain]) => ({
    character: escaped ?? plain ?? '',
    isDash: plain === '-',
  }));
  for (let i = 0; i < characters.length; i++) {
    const [first, dash, last] = characters.slice(i, i + 3);
    if (first === undefined) break;
    const [low, isRange] = [first.character.charCodeAt(0), dash?.isDash === true && last !== undefined];
    const high = isRange ? (last?.character ?? '').charCodeAt(0) : low;
    if (high < low)
      throw new RangeError(`has the range ${first.character}-${last?.character}, which is empty`);
    fits.fill(1, low, high + 1);
    if (isRange) i += 2;
  }
  return fits;
}

function listed(character: string): Uint8Array {
  return new Uint8Array(ASCII).fill(1, character.charCodeAt(0), character.charCodeAt(0) + 1);
}

function boundsOf(counted: RegExpExecArray | null): Pick<Part, 'min' | 'max'> {
  if (counted === null) return { min: 1, max: 1 };
  const [, least, comma, most, sign] = counted;
  if (sign !== undefined)
    return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
  const min = Number(least);
  const max = comma === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most);
  if (max < min) throw new RangeError(`has the count {${least},${most}}, which is empty`);
  return { min, max };
}

function assertOnePass(parts: readonly Part[]): void {
  for (const [i, { fits, min, max }] of parts.entries()) {
    if (min === max) continue;
    for (const next of parts.slice(i + 1)) {
      if (next.fits.some((fit, code) => fit === 1 && fits[code] === 1))
        throw new RangeError(
          `has part ${i + 1} of varying length before one that shares a character with it, allowed is one that does not`,
        );
      if (next.min > 0) break;
    }
  }
}
