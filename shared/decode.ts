/**
 * Second stage: a record becomes a click, or is rejected with a reason. Total: never throws, never half of either.
 *
 *   value = base64( UTF-8( JSON object ) )
 *   click = { "v": 1, "clickId", "advertiserId", "adId": string, "priceMicros": integer, "ip"?: string, … }
 *
 * Unknown fields are ignored; of a repeated key the last counts, as JSON.parse has it. The price must be written as a
 * plain integer: `1e6`, `1.0`, `"12"` and a decimal that only rounds to an integer are refused, since no float may ever
 * hold money (I6). The hour that is billed comes from the record's timestamp, never from the value.
 * Written by hand and not with a schema library, because this is the one loop that runs per click (ADR 0002).
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { KafkaRecord } from './event.ts';

export interface Click {
  /** The record it came from: its position, key and headers. */
  readonly record: KafkaRecord;
  readonly clickId: string;
  readonly advertiserId: string;
  readonly adId: string;
  /** Millionths of the currency unit, an integer in [0, PRICE_MICROS_MAX]. */
  readonly priceMicros: number;
  /** Personal data: a fold may use it and must not keep it. */
  readonly ip: string | undefined;
}

export interface Rejected {
  readonly record: KafkaRecord;
  readonly rejected: Reason;
}

export const reasons = {
  'value.missing': 'the record has no value (a tombstone, or zero bytes)',
  'value.base64': 'the value is not base64',
  'value.utf8': 'the value is not UTF-8',
  'value.json': 'the value is not JSON',
  'click.object': 'the value is JSON, but not an object',
  'click.version': 'the schema version `v` is not 1',
  'click.id': '`clickId` is not a string of 1 to 128 characters',
  'click.advertiser':
    '`advertiserId` is not 1 to 64 characters of [A-Za-z0-9._:-], the first a letter or digit',
  'click.ad': '`adId` is not a string of 1 to 128 characters',
  'click.ip': '`ip` is given and not a string of 2 to 45 characters',
  'price.missing': '`priceMicros` is missing',
  'price.integer': '`priceMicros` is not written as a plain integer',
  'price.range': '`priceMicros` is outside 0 to 1 000 000 000',
  'record.timestamp': 'the timestamp of the record is not a time between 1970 and 9999',
  'fold.threw': 'the fold of the group failed on this click',
} as const;

export type Reason = keyof typeof reasons;

/** 1,000 units of the currency for one click. A batch of 10 000 such clicks stays far below 2^53. */
export const PRICE_MICROS_MAX = 1_000_000_000;

const PRICE_KEY = '"priceMicros"';
const TIMESTAMP_MAX = Date.UTC(10_000, 0) - 1;
const integerPattern = /^(?:0|-?[1-9]\d*)$/;
const advertiserPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters outside ASCII are looked for.
const beyondAscii = /[^\x00-\x7f]/;

export function decode(record: KafkaRecord): Click | Rejected {
  const { value } = record;
  if (timeOf(record) < 0) return { record, rejected: 'record.timestamp' };
  if (typeof value !== 'string' || value === '') return { record, rejected: 'value.missing' };
  let text: string;
  try {
    text = atob(value);
  } catch {
    return { record, rejected: 'value.base64' };
  }
  if (beyondAscii.test(text)) {
    const bytes = Buffer.from(text, 'latin1');
    if (!isUtf8(bytes)) return { record, rejected: 'value.utf8' };
    text = bytes.toString('utf8');
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { record, rejected: 'value.json' };
  }
  return clickOf(record, parsed, text);
}

export function isRejected(decoded: Click | Rejected): decoded is Rejected {
  return 'rejected' in decoded;
}

type Loose = Partial<Record<'v' | 'clickId' | 'advertiserId' | 'adId' | 'priceMicros' | 'ip', unknown>>;

function clickOf(record: KafkaRecord, parsed: unknown, text: string): Click | Rejected {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { record, rejected: 'click.object' };
  const { v, clickId, advertiserId, adId, priceMicros, ip } = parsed as Loose;
  if (v !== 1) return { record, rejected: 'click.version' };
  if (!isText(clickId, 1, 128)) return { record, rejected: 'click.id' };
  if (typeof advertiserId !== 'string' || !advertiserPattern.test(advertiserId))
    return { record, rejected: 'click.advertiser' };
  if (!isText(adId, 1, 128)) return { record, rejected: 'click.ad' };
  if (ip !== undefined && !isText(ip, 2, 45)) return { record, rejected: 'click.ip' };
  if (priceMicros === undefined) return { record, rejected: 'price.missing' };
  if (typeof priceMicros !== 'number' || !isPlainInteger(priceMicros, text))
    return { record, rejected: 'price.integer' };
  if (priceMicros < 0 || priceMicros > PRICE_MICROS_MAX) return { record, rejected: 'price.range' };
  return { record, clickId, advertiserId, adId, priceMicros, ip };
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max;
}

/**
 * Whether the price stands in the text as digits only. JSON.parse has lost that: 5, 5.0 and 5.0000000000000000001 are
 * the same number to it. The usual spellings are found by search, where the key is spelt only once and nothing is escaped
 * by number; any other text is parsed again with its sources, since a nested or repeated price could be mistaken for this one.
 */
function isPlainInteger(price: number, text: string): boolean {
  return Number.isSafeInteger(price) && (standsPlain(text, price) || sourceIsPlain(text));
}

function standsPlain(text: string, price: number): boolean {
  const key = text.indexOf(PRICE_KEY);
  if (key < 0 || text.indexOf(PRICE_KEY, key + PRICE_KEY.length) >= 0 || text.includes('\\u')) return false;
  const colon = key + PRICE_KEY.length;
  const start = text[colon + 1] === ' ' ? colon + 2 : colon + 1;
  const digits = String(price);
  const next = text[start + digits.length];
  return text[colon] === ':' && text.startsWith(digits, start) && (next === ',' || next === '}');
}

function sourceIsPlain(text: string): boolean {
  const sources = new Map<unknown, string | undefined>();
  let root: unknown;
  function collect(this: unknown, key: string, value: unknown, context: { source?: string }): unknown {
    if (key === 'priceMicros') sources.set(this, context.source);
    if (key === '') root = value;
    return value;
  }
  try {
    JSON.parse(text, collect as (key: string, value: unknown) => unknown);
  } catch {
    return false; // A reviver recurses, so a deep enough value exhausts the stack where a plain parse did not.
  }
  return integerPattern.test(sources.get(root) ?? '');
}

/** The record's timestamp, or -1 if it is no time: Kafka writes -1 for none, and an event may hold any number. */
export function timeOf(record: KafkaRecord): number {
  const { timestamp } = record;
  return Number.isSafeInteger(timestamp) && timestamp >= 0 && timestamp <= TIMESTAMP_MAX ? timestamp : -1;
}

/**
 * Sixteen hexadecimal digits over (timestamp, key, value): tells whether a position still holds the record that was
 * counted (I10). Absent, null and empty are one to it, because a redelivery may come by another way.
 */
export function fingerprintOf(record: KafkaRecord): string {
  const key = Buffer.from(record.key ?? '', 'base64');
  const hash = createHash('sha256').update(`${record.timestamp} ${key.length} `).update(key);
  return hash
    .update(Buffer.from(record.value ?? '', 'base64'))
    .digest('hex')
    .slice(0, 16);
}

/** SHA-256 of the value's bytes, which names a parked record without keeping anything of it. */
export function valueSha256(record: KafkaRecord): string {
  return createHash('sha256')
    .update(Buffer.from(record.value ?? '', 'base64'))
    .digest('hex');
}
