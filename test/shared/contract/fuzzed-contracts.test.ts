/** Contracts that nobody has seen: what the scanner reads of a batch is what the plain reading says of each record. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkContract } from '../../../shared/contract/check-contract.ts';
import type { AnyEvent, Contract, Field } from '../../../shared/contract/contract.ts';
import { isRejected, listReasons, type Rejected } from '../../../shared/contract/decode.ts';
import { createDecoder } from '../../../shared/contract/decode-batch.ts';
import { Scanner } from '../../../shared/contract/scan-event.ts';
import { aRecord } from '../../support/builders.ts';

const flags = { optional: fc.boolean() };
const quoted = fc.boolean();
const bounds = fc.constantFrom(
  { max: 9 },
  { max: 1_000_000_000 },
  { min: -500, max: 500 },
  { min: 3, max: 2 ** 53 - 1 },
);
const patterns = ['[A-Z]{2}', '[a-z0-9][a-z0-9._-]*', 'v[0-9]+\\.[0-9]+'];
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    max: fc.constantFrom(2, 9, 128),
    min: fc.constantFrom(0, 1, 2),
    ...flags,
  }),
  fc.record({
    kind: fc.constant('text' as const),
    max: fc.constant(64),
    pattern: fc.constantFrom(...patterns),
    ...flags,
  }),
  fc
    .tuple(fc.constantFrom('integer' as const, 'micros' as const), bounds, quoted, flags.optional)
    .map(([kind, of, inQuotes, optional]) => ({ kind, ...of, quoted: inQuotes, optional })),
  fc.tuple(fc.nat(6), bounds, quoted, flags.optional).map(([scale, of, inQuotes, optional]) => ({
    kind: 'decimal' as const,
    scale,
    ...of,
    quoted: inQuotes,
    optional,
  })),
  fc.record({ kind: fc.constant('boolean' as const), ...flags }),
  fc.record({
    kind: fc.constant('time' as const),
    unit: fc.constantFrom('milliseconds', 'seconds', 'text'),
    ...flags,
  }),
  fc.record({
    kind: fc.constant('one of' as const),
    values: fc.constantFrom(['a', 'bb'], ['top', 'é', '"x"']),
    ...flags,
  }),
);
const paths = [
  ['a'],
  ['bb'],
  ['geo', 'a'],
  ['geo', 'city'],
  ['geo', 'at', 'x'],
  ['dd'],
  ['__proto__'],
  ['é'],
] as const;
const contract: fc.Arbitrary<Contract> = fc
  .tuple(
    fc.shuffledSubarray([...paths], { minLength: 1 }),
    fc.array(field, { minLength: 8, maxLength: 8 }),
    fc.constantFrom(undefined, { path: 'v', value: 1 }, { path: ['geo', 'v'] as const, value: 'two' }),
  )
  .map(([places, fields, version]) => ({
    format: 'json',
    ...(version && { version }),
    fields: Object.fromEntries(places.map((path, i) => [`f${i}`, { ...(fields[i] as Field), path }])),
  }));

const scalar = fc.constantFrom(
  ...[
    '1',
    '0',
    '-0',
    '007',
    '12',
    '-12',
    '12.5',
    '0.123456',
    '0.1234567',
    '1e2',
    '1.0',
    '9007199254740993',
    '1700000000000',
  ],
  ...[
    'true',
    'false',
    'null',
    '"a"',
    '"bb"',
    '"DE"',
    '"v1.2"',
    '""',
    '"é"',
    '"\\u0061"',
    '"top"',
    '"12"',
    '"12.50"',
    '"-3"',
    '"007"',
  ],
  ...[
    '"2026-11-21T10:00:00Z"',
    '"2026-02-30T10:00:00Z"',
    '"2026-11-21T10:00:00.123456Z"',
    '"two"',
    '{}',
    '[]',
    '[{"a":1}]',
    '"\\ud800"',
  ],
);
const name = fc.constantFrom('a', 'bb', 'dd', 'v', 'city', 'at', 'x', 'é', '__proto__', 'other');
const inside = fc.array(fc.tuple(name, scalar), { maxLength: 5 }).map(objectOf);
const value = fc.oneof(
  fc
    .array(fc.tuple(fc.oneof(name, fc.constant('geo')), fc.oneof(scalar, inside)), { maxLength: 9 })
    .map(objectOf),
  fc.constantFrom(
    '{',
    '[]',
    '{"a":1}}',
    ' {"a":1}',
    '{"a":1,}',
    '{"geo":{}}',
    '{"geo":{"a":1}',
    '{"geo":null,"a":"x"}',
  ),
);

function objectOf(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([key, written]) => `${JSON.stringify(key)}:${written}`).join(',')}}`;
}

function said(decoded: AnyEvent | Rejected, names: readonly string[]): unknown {
  if (isRejected(decoded)) return decoded.rejected;
  return Object.fromEntries(names.map((each) => [each, decoded[each]]));
}

/** A value that a field takes, as most producers write it. */
function sampleOf(of: Field): string {
  const inQuotes = (written: string) => ('quoted' in of && of.quoted ? `"${written}"` : written);
  switch (of.kind) {
    case 'text':
      return JSON.stringify(
        of.pattern === undefined
          ? 'a'.repeat(Math.min(of.max, 2))
          : ({ [patterns[0] ?? '']: 'DE', [patterns[1] ?? '']: 'ab' }[of.pattern] ?? 'v1.2'),
      );
    case 'boolean':
      return 'true';
    case 'one of':
      return JSON.stringify(of.values[0]);
    case 'time':
      return of.unit === 'text'
        ? '"2026-11-21T10:00:00Z"'
        : of.unit === 'seconds'
          ? '1700000000'
          : '1700000000000';
    default:
      return inQuotes(of.max < 1_000_000 && of.kind === 'decimal' ? '0' : '4');
  }
}

