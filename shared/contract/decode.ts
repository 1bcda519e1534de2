/**
 * Second stage: a record becomes a click, or is rejected with a reason. Total: never throws, never half of either.
 *
 *   value = base64( UTF-8( JSON object ) )
 *   click = { "v": 1, "clickId", "advertiserId", "adId": string, "priceMicros": integer, "ip"?: string | null, … }
 *
 * Unknown fields are ignored; of a repeated key the last counts, as JSON.parse has it; `null` in an optional field is as if
 * it were left out. Nothing here recurses, and objects and arrays nest at most DEPTH_MAX deep: what a record is must not
 * depend on how much stack is left. The price must be written as a
 * plain integer: `1e6`, `1.0`, `"12"` and a decimal that only rounds to an integer are refused, since no float may ever
 * hold money (I6). The hour that is billed comes from the record's timestamp, never from the value.
 * Written by hand and not with a schema library, because this is the one loop that runs per click (ADR 0002).
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { KafkaRecord } from '../event/event.ts';
import { scanMembers, type Written } from './json-members.ts';

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
  'value.mark':
    'the value begins with a byte order mark (EF BB BF); the producer has to write JSON without one',
  'value.json': 'the value is not JSON',
  'value.depth': 'the value nests objects or arrays more than 64 deep',
  'click.object': 'the value is JSON, but not an object',
  'click.version': 'the schema version `v` is not 1',
  'click.id': '`clickId` is not a string of 1 to 128 characters',
  'click.advertiser':
    '`advertiserId` is not 1 to 64 characters of [A-Za-z0-9._:-], the first a letter or digit',
  'click.ad': '`adId` is not a string of 1 to 128 characters',
  'click.ip': '`ip` is given, not null, and not a string of 2 to 45 characters',
  'price.missing': '`priceMicros` is missing',
  'price.integer': '`priceMicros` is not written as a plain integer',
  'price.range': '`priceMicros` is outside 0 to 1 000 000 000',
  'record.old': 'a producer has stamped the record as older than the topic keeps any',
  'record.ahead': 'a producer has stamped the record further ahead of the clock than the group allows',
  'record.timestamp': 'the timestamp of the record is not a time between 1970 and 9999',
  'fold.threw': 'the fold of the group failed on this click',
} as const;

export type Reason = keyof typeof reasons;

/** 1,000 units of the currency for one click. A batch of 10 000 such clicks stays far below 2^53. */
export const PRICE_MICROS_MAX = 1_000_000_000;

const FIELDS = new Set(['v', 'clickId', 'advertiserId', 'adId', 'priceMicros', 'ip']);
const TIMESTAMP_MAX = Date.UTC(10_000, 0) - 1;
const integerPattern = /^(?:0|-?[1-9]\d*)$/;
/** What a line of the ledger can be named by. */
export const advertiserPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters outside ASCII are looked for.
const beyondAscii = /[^\x00-\x7f]/;

export function decode(record: KafkaRecord): Click | Rejected {
  const { value } = record;
  if (readTime(record) < 0) return { record, rejected: 'record.timestamp' };
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
  return decodeText(record, text);
}

/** The rest of `decode`, for a record whose timestamp is a time and whose value is this text. */
export function decodeText(record: KafkaRecord, text: string): Click | Rejected {
  if (text.startsWith('\ufeff')) return { record, rejected: 'value.mark' };
  const members = scanMembers(text, FIELDS);
  switch (members) {
    case 'no JSON':
      return { record, rejected: 'value.json' };
    case 'too deep':
      return { record, rejected: 'value.depth' };
    case 'no object':
      return { record, rejected: 'click.object' };
    default:
      return clickOf(record, text, members);
  }
}

export function isRejected(decoded: Click | Rejected): decoded is Rejected {
  return 'rejected' in decoded;
}

function clickOf(record: KafkaRecord, text: string, members: ReadonlyMap<string, Written>): Click | Rejected {
  const written = (field: string): string => {
    const { from, to } = members.get(field) ?? { from: 0, to: 0 };
    return text.slice(from, to);
  };
  const price = written('priceMicros');
  if (Number(written('v') || 'NaN') !== 1) return { record, rejected: 'click.version' };
  const clickId = textIn(written('clickId'), 1, 128);
  if (clickId === undefined) return { record, rejected: 'click.id' };
  const advertiserId = textIn(written('advertiserId'), 1, 64);
  if (advertiserId === undefined || !advertiserPattern.test(advertiserId))
    return { record, rejected: 'click.advertiser' };
  const adId = textIn(written('adId'), 1, 128);
  if (adId === undefined) return { record, rejected: 'click.ad' };
  const address = written('ip');
  const ip = address === '' || address === 'null' ? undefined : textIn(address, 2, 45);
  if (ip === undefined && address !== '' && address !== 'null') return { record, rejected: 'click.ip' };
  if (price === '') return { record, rejected: 'price.missing' };
  const priceMicros = Number(price);
  if (!integerPattern.test(price) || !Number.isSafeInteger(priceMicros))
    return { record, rejected: 'price.integer' };
  if (priceMicros < 0 || priceMicros > PRICE_MICROS_MAX) return { record, rejected: 'price.range' };
  return { record, clickId, advertiserId, adId, priceMicros, ip };
}

/** The string that is written so, if it is one of as many characters. An escape takes six where the character takes one. */
function textIn(written: string, min: number, max: number): string | undefined {
  if (!written.startsWith('"') || written.length > 6 * max + 2) return undefined;
  const value = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
  return value.length >= min && value.length <= max ? value : undefined;
}

/** The record's timestamp, or -1 if it is no time: Kafka writes -1 for none, and an event may hold any number. */
export function readTime(record: KafkaRecord): number {
  const { timestamp } = record;
  return Number.isSafeInteger(timestamp) && timestamp >= 0 && timestamp <= TIMESTAMP_MAX ? timestamp : -1;
}

/**
 * Sixteen hexadecimal digits over (timestamp, key, value): tells whether a position still holds the record that was
 * counted (I10). Absent, null and empty are one to it, because a redelivery may come by another way.
 */
export function computeFingerprint(record: KafkaRecord): string {
  const key = Buffer.from(record.key ?? '', 'base64');
  const hash = createHash('sha256').update(`${record.timestamp} ${key.length} `).update(key);
  return hash
    .update(Buffer.from(record.value ?? '', 'base64'))
    .digest('hex')
    .slice(0, 16);
}

/** SHA-256 of the value's bytes, which names a parked record without keeping anything of it. */
export function computeValueSha256(record: KafkaRecord): string {
  return createHash('sha256')
    .update(Buffer.from(record.value ?? '', 'base64'))
    .digest('hex');
}
