/**
 * Generates records of a topic by its contract: each field within its kind and bounds. The n-th record of a partition depends only on
 * (seed, partition, n), so a killed producer continues exactly at the end of the log. Partitions get equal shares.
 */
import { Seeded } from '../seeded.ts';
import type { PlannedContract, PlannedField } from '../template/planned.ts';
import type { MadeClick } from './clicks.ts';

interface Made {
  readonly seed: number;
  readonly partitions: number;
  readonly contract: PlannedContract;
}

/** Longer texts are allowed, and say no more. */
const TEXT_LENGTH = 12;
const OMITTED_SHARE = 1 / 10;
const TIME_BASE_MS = Date.UTC(2026, 0, 1);

export class RecordSource {
  readonly #made: Made;
  readonly partitionOfHotKey = 0;

  constructor(made: Made) {
    this.#made = made;
  }

  /** How many of `records` records go to each partition. */
  shares(records: number): number[] {
    const { partitions } = this.#made;
    return Array.from({ length: partitions }, (_, at) =>
      Math.floor((records + partitions - 1 - at) / partitions),
    );
  }

  hotClick(n: number): MadeClick {
    return this.click(this.partitionOfHotKey, n);
  }

  click(partition: number, n: number): MadeClick {
    const { seed, contract } = this.#made;
    const random = new Seeded(
      Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^
        Math.imul(partition + 1, 0xc2b2ae35) ^
        Math.imul(n + 1, 0x27d4eb2f),
    );
    const record = {};
    const { version } = contract;
    if (version !== undefined) place(record, [version.path].flat(), version.value);
    for (const [name, field] of Object.entries(contract.fields)) {
      const isOmitted = random.chance(OMITTED_SHARE) && field.optional === true;
      if (!isOmitted) place(record, field.path ?? [name], makeValue(field, random, n));
    }
    return { key: `${partition}-${n}`, value: JSON.stringify(record) };
  }
}

function place(record: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let inner = record;
  for (const name of path.slice(0, -1)) {
    inner[name] ??= {};
    inner = inner[name] as Record<string, unknown>;
  }
  inner[path.at(-1) ?? ''] = value;
}

function makeValue(field: PlannedField, random: Seeded, n: number): unknown {
  switch (field.kind) {
    case 'text':
      return makeText(field, random);
    case 'boolean':
      return random.chance(1 / 2);
    case 'one of':
      return random.pick(field.values);
    case 'time': {
      const at = TIME_BASE_MS + n * 7;
      if (field.unit === 'text') return new Date(at).toISOString();
      return quotedIf(field.quoted, field.unit === 'seconds' ? Math.floor(at / 1_000) : at);
    }
    case 'decimal': {
      const unit = 10 ** (6 - field.scale);
      const units = wholeBetween(Math.ceil((field.min ?? 0) / unit), Math.floor(field.max / unit), random);
      return quotedIf(field.quoted, units / 10 ** field.scale);
    }
    default:
      return quotedIf(field.quoted, wholeBetween(field.min ?? 0, field.max, random));
  }
}

function quotedIf(quoted: boolean | undefined, value: number): unknown {
  return quoted === true ? String(value) : value;
}

function wholeBetween(min: number, max: number, random: Seeded): number {
  return Math.min(max, min + Math.floor(random.next() * (max - min + 1)));
}

interface TextField {
  readonly min?: number | undefined;
  readonly max: number;
  readonly pattern?: string | undefined;
}

/** Parts of a pattern: a class or a character, and how many of it. */
const part = /(?:\[((?:\\.|[^\]])+)\]|\\(.)|(.))(?:\{(\d+)(,?)(\d*)\}|([*+?]))?/g;

function makeText({ min = 1, max, pattern = '[a-z0-9]*' }: TextField, random: Seeded): string {
  const parts = Array.from(pattern.matchAll(part), ([, inClass, escaped, plain, low, comma, high, sign]) => {
    const characters = inClass === undefined ? [escaped ?? plain ?? ''] : charactersOf(inClass);
    const least = sign === '*' || sign === '?' ? 0 : Number(low ?? 1);
    const most =
      sign === '*' || sign === '+' || (comma === ',' && high === '')
        ? max
        : Number(high || (sign === '?' ? 1 : least));
    return { characters, least, most };
  });
  const wanted = Math.max(min, Math.min(max, TEXT_LENGTH));
  let room = wanted - parts.reduce((sum, { least }) => sum + least, 0);
  const texts = parts.map(({ characters, least, most }) => {
    const more = Math.max(0, Math.min(room, most - least));
    room -= more;
    return Array.from({ length: least + more }, () => random.pick(characters)).join('');
  });
  return texts.join('');
}

function charactersOf(inClass: string): string[] {
  return Array.from(inClass.matchAll(/\\(.)|(.)-(.)|(.)/g), ([, escaped, low, high, plain]) => {
    if (low === undefined || high === undefined) return [escaped ?? plain ?? ''];
    const [from, to] = [low.charCodeAt(0), high.charCodeAt(0)];
    return Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at));
  }).flat();
}