describe('fuzzed contracts', () => {
  it('are sound, and read the same by both ways, in any spelling', () => {
    const seen = { events: 0, rejected: 0 };
    fc.assert(
      fc.property(contract, fc.array(value, { minLength: 1, maxLength: 8 }), (of, texts) => {
        assert.deepEqual(checkContract(of), []);
        const names = Object.keys(of.fields);
        const { decode, decodeBatch } = createDecoder(of as Contract, names.slice(0, 2));
        const records = texts.map((text, offset) => aRecord({ offset, text }));
        const reasons = listReasons(of);
        const batch = decodeBatch(records);
        for (const [i, record] of records.entries()) {
          const alone = decode(record);
          assert.deepEqual(said(batch[i] as AnyEvent, names), said(alone, names), texts[i]);
          if (isRejected(alone)) assert.ok(reasons[alone.rejected], alone.rejected);
          seen[isRejected(alone) ? 'rejected' : 'events'] += 1;
        }
      }),
      { numRuns: 800 },
    );
    assert.ok(seen.events > 50 && seen.rejected > 500, JSON.stringify(seen));
  });

  it('have their usual spelling read by the scanner, nested fields too', () => {
    let scanned = 0;
    fc.assert(
      fc.property(contract, (of) => {
        const tree: Record<string, unknown> = {};
        const put = (path: readonly string[], written: string) => {
          const last = path.at(-1) as string;
          let at = tree;
          for (const each of path.slice(0, -1)) {
            at[each] = at[each] ?? {};
            at = at[each] as Record<string, unknown>;
          }
          Object.defineProperty(at, last, { value: written, enumerable: true });
        };
        const { version } = of;
        if (version)
          put(
            typeof version.path === 'string' ? [version.path] : version.path,
            JSON.stringify(version.value),
          );
        for (const each of Object.values(of.fields)) put(each.path ?? [], sampleOf(each));
        const write = (node: unknown): string =>
          typeof node === 'string'
            ? node
            : objectOf(Object.entries(node as object).map(([key, child]) => [key, write(child)]));
        const text = write(tree);
        const record = aRecord({ text });
        const alone = createDecoder(of).decode(record);
        if (isRejected(alone)) return;
        const scanner = new Scanner(of, []);
        const bytes = Buffer.from(`${text}\0`);
        scanner.begin(bytes, 1);
        const event = scanner.scan(record, 0, 0, bytes.length - 1);
        assert.ok(event, text);
        assert.deepEqual(said(event, Object.keys(of.fields)), said(alone, Object.keys(of.fields)));
        scanned += 1;
      }),
      { numRuns: 400 },
    );
    assert.ok(scanned > 100, `${scanned}`);
  });
});
