/**
 * Items of a ledger's table by the documented layout (docs/ledger-layout.md), and nothing else. What the layout does not allow
 * is thrown as damage that names the item.
 */
import {
  assertOnly,
  Damage,
  findBrokenSeal,
  readCount,
  readMap,
  readNamed,
  readOptional,
  readText,
  readWhole,
  refuseOtherCount,
  type StoredItem,
} from './attributes.ts';
import { type EntryLines, isHour, readLines, type Sums } from './entry-lines.ts';
import { joinRanges, parseRanges, type Ranges, subtractRanges } from './offset-ranges.ts';

export interface StateRead {
  readonly version: number;
  readonly resolved: Ranges;
  readonly openParked: number;
  readonly keys: number;
  readonly newest: number;
  /** Fingerprint by offset. */
  readonly marks: ReadonlyMap<number, string>;
  readonly carried: string;
  readonly clicks: bigint;
  readonly micros: bigint;
}

export interface EntryRead {
  readonly version: number;
  readonly expiresSeconds: number;
  readonly offsets: Ranges;
  readonly void: Ranges;
  readonly unparked: Ranges;
  /** Resolved without a record, or parked before; never counted. */
  readonly accepted: Ranges;
  /** Parked by an earlier entry, and applied or accepted by this one. */
  readonly settled: Ranges;
  readonly parked: ReadonlyMap<number, { readonly reason: string; readonly sha256: string }>;
  /** Offsets. */
  readonly flagged: readonly number[];
  readonly lines: EntryLines;
  readonly state: StateRead;
  readonly seal: string;
  /** What is wrong with the seal, if anything is. */
  readonly broken: string | undefined;
}

export interface CheckpointRead {
  readonly through: number;
  readonly state: StateRead;
  readonly broken: string | undefined;
}

export interface LineRead extends Sums {
  readonly journal: string;
  /** `<hour> <advertiser>`. */
  readonly line: string;
  readonly through: number;
}

export interface ParkedRead {
  readonly journal: string;
  readonly offset: number;
  /** By which entry it was parked. */
  readonly version: number;
  readonly reason: string;
  readonly sha256: string;
  /** By which entry it was applied or accepted, and when the item may be removed. */
  readonly settled: { readonly version: number; readonly expiresSeconds: number } | undefined;
}

const STATE = ['version', 'resolved', 'openParked', 'keys', 'newest', 'marks', 'carried', 'clicks', 'micros'];
const CHANGED = ['offsets', 'lines', 'parked', 'unparked', 'accepted', 'void', 'flags'];
const CARRIED_BYTES_MAX = 16_384;

