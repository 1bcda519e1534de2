/**
 * The fast way through the second stage: a click in its usual spelling is read straight from the bytes of its value, without a
 * JSON object and without texts that nobody asks for. Anything else, and anything doubtful, is left to `decode`, which alone
 * says what a click is and why something is none; what is read here is what `decode` would have read, and a property test
 * holds the two together (ADR 0002).
 *
 * Usual: one flat object of texts and whole numbers, no escapes, each key of a click once and in bounds.
 */

import type { KafkaRecord } from '../event/event.ts';
import type { Click } from './decode.ts';
import { AD_ID, ADVERTISER, CLICK_ID, IP, isDigit, PRICE, ScannedClick, VERSION } from './scanned-click.ts';

/** Stands after each value, so that no scan runs on into its neighbour: no part of a usual click is a zero byte. */
export const SENTINEL = 0;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

const inText = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return byte >= SPACE && character !== '"' && character !== '\\' ? 1 : 0;
});

const NEEDED = VERSION | AD_ID | CLICK_ID | PRICE | ADVERTISER;
const fields = {
  v: VERSION,
  ip: IP,
  adId: AD_ID,
  clickId: CLICK_ID,
  priceMicros: PRICE,
  advertiserId: ADVERTISER,
};
/** No two keys are of one length, so the length finds the only one it can be. */
const LONGEST_KEY = 'advertiserId'.length;
const fieldOfLength = new Uint8Array(LONGEST_KEY + 1);
const keyOfLength = Array.from({ length: LONGEST_KEY + 1 }, () => new Uint8Array(0));
for (const [key, field] of Object.entries(fields)) {
  fieldOfLength[key.length] = field;
  keyOfLength[key.length] = Uint8Array.from(Buffer.from(key));
}

/**
 * The click in the bytes [from, to), which are UTF-8 and followed by a SENTINEL; undefined if it is not spelt as usual. `bytes` has to
 * stay as it is while the click is in use.
 */
export function scanClick(record: KafkaRecord, bytes: Buffer, from: number, to: number): Click | undefined {
  if (bytes[from] !== BRACE) return undefined;
  const click = new ScannedClick(record, bytes);
  let seen = 0;
  let at = from;
  do {
    const keyFrom = afterSpaces(bytes, at + 1) + 1;
    if (bytes[keyFrom - 1] !== QUOTE) return undefined;
    const keyTo = textEnd(bytes, keyFrom);
    at = afterSpaces(bytes, keyTo + 1);
    if (bytes[keyTo] !== QUOTE || bytes[at] !== COLON) return undefined;
    at = afterSpaces(bytes, at + 1);
    const isText = bytes[at] === QUOTE;
    const valueFrom = isText ? at + 1 : at;
    const valueTo = isText ? textEnd(bytes, valueFrom) : integerEnd(bytes, at);
    if (isText ? bytes[valueTo] !== QUOTE : valueTo === at) return undefined;
    const field = fieldIn(bytes, keyFrom, keyTo);
    if (field !== 0) {
      const wantsText = (field & (VERSION | PRICE)) === 0;
      if ((seen & field) !== 0 || isText !== wantsText || !click.take(field, valueFrom, valueTo))
        return undefined;
      seen |= field;
    }
    at = afterSpaces(bytes, isText ? valueTo + 1 : valueTo);
  } while (bytes[at] === COMMA);
  const whole = bytes[at] === BRACE_END && at + 1 === to;
  return whole && (seen & NEEDED) === NEEDED ? click : undefined;
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

/** Where a whole number as JSON has it ends; `from` if there is none. What follows it is for the caller to judge. */
function integerEnd(bytes: Buffer, from: number): number {
  let at = from;
  if (bytes[at] === MINUS) at++;
  if (bytes[at] === ZERO) return at + 1;
  const digits = at;
  while (isDigit(bytes[at] as number)) at++;
  return at === digits ? from : at;
}

/** The bit of a key of a click; 0 for any other. */
function fieldIn(bytes: Buffer, from: number, to: number): number {
  const length = to - from;
  if (length > LONGEST_KEY) return 0;
  const key = keyOfLength[length] as Uint8Array;
  for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key[i]) return 0;
  return fieldOfLength[length] as number;
}
