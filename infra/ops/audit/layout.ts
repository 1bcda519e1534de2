/**
 * Items of a ledger's table by the documented layout (docs/ledger-layout.md), and nothing else. What the layout does not allow
 * is thrown as damage that names the item.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Ranges, readRanges } from './offset-ranges.ts';

export interface Sums {
  readonly clicks: bigint;
  readonly micros: bigint;
  readonly flagged: bigint;
}

export interface StateRead {
  readonly version: number;
  readonly resolved: Ranges;
  readonly parked: Ranges;
  readonly newest: number;
  /** Fingerprint by offset. */
  readonly marks: ReadonlyMap<number, string>;
  readonly carried: string;
  readonly clicks: bigint;
  readonly micros: bigint;
}

export interface EntryRead {
  readonly version: number;
  readonly offsets: Ranges;
  readonly void: Ranges;
  readonly unparked: Ranges;
  readonly parked: ReadonlyMap<number, { readonly reason: string; readonly sha256: string }>;
  /** By `<hour> <advertiser>`. */
  readonly lines: ReadonlyMap<string, Sums>;
  readonly state: StateRead;
}

export interface LineRead extends Sums {
  /** `<hour> <advertiser>`. */
  readonly line: string;
  readonly through: number;
}

export interface ParkedRead {
  readonly offset: number;
  readonly through: number;
  readonly reason: string;
  readonly sha256: string;
  readonly applied: number | undefined;
}

export interface CheckpointRead {
  readonly through: number;
  readonly state: StateRead;
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** An item that can't be read, or that should not be there. */
export class Damage extends Error {}

/** Throws `Damage` on what the layout does not allow. */
export function readEntryItem(item: Item): EntryRead {
  return named(item, () => {
    const changed = map(item['changed']);
    const state = readStateMap(item['state']);
    const version = Number(/^entry#(\d{16})$/.exec(text(item['sk']))?.[1] ?? Number.NaN);
    if (version !== state.version)
      throw new Damage(`its key is of version ${version}, its state of ${state.version}`);
    const parked = JSON.parse(optional(changed['parked'], '[]')) as [number, string, string][];
    return {
      version,
      offsets: readRanges(text(changed['offsets'])),
      void: readRanges(optional(changed['void'], '')),
      unparked: readRanges(optional(changed['unparked'], '')),
      parked: new Map(parked.map(([offset, reason, sha256]) => [offset, { reason, sha256 }])),
      lines: readDelta(text(changed['lines'])),
      state,
    };
  });
}

export function readCheckpointItem(item: Item): CheckpointRead {
  return named(item, () => ({ through: whole(item['through']), state: readStateMap(item['state']) }));
}

/** `journal` is the one that the line sums up. */
export function readLineItem(item: Item): LineRead & { readonly journal: string } {
  return named(item, () => {
    const [, hour, journal] = /^(\d{4}-\d\d-\d\dT\d\d)#(.+)$/.exec(text(item['sk'])) ?? [];
    const [, advertiser] = /^advertiser#(.*)$/s.exec(text(item['pk'])) ?? [];
    if (hour === undefined || journal === undefined || !/^[A-Za-z0-9][\w.:-]{0,63}$/.test(advertiser ?? ''))
      throw new Damage('its key is none of a statement line');
    const sums = {
      clicks: BigInt(digits(item['clicks'])),
      micros: BigInt(digits(item['micros'])),
      flagged: BigInt(digits(item['flagged'])),
    };
    return { journal, line: `${hour} ${advertiser}`, ...sums, through: whole(item['through']) };
  });
}

export function readParkedItem(item: Item): ParkedRead {
  return named(item, () => {
    const offset = Number(/^\d{16}$/.exec(text(item['sk']))?.[0]);
    if (!Number.isSafeInteger(offset)) throw new Damage('its key is none of a parked record');
    return {
      offset,
      through: whole(item['through']),
      reason: optional(item['reason'], ''),
      sha256: optional(item['sha256'], ''),
      applied: item['applied'] === undefined ? undefined : whole(item['applied']),
    };
  });
}

export function keyOf(item: Item): string {
  return `${item['pk']?.S ?? '?'} ${item['sk']?.S ?? '?'}`;
}

function named<Read>(item: Item, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    throw new Damage(`item ${keyOf(item)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readStateMap(attribute: AttributeValue | undefined): StateRead {
  const state = map(attribute);
  const marks = optional(state['marks'], '').split(',');
  return {
    version: whole(state['version']),
    resolved: readRanges(text(state['resolved'])),
    parked: readRanges(optional(state['parked'], '')),
    newest: whole(state['newest']),
    marks: new Map(
      marks
        .filter((mark) => mark !== '')
        .map((mark) => [Number.parseInt(mark, 10), mark.replace(/^\d+:/, '')]),
    ),
    carried: optional(state['carried'], ''),
    clicks: BigInt(digits(state['clicks'])),
    micros: BigInt(digits(state['micros'])),
  };
}

function readDelta(written: string): Map<string, Sums> {
  const lines = new Map<string, Sums>();
  const hours = JSON.parse(written) as Record<string, Record<string, number[]>>;
  for (const [hour, advertisers] of Object.entries(hours)) {
    for (const [advertiser, numbers] of Object.entries(advertisers)) {
      if (
        numbers.length < 2 ||
        numbers.length > 3 ||
        !numbers.every((n) => Number.isSafeInteger(n) && n >= 0)
      )
        throw new Damage(`the line ${hour} ${advertiser} is ${JSON.stringify(numbers)}`);
      const [clicks = 0n, micros = 0n, flagged = 0n] = numbers.map(BigInt);
      lines.set(`${hour} ${advertiser}`, { clicks, micros, flagged });
    }
  }
  return lines;
}

function map(attribute: AttributeValue | undefined): Item {
  if (attribute?.M === undefined) throw new Damage('a map is missing');
  return attribute.M;
}

function text(attribute: AttributeValue | undefined): string {
  if (attribute?.S === undefined) throw new Damage('a text is missing');
  return attribute.S;
}

function optional(attribute: AttributeValue | undefined, otherwise: string): string {
  return attribute === undefined ? otherwise : text(attribute);
}

function digits(attribute: AttributeValue | undefined): string {
  if (attribute?.N === undefined || !/^-?\d+$/.test(attribute.N))
    throw new Damage('a whole number is missing');
  return attribute.N;
}

function whole(attribute: AttributeValue | undefined): number {
  const number = Number(digits(attribute));
  if (!Number.isSafeInteger(number)) throw new Damage(`${number} is no safe integer`);
  return number;
}