/** Throws `Damage` on what the layout does not allow, as all readers here do. */
export function readEntryItem(item: StoredItem): EntryRead {
  return readNamed(item, () => {
    assertOnly(item, ['pk', 'sk', 'changed', 'state', 'by', 'expires', 'seal']);
    const changed = readMap(item['changed'], CHANGED);
    const by = readMap(item['by'], ['code', 'request', 'at']);
    const state = readStateMap(item['state']);
    const version = Number(/^entry#(\d{16})$/.exec(readText(item['sk']))?.[1] ?? Number.NaN);
    if (version !== state.version)
      throw new Damage(`its key is of version ${version}, its state of ${state.version}`);
    for (const name of ['code', 'request', 'at']) readText(by[name]);
    const offsets = parseRanges(readText(changed['offsets']));
    const unparked = parseRanges(readOptional(changed['unparked'], ''));
    const accepted = readAccepted(changed['accepted']);
    return {
      version,
      expiresSeconds: readWhole(item['expires']),
      offsets,
      void: parseRanges(readOptional(changed['void'], '')),
      unparked,
      accepted,
      settled: joinRanges([unparked, subtractRanges(accepted, offsets)]),
      parked: readParkedList(readOptional(changed['parked'], '[]')),
      flagged: readFlags(readOptional(changed['flags'], '[]')),
      lines: readLines(readText(changed['lines'])),
      state,
      seal: readOptional(item['seal'], ''),
      broken: findBrokenSeal(item),
    };
  });
}

export function readCheckpointItem(item: StoredItem): CheckpointRead {
  return readNamed(item, () => {
    assertOnly(item, ['pk', 'sk', 'through', 'state', 'seal']);
    return {
      through: readWhole(item['through']),
      state: readStateMap(item['state']),
      broken: findBrokenSeal(item),
    };
  });
}

/** `journal` is the one that the line sums up. */
export function readLineItem(item: StoredItem): LineRead {
  return readNamed(item, () => {
    assertOnly(item, ['pk', 'sk', 'clicks', 'micros', 'flagged', 'through']);
    const [, hour = '', journal] = /^([^#]+)#(.+)$/.exec(readText(item['sk'])) ?? [];
    const [, advertiser] = /^advertiser#(.*)$/s.exec(readText(item['pk'])) ?? [];
    if (!isHour(hour) || journal === undefined || !/^[A-Za-z0-9][\w.:-]{0,63}$/.test(advertiser ?? ''))
      throw new Damage('its key is none of a statement line');
    const sums = {
      clicks: readCount(item['clicks']),
      micros: readCount(item['micros']),
      flagged: readCount(item['flagged']),
    };
    return { journal, line: `${hour} ${advertiser}`, ...sums, through: readWhole(item['through'], 1) };
  });
}

export function readParkedItem(item: StoredItem): ParkedRead {
  return readNamed(item, () => {
    assertOnly(item, ['pk', 'sk', 'version', 'reason', 'sha256', 'settled', 'expires']);
    const offset = Number(/^\d{16}$/.exec(readText(item['sk']))?.[0]);
    if (!Number.isSafeInteger(offset)) throw new Damage('its key is none of a parked record');
    const settled = item['settled'] !== undefined || item['expires'] !== undefined;
    return {
      journal: readText(item['pk']).replace(/^parked#/, ''),
      offset,
      version: readWhole(item['version'], 1),
      reason: readText(item['reason']),
      sha256: readText(item['sha256']),
      settled: settled
        ? { version: readWhole(item['settled'], 1), expiresSeconds: readWhole(item['expires']) }
        : undefined,
    };
  });
}

function readStateMap(attribute: StoredItem[string] | undefined): StateRead {
  const counted = attribute?.M?.['counted']?.S;
  if (counted !== undefined) refuseOtherCount(counted);
  const state = readMap(attribute, STATE);
  const carried = readOptional(state['carried'], '');
  if (Buffer.byteLength(carried) > CARRIED_BYTES_MAX)
    throw new Damage(`it carries ${Buffer.byteLength(carried)} bytes, allowed are ${CARRIED_BYTES_MAX}`);
  return {
    version: readWhole(state['version'], 1),
    resolved: parseRanges(readText(state['resolved'])),
    openParked: state['openParked'] === undefined ? 0 : readWhole(state['openParked'], 1),
    keys: state['keys'] === undefined ? 0 : readWhole(state['keys'], 1),
    newest: readWhole(state['newest'], -1),
    marks: readMarks(readText(state['marks'])),
    carried,
    clicks: readCount(state['clicks']),
    micros: readCount(state['micros']),
  };
}

function readAccepted(attribute: StoredItem[string] | undefined): Ranges {
  if (attribute === undefined) return [];
  const accepted = readMap(attribute, ['offsets', 'reason', 'who']);
  for (const name of ['reason', 'who'])
    if (readText(accepted[name]).trim() === '') throw new Damage(`it accepts offsets without a ${name}`);
  return parseRanges(readText(accepted['offsets']));
}

function readMarks(written: string): Map<number, string> {
  const marks = written === '' ? [] : written.split(',');
  return new Map(
    marks.map((mark) => {
      const [, offset, fingerprint = ''] = /^(0|[1-9]\d*):([0-9a-f]{16})$/.exec(mark) ?? [];
      if (offset === undefined) throw new Damage(`'${mark}' is no offset with its fingerprint`);
      return [Number(offset), fingerprint];
    }),
  );
}

function readParkedList(written: string): EntryRead['parked'] {
  const list = JSON.parse(written) as [unknown, unknown, unknown][];
  const parked = new Map<number, { reason: string; sha256: string }>();
  for (const each of list) {
    const [offset, reason, sha256] = each;
    const sound =
      each.length === 3 && isOffset(offset) && isNamed(reason) && /^[0-9a-f]{64}$/.test(String(sha256));
    if (!sound || parked.has(offset as number))
      throw new Damage(`${JSON.stringify(each)} is no parked record, or is one twice`);
    parked.set(offset as number, { reason: reason as string, sha256: sha256 as string });
  }
  return parked;
}

function readFlags(written: string): number[] {
  const list = JSON.parse(written) as [unknown, unknown, unknown][];
  return list.map((each) => {
    const [offset, rule, score] = each;
    if (each.length !== 3 || !isOffset(offset) || !isNamed(rule) || typeof score !== 'number')
      throw new Damage(`${JSON.stringify(each)} is no flag`);
    return offset;
  });
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNamed(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
