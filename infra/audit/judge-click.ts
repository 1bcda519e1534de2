/**
 * What a record is worth by the contract of the click (docs/click-contract.md): the line that it is booked to and its price,
 * or the reason for which it is none. Written from the contract; nothing of the pipe is imported.
 */
export interface Worth {
  /** `<hour> <advertiser>`. */
  readonly line: string;
  readonly micros: bigint;
}

const YEAR_10000 = Date.UTC(10_000, 0);
/** Of objects and arrays in each other, the outermost one included. */
const DEPTH_MAX = 64;
const MICROS_MAX = 1_000_000_000n;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns its worth, or the reason of the contract's list that comes first */
export function judgeClick(time: number, value: Uint8Array | null): Worth | string {
  if (!Number.isInteger(time) || time < 0 || time >= YEAR_10000) return 'record.timestamp';
  if (value === null || value.length === 0) return 'value.missing';
  let text: string;
  try {
    text = utf8.decode(value);
  } catch {
    return 'value.utf8';
  }
  if (text.charCodeAt(0) === 0xfeff) return 'value.mark';
  let click: unknown;
  try {
    click = JSON.parse(text);
  } catch {
    return 'value.json';
  }
  if (deepest(text) > DEPTH_MAX) return 'value.depth';
  if (typeof click !== 'object' || click === null || Array.isArray(click)) return 'click.object';
  const { v, clickId, adId, advertiserId, ip, priceMicros } = click as Record<string, unknown>;
  if (v !== 1) return 'click.version';
  if (!isNamed(clickId, 1, 128)) return 'click.id';
  if (!isNamed(advertiserId, 1, 64) || !/^[A-Za-z0-9][-A-Za-z0-9._:]*$/.test(advertiserId))
    return 'click.advertiser';
  if (!isNamed(adId, 1, 128)) return 'click.ad';
  if (ip !== undefined && ip !== null && !isNamed(ip, 2, 45)) return 'click.ip';
  if (priceMicros === undefined) return 'price.missing';
  const literal = literalOf(text, 'priceMicros') ?? '';
  if (!/^(0|-?[1-9]\d*)$/.test(literal) || !Number.isSafeInteger(Number(literal))) return 'price.integer';
  const micros = BigInt(literal);
  if (micros < 0n || micros > MICROS_MAX) return 'price.range';
  return { line: `${new Date(time).toISOString().slice(0, 13)} ${advertiserId}`, micros };
}

function isNamed(value: unknown, shortest: number, longest: number): value is string {
  return typeof value === 'string' && value.length >= shortest && value.length <= longest;
}

/** How deep the brackets of a text that is known to be JSON lie in each other. */
function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === '{' || character === '[') most = Math.max(most, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return most;
}

/** How the value of a key of the outermost object is spelt, in a text known to be JSON; the last one if it is repeated. */
function literalOf(text: string, wanted: string): string | undefined {
  let found: string | undefined;
  let depth = 0;
  let key: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfString(text, i);
      if (depth === 1 && key === undefined) key = JSON.parse(text.slice(i, end + 1)) as string;
      i = end;
    } else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (depth === 1 && character === ',') key = undefined;
    else if (depth === 1 && character === ':' && key === wanted) found = literalAfter(text, i + 1);
  }
  return found;
}

function literalAfter(text: string, start: number): string | undefined {
  const literal = /\s*([^\s,}]*)/y;
  literal.lastIndex = start;
  return literal.exec(text)?.[1];
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '"') return i;
  }
}
