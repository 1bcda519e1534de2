/** One character of an item turned into another. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../shared/journal/journal-items.ts';

const FLIPS_PER_TEXT = 8;

type Path = readonly string[];

/** Paths of all texts and numbers of an item. */
export function leavesOf(item: Item, path: Path = []): Path[] {
  return Object.entries(item).flatMap(([name, { M }]) =>
    M === undefined ? [[...path, name]] : leavesOf(M, [...path, name]),
  );
}

export function at(item: Item, path: Path): AttributeValue {
  const [name = '', ...rest] = path;
  const value = item[name] as AttributeValue;
  return rest.length === 0 ? value : at(value.M as Item, rest);
}

export function withText(item: Item, [name = '', ...rest]: Path, changed: string): Item {
  const value = item[name] as AttributeValue;
  if (rest.length > 0) return { ...item, [name]: { M: withText(value.M as Item, rest, changed) } };
  return { ...item, [name]: value.S === undefined ? { N: changed } : { S: changed } };
}

/** The text with one character turned: digits to digits, so that a number stays one. */
export function flipsOf(text: string): string[] {
  const step = Math.max(1, text.length / FLIPS_PER_TEXT);
  const positions = new Set(
    Array.from({ length: Math.ceil(text.length / step) }, (_, n) => Math.floor(n * step)),
  );
  positions.add(text.length - 1);
  return [...positions].map((position) => {
    const character = text.charAt(position);
    const turned = /\d/.test(character)
      ? String((Number(character) + 1) % 10)
      : character === 'a'
        ? 'b'
        : 'a';
    return text.slice(0, position) + turned + text.slice(position + 1);
  });
}
