/**
 * The values of a click that `scanClick` has found, still as bytes: checked when they are taken, made into texts only for who asks.
 */

import type { KafkaRecord } from '../event/event.ts';
import { type Click, PRICE_MICROS_MAX } from './decode.ts';

/** Keys of a click, each with a bit of its own. */
export const VERSION = 1;
export const IP = 2;
export const AD_ID = 4;
export const CLICK_ID = 8;
export const PRICE = 16;
export const ADVERTISER = 32;

const ZERO = 0x30;
const NINE = 0x39;

/** What a byte can be of an advertiser's id. */
const IN_ID = 1;
const FIRST_OF_ID = 2;
const kinds = new Uint8Array(256).map((_, byte) => {
  const character = String.fromCharCode(byte);
  return (/[A-Za-z0-9._:-]/.test(character) ? IN_ID : 0) | (/[A-Za-z0-9]/.test(character) ? FIRST_OF_ID : 0);
});

/** Advertisers seen, by a hash of their bytes: one text for each, where another hash puts it out. */
const KNOWN_SLOTS = 1 << 16;
const known = new Array<string>(KNOWN_SLOTS).fill('');

/** A click whose texts are still bytes; who asks for one gets it made. */
export class ScannedClick implements Click {
  readonly record: KafkaRecord;
  readonly #bytes: Buffer;
  advertiserId = '';
  priceMicros = 0;
  #clickFrom = 0;
  #clickTo = 0;
  #adFrom = 0;
  #adTo = 0;
  #ipFrom = 0;
  #ipTo = 0;

  constructor(record: KafkaRecord, bytes: Buffer) {
    this.record = record;
    this.#bytes = bytes;
  }

  get clickId(): string {
    return this.#bytes.toString('latin1', this.#clickFrom, this.#clickTo);
  }

  get adId(): string {
    return this.#bytes.toString('latin1', this.#adFrom, this.#adTo);
  }

  get ip(): string | undefined {
    return this.#ipTo === 0 ? undefined : this.#bytes.toString('latin1', this.#ipFrom, this.#ipTo);
  }

  /** Keeps a value of one of the keys; false if it is not as usual. */
  take(field: number, from: number, to: number): boolean {
    const bytes = this.#bytes;
    switch (field) {
      case VERSION:
        return to === from + 1 && bytes[from] === ZERO + 1;
      case PRICE:
        this.priceMicros = priceIn(bytes, from, to);
        return this.priceMicros >= 0;
      case ADVERTISER:
        this.advertiserId = advertiserIn(bytes, from, to);
        return this.advertiserId !== '';
      case CLICK_ID:
        this.#clickFrom = from;
        this.#clickTo = to;
        return isAsciiText(bytes, from, to, 1, 128);
      case AD_ID:
        this.#adFrom = from;
        this.#adTo = to;
        return isAsciiText(bytes, from, to, 1, 128);
      default:
        this.#ipFrom = from;
        this.#ipTo = to;
        return isAsciiText(bytes, from, to, 2, 45);
    }
  }
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** From 0 to PRICE_MICROS_MAX; -1 for anything else. */
function priceIn(bytes: Buffer, from: number, to: number): number {
  if (to - from > String(PRICE_MICROS_MAX).length) return -1;
  let price = 0;
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at] as number)) return -1;
    price = price * 10 + (bytes[at] as number) - ZERO;
  }
  return price <= PRICE_MICROS_MAX ? price : -1;
}

/** The id of an advertiser; '' if it is none. */
function advertiserIn(bytes: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length < 1 || length > 64 || ((kinds[bytes[from] as number] as number) & FIRST_OF_ID) === 0) return '';
  let hash = length;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (((kinds[byte] as number) & IN_ID) === 0) return '';
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const slot = (hash ^ (hash >>> 16)) & (KNOWN_SLOTS - 1);
  const one = known[slot] as string;
  if (isSpelt(one, bytes, from, length)) return one;
  const made = bytes.toString('latin1', from, to);
  known[slot] = made;
  return made;
}

function isSpelt(text: string, bytes: Buffer, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

/** Only of such a text is the number of bytes that of its characters. */
function isAsciiText(bytes: Buffer, from: number, to: number, min: number, max: number): boolean {
  if (to - from < min || to - from > max) return false;
  for (let at = from; at < to; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}
