/**
 * Bytes of what a ledger holds, by encoding samples with the ledger's own code. DynamoDB counts names and texts in UTF-8, a number as one
 * byte for two digits and one more, 3 bytes for a map and 1 for each thing in it (Amazon DynamoDB docs: CapacityUnitCalculations).
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { formatLines, type Line } from '../../../shared/fold/delta.ts';
import type { Entry } from '../../../shared/journal/journal.ts';
import { buildEntryItem, type Item } from '../../../shared/journal/journal-items.ts';

const SAMPLE_LINES = 1_000;
const JOURNAL = 'ad_clicks@1#10';
const HOUR = '2026-11-21T10';
const BILLION = 1_000_000_000;

/** An entry without any advertiser: offsets, state, marks, who wrote it. */
export const entryFixedBytes = countItemBytes(sampleEntry(0));
/** Each advertiser of an entry. */
export const entryLineBytes = (countItemBytes(sampleEntry(SAMPLE_LINES)) - entryFixedBytes) / SAMPLE_LINES;
export const statementLineBytes = countItemBytes({
  pk: { S: 'advertiser#adv-250' },
  sk: { S: `${HOUR}#${JOURNAL}` },
  clicks: { N: '12345' },
  micros: { N: '6234567890' },
  flagged: { N: '0' },
  through: { N: '123456' },
});

function sampleEntry(lines: number): Item {
  const byAdvertiser = new Map<string, Line>();
  for (let id = 1; id <= lines; id++) byAdvertiser.set(`adv-${id}`, { sums: [12, 6_234_567], flagged: 0 });
  const mark = { offset: BILLION, fingerprint: '0123456789abcdef' };
  const entry: Entry = {
    changed: {
      offsets: [BILLION, BILLION + 9_999],
      void: [],
      parked: [],
      unparked: [],
      accepted: undefined,
      lines: formatLines(new Map([[HOUR, byAdvertiser]])),
      flags: [],
    },
    state: {
      version: 123_456,
      resolved: [0, BILLION],
      openParked: 0,
      keys: 250,
      newest: 1_795_000_000_000,
      marks: [mark, mark],
      carried: '',
      counted: undefined,
      totals: [BigInt(BILLION), 505_000_000_000_000n],
    },
    by: {
      code: '0123456789ab',
      request: '01234567-89ab-cdef-0123-456789abcdef',
      at: '2026-11-21T10:00:00.000Z',
    },
  };
  return buildEntryItem(JOURNAL, entry, 1_798_000_000);
}

export function countItemBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes({ S, N, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.replace('-', '').length / 2) + 1;
  if (M !== undefined)
    return Object.entries(M).reduce(
      (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value) + 1,
      3,
    );
  throw new TypeError('a ledger holds texts, numbers and maps only');
}
