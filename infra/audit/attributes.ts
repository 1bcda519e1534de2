/** Attributes of an item as the layout types them, and the seal over them (docs/ledger-layout.md). Nothing of the pipe is imported. */
import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { UserError } from '../terminal/user-error.ts';

export type StoredItem = Readonly<Record<string, AttributeValue>>;

/** An item that can't be read, or that should not be there. */
export class Damage extends Error {}

/** The audit recounts clicks and micros by advertiser. Nothing is said of a ledger that counts something else: neither that it is right nor that it is wrong. */
export function refuseOtherCount(counted: string): never {
  throw new UserError(
    `the ledger counts ${counted}, and the audit can only recount clicks and micros by advertiserId: it can't tell whether this ledger is right`,
  );
}

export function formatKey(item: StoredItem): string {
  return `${item['pk']?.S ?? '?'} ${item['sk']?.S ?? '?'}`;
}

/** What `read` makes of an item; a damage names the item. */
export function readNamed<Read>(item: StoredItem, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new Damage(`item ${formatKey(item)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws on an attribute that the layout does not have, `expires` where nothing may expire included. */
export function assertOnly(attributes: StoredItem, names: readonly string[]): void {
  const strange = Object.keys(attributes).find((name) => !names.includes(name));
  if (strange !== undefined) throw new Damage(`it has an attribute '${strange}', which the layout has not`);
}

export function readMap(attribute: AttributeValue | undefined, names: readonly string[]): StoredItem {
  if (attribute?.M === undefined) throw new Damage('a map is missing');
  assertOnly(attribute.M, names);
  return attribute.M;
}

export function readText(attribute: AttributeValue | undefined): string {
  if (attribute?.S === undefined) throw new Damage('a text is missing');
  return attribute.S;
}

export function readOptional(attribute: AttributeValue | undefined, otherwise: string): string {
  return attribute === undefined ? otherwise : readText(attribute);
}

/** Not negative. */
export function readCount(attribute: AttributeValue | undefined): bigint {
  const number = BigInt(digits(attribute));
  if (number < 0n) throw new Damage(`${number} is less than nothing`);
  return number;
}

export function readWhole(attribute: AttributeValue | undefined, least = 0): number {
  const number = Number(digits(attribute));
  if (!Number.isSafeInteger(number) || number < least)
    throw new Damage(`${number} is no safe integer from ${least} on`);
  return number;
}

function digits(attribute: AttributeValue | undefined): string {
  if (attribute?.N === undefined || !/^-?\d+$/.test(attribute.N))
    throw new Damage('a whole number is missing');
  return attribute.N;
}

/** Undefined where the item bears the seal that its other attributes give; else what is wrong. */
export function findBrokenSeal(item: StoredItem): string | undefined {
  const pairs: [string, string][] = [];
  const walk = (attributes: StoredItem, before: string): void => {
    for (const [name, value] of Object.entries(attributes)) {
      if (value.M !== undefined) walk(value.M, `${before}${name}.`);
      else if (before !== '' || name !== 'seal') pairs.push([before + name, value.S ?? value.N ?? '']);
    }
  };
  walk(item, '');
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  const should = createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 32);
  const is = item['seal']?.S;
  return is === should ? undefined : `its seal is ${is ?? 'missing'}, what it says has ${should}`;
}
