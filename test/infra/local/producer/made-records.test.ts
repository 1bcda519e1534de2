/** Records made by a contract keep to it, whatever its fields. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { contracts } from '../../../../functions/index.ts';
import { RecordSource } from '../../../../infra/local/producer/made-records.ts';
import type { PlannedContract, PlannedField } from '../../../../infra/local/template/planned.ts';

/** What is wrong with a value, by a reading of the contract that shares no code with what makes it. */
function isSound(field: PlannedField, value: unknown): boolean {
  switch (field.kind) {
    case 'text': {
      const pattern = new RegExp(`^(?:${field.pattern ?? '.*'})$`);
      if (typeof value !== 'string' || !pattern.test(value)) return false;
      return value.length >= (field.min ?? 1) && value.length <= field.max;
    }
    case 'boolean':
      return typeof value === 'boolean';
    case 'one of':
      return field.values.includes(String(value));
    case 'time':
      if (field.unit === 'text') return !Number.isNaN(Date.parse(String(value)));
      return isWhole(value, field.quoted) && String(value).length === (field.unit === 'seconds' ? 10 : 13);
    case 'decimal': {
      const [, digits = ''] = String(value).split('.');
      const micros = Math.round(Number(value) * 1e6);
      const isOfKind = typeof value === (field.quoted ? 'string' : 'number') && digits.length <= field.scale;
      return isOfKind && micros >= (field.min ?? 0) && micros <= field.max;
    }
    default:
      return isWhole(value, field.quoted) && Number(value) >= (field.min ?? 0) && Number(value) <= field.max;
  }
}

function isWhole(value: unknown, quoted = false): boolean {
  return typeof value === (quoted ? 'string' : 'number') && /^-?\d+$/.test(String(value));
}

function valueAt(record: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    record,
  );
}

/** The names of fields that a record breaks. */
function brokenFields({ fields }: PlannedContract, text: string): string[] {
  const record: unknown = JSON.parse(text);
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = valueAt(record, field.path ?? [name]);
    const isFine = value === undefined ? field.optional === true : isSound(field, value);
    return isFine ? [] : [`${name}: ${JSON.stringify(value)}`];
  });
}

const range = fc
  .tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 0, max: 10_000 }))
  .map(([min, more]) => ({ min, max: min + more }));
const quoted = fc.boolean();
const field: fc.Arbitrary<PlannedField> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
    .map(([min, more]) => ({ kind: 'text' as const, min, max: min + more })),
  fc.constantFrom(
    { kind: 'text' as const, min: 2, max: 2, pattern: '[A-Z]{2}' },
    { kind: 'text' as const, max: 64, pattern: '[A-Za-z0-9][A-Za-z0-9._:-]*' },
    { kind: 'text' as const, max: 40, pattern: '[0-9a-f]{8}-[0-9a-f]{4}' },
    { kind: 'text' as const, max: 30, pattern: 'v[0-9]+\\.[0-9]{1,3}' },
    { kind: 'text' as const, max: 3, pattern: 'a?[x-z]{1,2}' },
  ),
  fc
    .tuple(range, quoted)
    .map(([bounds, isQuoted]) => ({ kind: 'integer' as const, ...bounds, quoted: isQuoted })),
  fc.tuple(range, fc.integer({ min: 0, max: 6 }), quoted).map(([{ min, max }, scale, isQuoted]) => ({
    ...{ kind: 'decimal' as const, scale, quoted: isQuoted },
    ...{ min: min * 1_000_000, max: max * 1_000_000 },
  })),
  fc.constant({ kind: 'boolean' as const }),
  fc
    .constantFrom('milliseconds' as const, 'seconds' as const, 'text' as const)
    .map((unit) => ({ kind: 'time' as const, unit })),
  fc.constant({ kind: 'one of' as const, values: ['top', 'side'] }),
);

describe('records made by a contract', () => {
  it('keep to it: every field is in its place, of its kind and within its bounds', () => {
    const contract = fc
      .array(fc.tuple(field, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 8 })
      .map((fields) => ({
        version: { path: ['meta', 'v'], value: 3 },
        fields: Object.fromEntries(
          fields.map(([each, optional, isNested], at) => {
            const path = isNested ? ['in', `f${at}`] : undefined;
            return [`f${at}`, { ...each, optional, path }];
          }),
        ),
      }));
    fc.assert(
      fc.property(contract, fc.nat(), fc.nat(1_000), (given, seed, n) => {
        const { value } = new RecordSource({ seed, partitions: 3, contract: given }).click(1, n);
        assert.deepEqual(brokenFields(given, value), []);
        assert.equal(valueAt(JSON.parse(value), ['meta', 'v']), 3);
      }),
    );
  });

  it('of ad_impressions keep to it, differ from each other, and leave out only what may be left out', () => {
    const contract = contracts.ad_impressions;
    const source = new RecordSource({ seed: 1, partitions: 2, contract });
    const made = Array.from({ length: 500 }, (_, n) => source.click(n % 2, n).value);

    assert.deepEqual(
      made.flatMap((value) => brokenFields(contract, value)),
      [],
    );
    assert.equal(new Set(made.map((value) => JSON.parse(value).impressionId)).size, made.length);
    const withIp = made.filter((value) => JSON.parse(value).ip !== undefined).length;
    assert.ok(withIp > 400 && withIp < 500, `${withIp} with ip`);
    assert.deepEqual([...new Set(made.map((value) => JSON.parse(value).v))], [1]);
  });

  it('depend on seed, partition and place alone', () => {
    const of = (seed: number) =>
      new RecordSource({ seed, partitions: 2, contract: contracts.ad_impressions });
    assert.deepEqual(of(7).click(1, 42), of(7).click(1, 42));
    const values = [of(7).click(1, 42), of(8).click(1, 42), of(7).click(0, 42), of(7).click(1, 43)];
    assert.equal(new Set(values.map(({ value }) => value)).size, 4);
  });

  it('are dealt to the partitions one after another, so that the shares add up', () => {
    const source = new RecordSource({ seed: 1, partitions: 3, contract: contracts.ad_impressions });
    assert.deepEqual(
      [0, 1, 2, 3, 4, 302].map((records) => source.shares(records)),
      [
        [0, 0, 0],
        [1, 0, 0],
        [1, 1, 0],
        [1, 1, 1],
        [2, 1, 1],
        [101, 101, 100],
      ],
    );
  });
});
