/**
 * A digest in every entry and checkpoint over all else that the item says, so that one changed character shows, whether the log
 * still holds the records or not. It guards against damage and careless hands; who writes a new seal as well is found by the
 * chain and the log (docs/ledger-layout.md says how it is made).
 */
import { hash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './journal-items.ts';

const DIGITS = 32;

export function sealItem(item: Item): Item {
  const texts = textsOf(item).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...item, seal: { S: hash('sha256', JSON.stringify(texts), 'hex').slice(0, DIGITS) } };
}

/** Throws on an item whose seal is missing or of another content. */
export function assertSealed({ seal, ...item }: Item): void {
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
