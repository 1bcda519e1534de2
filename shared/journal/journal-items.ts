/**
 * A journal as items of DynamoDB (docs/ledger-layout.md), and back. Everything is text that reads in the console.
 *
 *   pk  <topic>@<incarnation>#<partition>
 *   sk  entry#0000000000000042                      checkpoint
 *       changed: what this batch did                through: the version it stands for
 *       state:   what is true after it              state:   the same, as of `through`; never expires
 *       by:      who wrote it                        seal:    a digest of the item
 *       seal:    a digest of the item
 *
 * Parked records have items of their own, see parked-items.ts. Readers throw on an item that the writers can't have written: a damaged ledger must be noticed, not counted on.
 */
import { hash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../errors.ts';
import type { Acceptance } from '../event/event.ts';
import { parseCounted } from '../fold/count.ts';
import type { Entry, Mark, State } from './journal.ts';
import { formatOffsets, parseOffsets } from './offsets.ts';

export type Item = Record<string, AttributeValue>;

export const ENTRY_PREFIX = 'entry#';

/** Sixteen digits, as many as 2^53 has, so that the order of the text is the order of the versions. */
export function formatEntrySk(version: number): string {
  return `${ENTRY_PREFIX}${String(version).padStart(16, '0')}`;
}

/** @param expires epoch seconds after which DynamoDB may remove the item */
export function buildEntryItem(journal: string, entry: Entry, expires: number): Item {
  const { changed, state, by } = entry;
  const flags = changed.flags.map((flag) => [flag.offset, flag.rule, flag.score]);
  const parked = changed.parked.map((record) => [record.offset, record.reason, record.sha256]);
  return sealItem({
    pk: { S: journal },
    sk: { S: formatEntrySk(state.version) },
    changed: {
      M: {
        offsets: { S: formatOffsets(changed.offsets) },
        lines: { S: changed.lines },
        ...(changed.void.length > 0 && { void: { S: formatOffsets(changed.void) } }),
        ...(changed.unparked.length > 0 && { unparked: { S: formatOffsets(changed.unparked) } }),
        ...(changed.accepted && { accepted: acceptedAttribute(changed.accepted) }),
        ...(parked.length > 0 && { parked: { S: JSON.stringify(parked) } }),
        ...(flags.length > 0 && { flags: { S: JSON.stringify(flags) } }),
      },
    },
    state: stateAttribute(state),
    by: { M: { code: { S: by.code }, request: { S: by.request }, at: { S: by.at } } },
    expires: { N: String(expires) },
  });
}

export function buildCheckpointItem(journal: string, state: State): Item {
  return sealItem({
    ...buildCheckpointKey(journal),
    through: { N: String(state.version) },
    state: stateAttribute(state),
  });
}

/**
 * Not under the journal's own key: rights to write are bounded by `pk` alone, and the rollup, which writes checkpoints, has none to write
 * entries (Amazon DynamoDB docs: specifying-conditions, dynamodb:LeadingKeys).
 */
export function buildCheckpointKey(journal: string): { readonly pk: Text; readonly sk: Text } {
  return { pk: { S: `checkpoint#${journal}` }, sk: { S: 'checkpoint' } };
}

/** Of the item that lists a parked record. */
export function buildParkedKey(journal: string, offset: number): { readonly pk: Text; readonly sk: Text } {
  return { pk: { S: `parked#${journal}` }, sk: { S: String(offset).padStart(16, '0') } };
}

interface Text {
  readonly S: string;
}

/** What is read of an item. Throws `journal.damaged` where it is not as it was written, naming it by its key. */
export function readIntact<T>(item: Item, read: (item: Item) => T): T {
  try {
    return read(item);
  } catch (error) {
    const key = JSON.stringify([item['pk']?.S, item['sk']?.S]);
    const what = error instanceof Error ? error.message : String(error);
    throw new AppError('journal.damaged', `the item ${key}: ${what}`, error);
  }
}

/** The inverse of `buildEntryItem`. Throws `journal.damaged` on an item that it can't have written. */
export function readEntry(item: Item): Entry {
  return readIntact(item, (sound) => {
    assertSealed(sound);
    return entryIn(sound);
  });
}

/** The inverse of `buildCheckpointItem`, likewise. */
export function readCheckpointItem(item: Item): State {
  return readIntact(item, (sound) => {
    assertSealed(sound);
    return readState(sound['state']);
  });
}

function entryIn(item: Item): Entry {
  const changed = readMap(item['changed']);
  const by = readMap(item['by']);
  const parked = JSON.parse(textOr(changed['parked'], '[]')) as [number, string, string][];
  const flags = JSON.parse(textOr(changed['flags'], '[]')) as [number, string, number][];
  return {
    changed: {
      offsets: parseOffsets(readText(changed['offsets'])),
      void: parseOffsets(textOr(changed['void'], '')),
      parked: parked.map(([offset, reason, sha256]) => ({ offset, reason, sha256 })),
      unparked: parseOffsets(textOr(changed['unparked'], '')),
      accepted: readAccepted(changed['accepted']),
      lines: readText(changed['lines']),
      flags: flags.map(([offset, rule, score]) => ({ offset, rule, score })),
    },
    state: readState(item['state']),
    by: { code: readText(by['code']), request: readText(by['request']), at: readText(by['at']) },
  };
}

function acceptedAttribute({ offsets, reason, who }: Acceptance): AttributeValue {
  return { M: { offsets: { S: formatOffsets(offsets) }, reason: { S: reason }, who: { S: who } } };
}

function readAccepted(attribute: AttributeValue | undefined): Acceptance | undefined {
  if (attribute === undefined) return undefined;
  const { offsets, reason, who } = readMap(attribute);
  return { offsets: parseOffsets(readText(offsets)), reason: readText(reason), who: readText(who) };
}

function stateAttribute(state: State): AttributeValue {
  return {
    M: {
      version: { N: String(state.version) },
      resolved: { S: formatOffsets(state.resolved) },
      newest: { N: String(state.newest) },
      marks: { S: state.marks.map((mark) => `${mark.offset}:${mark.fingerprint}`).join(',') },
      ...totalsAttributes(state),
      ...(state.openParked > 0 && { openParked: { N: String(state.openParked) } }),
      ...(state.keys > 0 && { keys: { N: String(state.keys) } }),
      ...(state.carried !== '' && { carried: { S: state.carried } }),
    },
  };
}

function readState(attribute: AttributeValue | undefined): State {
  const fields = readMap(attribute);
  if (fields['parked'] !== undefined)
    throw new RangeError(
      'a state names its parked offsets one by one, a form that was never deployed: begin with an empty table',
    );
  return {
    version: readNumber(fields['version']),
    resolved: parseOffsets(readText(fields['resolved'])),
    openParked: fields['openParked'] === undefined ? 0 : readNumber(fields['openParked']),
    keys: fields['keys'] === undefined ? 0 : readNumber(fields['keys']),
    newest: readNumber(fields['newest']),
    marks: readMarks(readText(fields['marks'])),
    carried: textOr(fields['carried'], ''),
    ...readTotals(fields),
  };
}

/** Where the ledger counts as before contracts were data, its totals are attributes of their own. */
function totalsAttributes({ counted, totals }: State): Item {
  const { measures } = parseCounted(counted);
  const byName = Object.fromEntries(measures.map((name, i) => [name, { N: String(totals[i] ?? 0n) }]));
  return counted === undefined ? byName : { counted: { S: counted }, totals: { M: byName } };
}

function readTotals(fields: Item): Pick<State, 'counted' | 'totals'> {
  const counted = fields['counted'] === undefined ? undefined : readText(fields['counted']);
  const byName = counted === undefined ? fields : readMap(fields['totals']);
  return { counted, totals: parseCounted(counted).measures.map((name) => BigInt(readDigits(byName[name]))) };
}

function readMarks(text: string): Mark[] {
  if (text === '') return [];
  return text.split(',').map((mark) => {
    const [offset, fingerprint] = mark.split(':');
    if (offset === undefined || fingerprint === undefined) throw new RangeError(`not a mark: '${mark}'`);
    return { offset: Number(offset), fingerprint };
  });
}

function readMap(attribute: AttributeValue | undefined): Item {
  if (attribute?.M === undefined)
    throw new TypeError('an item of the ledger lacks a map where one must stand');
  return attribute.M;
}

export function readText(attribute: AttributeValue | undefined): string {
  if (attribute?.S === undefined)
    throw new TypeError('an item of the ledger lacks a text where one must stand');
  return attribute.S;
}

function textOr(attribute: AttributeValue | undefined, otherwise: string): string {
  return attribute === undefined ? otherwise : readText(attribute);
}

export function readDigits(attribute: AttributeValue | undefined): string {
  if (attribute?.N === undefined)
    throw new TypeError('an item of the ledger lacks a number where one must stand');
  return attribute.N;
}

export function readNumber(attribute: AttributeValue | undefined): number {
  const number = Number(readDigits(attribute));
  if (!Number.isSafeInteger(number))
    throw new RangeError(`an item of the ledger holds ${number}, not a safe integer`);
  return number;
}

const SEAL_DIGITS = 32;

/**
 * A digest in every entry and checkpoint over all else that the item says, so that one changed character shows, whether the log
 * still holds the records or not. It guards against damage and careless hands; the chain and the log find whoever writes a new seal
 * as well (docs/ledger-layout.md says how it is made).
 */
export function sealItem(item: Item): Item {
  const texts = textsOf(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...item, seal: { S: hash('sha256', JSON.stringify(texts), 'hex').slice(0, SEAL_DIGITS) } };
}

/** Throws on an item whose seal is missing or of another content. */
function assertSealed({ seal, ...item }: Item): void {
  if (seal?.S === undefined) throw new RangeError('it has no seal');
  if (sealItem(item)['seal']?.S !== seal.S) throw new RangeError('its seal is of another content');
}

/** Without recursion: how deep a damaged item nests is not known before it is read. */
function textsOf(item: Item): [string, string][] {
  const texts: [string, string][] = [];
  const maps: [string, Readonly<Record<string, AttributeValue>>][] = [['', item]];
  for (const [path, attributes] of maps)
    for (const [name, { M, S, N }] of Object.entries(attributes)) {
      if (M === undefined) texts.push([path + name, S ?? N ?? '']);
      else maps.push([`${path}${name}.`, M]);
    }
  return texts;
}
