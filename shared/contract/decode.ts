/**
 * Second stage: a record becomes an event of its contract, or is rejected with a reason. Total: never throws, never half of either.
 *
 *   value = base64( UTF-8( JSON object ) )
 *   event = { record, <field>: value, … }
 *
 * What the contract does not name is ignored; of a repeated key the last counts, as JSON.parse has it; `null` in an optional field is as if
 * it were left out. Nothing here recurses, and objects and arrays nest at most DEPTH_MAX deep: what a record is must not
 * depend on how much stack is left. Money must be written with digits: `1e6` and a decimal that only rounds to what is allowed are refused,
 * since no float may ever hold money (I6). The hour that is counted comes from the record's timestamp, never from the value.
 * Written by hand and not with a schema library, because this is the one loop that runs per record (ADR 0002).
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { KafkaRecord } from '../event/event.ts';
import { type AnyEvent, type Contract, type Field, readPath, readVersionPath } from './contract.ts';
import { BOUNDS, createReader, describeField, KIND, type ReadValue, TIMESTAMP_MAX } from './field-values.ts';
import { buildWanted, noObject, scanMembers, type Wanted, type Written } from './json-members.ts';

export interface Rejected {
  readonly record: KafkaRecord;
  /** One of `listReasons`. */
  readonly rejected: string;
}

/** What is wrong with a record whatever its contract. */
const reasons = {
  'value.missing': 'the record has no value (a tombstone, or zero bytes)',
  'value.base64': 'the value is not base64',
  'value.utf8': 'the value is not UTF-8',
  'value.mark':
    'the value begins with a byte order mark (EF BB BF); the producer has to write JSON without one',
  'value.json': 'the value is not JSON',
  'value.depth': 'the value nests objects or arrays more than 64 deep',
  'record.old': 'a producer has stamped the record as older than the topic keeps any',
  'record.ahead': 'a producer has stamped the record further ahead of the clock than the group allows',
  'record.timestamp': 'the timestamp of the record is not a time between 1970 and 9999',
  'fold.threw': 'the fold of the group failed on this record',
} as const;

/** Every reason for which a record of a contract is parked, with a sentence. */
export function listReasons(contract: Contract): Readonly<Record<string, string>> {
  const { version, codes } = contract;
  const all: Record<string, string> = {
    ...reasons,
    [codes?.object ?? 'event.object']: 'the value is JSON, but not an object',
  };
  if (version !== undefined)
    all[codes?.version ?? 'event.version'] =
      `\`${readVersionPath(version).join('.')}\` is not ${JSON.stringify(version.value)}`;
  for (const [name, field] of Object.entries(contract.fields)) {
    const at = `\`${readPath(name, field).join('.')}\``;
    const { missing, kind, bounds } = codesOf(name, field);
    const what = `${describeField(field)}${field.optional ? ', or left out' : ''}`;
    if (!field.optional) all[missing] = `${at} is missing, allowed is ${what}`;
    all[bounds] = `${at} is not ${what}`;
    all[kind] = `${at} is not ${what}`;
  }
  return all;
}

function codesOf(
  name: string,
  { code = `event.${name}` }: Field,
): Exclude<NonNullable<Field['code']>, string> {
  return typeof code === 'string' ? { missing: code, kind: code, bounds: code } : code;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters outside ASCII are looked for.
const beyondAscii = /[^\x00-\x7f]/;

interface FieldReader {
  readonly name: string;
  readonly optional: boolean;
  readonly read: ReadValue;
  readonly codes: ReturnType<typeof codesOf>;
}

/** The plain reading of a contract: one record at a time, whatever its spelling. */
export class PlainReader {
  readonly #wanted: Wanted;
  readonly #fields: readonly FieldReader[];
  readonly #version: Contract['version'];
  readonly #objectCode: string;
  readonly #versionCode: string;

  constructor({ fields, version, codes }: Contract) {
    const named = Object.entries(fields);
    const paths: (readonly string[])[] = named.map(([name, field]) => readPath(name, field));
    if (version !== undefined) paths.push(readVersionPath(version));
    this.#wanted = buildWanted(paths);
    this.#fields = named.map(([name, field]) => ({
      name,
      optional: field.optional === true,
      read: createReader(field),
      codes: codesOf(name, field),
    }));
    this.#version = version;
    this.#objectCode = codes?.object ?? 'event.object';
    this.#versionCode = codes?.version ?? 'event.version';
  }

  decode(record: KafkaRecord): AnyEvent | Rejected {
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
    return this.decodeText(record, text);
  }

  /** The rest of `decode`, for a record whose timestamp is a time and whose value is this text. */
  decodeText(record: KafkaRecord, text: string): AnyEvent | Rejected {
    if (text.startsWith('\ufeff')) return { record, rejected: 'value.mark' };
    const members = scanMembers(text, this.#wanted);
    switch (members) {
      case 'no JSON':
        return { record, rejected: 'value.json' };
      case 'too deep':
        return { record, rejected: 'value.depth' };
      case 'no object':
        return { record, rejected: this.#objectCode };
      default:
        return this.#eventOf(record, text, members);
    }
  }

  #eventOf(
    record: KafkaRecord,
    text: string,
    members: readonly (Written | undefined)[],
  ): AnyEvent | Rejected {
    if (this.#version !== undefined && !isVersion(this.#version.value, text, members.at(-1)))
      return { record, rejected: this.#versionCode };
    const event: Record<string, unknown> & { record: KafkaRecord } = { record };
    for (let i = 0; i < this.#fields.length; i++) {
      const { name, optional, read, codes } = this.#fields[i] as FieldReader;
      const member = members[i];
      const written = member === undefined ? undefined : text.slice(member.from, member.to);
      if (optional && (written === undefined || written === 'null')) event[name] = undefined;
      else if (written === undefined) return { record, rejected: codes.missing };
      else {
        const value = member === noObject ? KIND : read(written);
        if (value === KIND) return { record, rejected: codes.kind };
        if (value === BOUNDS) return { record, rejected: codes.bounds };
        event[name] = value;
      }
    }
    return event;
  }
}

function isVersion(wanted: number | string, text: string, member: Written | undefined): boolean {
  const written = member === undefined ? '' : text.slice(member.from, member.to);
  if (typeof wanted === 'number') return Number(written || 'NaN') === wanted;
  return written.startsWith('"') && written.length < 1_000 && JSON.parse(written) === wanted;
}

export function isRejected(decoded: AnyEvent | Rejected): decoded is Rejected {
  return 'rejected' in decoded;
}

/** The record's timestamp, or -1 if it is no time: Kafka writes -1 for none, and an event may hold any number. */
export function readTime({ timestamp }: Pick<KafkaRecord, 'timestamp'>): number {
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
