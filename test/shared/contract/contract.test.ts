import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { adClick } from '../../../functions/events/ad-click.ts';
import { contracts } from '../../../functions/index.ts';
import { checkContract } from '../../../shared/contract/check-contract.ts';
import type { Contract, EventOf } from '../../../shared/contract/contract.ts';
import { isMatch, parseTextPattern } from '../../../shared/contract/text-pattern.ts';
import { checkCount } from '../../../shared/fold/check-count.ts';
import type { GroupOf } from '../../../shared/group.ts';

const field = (changes: object) => ({
  format: 'json',
  fields: { campaign: { kind: 'text', max: 9, ...changes } },
});

describe('a contract', () => {
  it('of this repository is sound', () => {
    assert.ok(Object.keys(contracts).length >= 2);
    for (const [topic, contract] of Object.entries(contracts))
      assert.deepEqual(checkContract(contract), [], topic);
  });

  const refused: readonly (readonly [given: unknown, says: RegExp])[] = [
    [undefined, /the contract is missing, allowed is an object/],
    [{ format: 'json', fields: {} }, /fields is \{\}, allowed are 1 to 100 fields/],
    [{ ...adClick, feilds: 1 }, /the contract has 'feilds', allowed are format, version, fields, codes/],
    [{ ...adClick, format: 'xml' }, /format is 'xml', allowed is 'json'/],
    [{ ...adClick, format: 'avro' }, /format is 'avro', allowed .*: it needs a schema registry/],
    [{ ...adClick, format: { name: 'protobuf' } }, /format\.registry is missing, allowed is \{ arn \}/],
    [
      { ...adClick, format: { name: 'avro', registry: { arn: 'arn:aws:s3:::x' } } },
      /format\.registry is .*, allowed/,
    ],
    [field({ kind: 'txt' }), /field 'campaign' is of kind 'txt', allowed are text, integer/],
    [field({ maximum: 3 }), /field 'campaign' has 'maximum', allowed are kind, path/],
    [field({ max: undefined }), /field 'campaign' has max missing, allowed is a whole number from 0 to 4096/],
    [field({ max: 5_000 }), /has max 5000, allowed/],
    [field({ min: 12 }), /field 'campaign' has min 12 above max 9/],
    [
      field({ pattern: '(a|b)' }),
      /the pattern '\(a\|b\)' of field 'campaign' has '\(a\|b\)' at character 1, allowed/,
    ],
    [field({ pattern: '[a-z]*[a-z]' }), /has part 1 of varying length before one that shares a character/],
    [field({ pattern: '[z-a]' }), /has the range z-a, which is empty/],
    [field({ pattern: 'a{3,2}' }), /has the count \{3,2\}, which is empty/],
    [field({ path: [] }), /field 'campaign' has path \[\], allowed is a list of 1 to 8 names/],
    [field({ optional: 'yes' }), /field 'campaign' has optional 'yes', allowed are true and false/],
    [field({ code: 'nodot' }), /field 'campaign' has code 'nodot', allowed is one like 'event\.campaign'/],
    [
      { format: 'json', fields: { record: { kind: 'boolean' } } },
      /field 'record' has a name that is not allowed/,
    ],
    [{ format: 'json', fields: { constructor: { kind: 'boolean' } } }, /field 'constructor' has a name/],
    [
      { format: 'json', fields: { p: { kind: 'decimal', scale: 7, max: 1 } } },
      /has scale 7, allowed .* 0 to 6/,
    ],
    [
      { format: 'json', fields: { t: { kind: 'time', unit: 'hours' } } },
      /has unit 'hours', allowed are milli/,
    ],
    [
      { format: 'json', fields: { o: { kind: 'one of', values: ['a', 'a'] } } },
      /has values .* different texts/,
    ],
    [{ ...adClick, version: { path: 'v', value: 1.5 } }, /version\.value is 1\.5, allowed/],
    [
      {
        format: 'json',
        fields: { geo: { kind: 'text', max: 9 }, city: { kind: 'text', max: 9, path: ['geo', 'city'] } },
      },
      /field 'city' is at geo\.city and field 'geo' at geo, allowed are paths of which none begins with another/,
    ],
    [{ ...adClick, version: { path: 'adId', value: 1 } }, /is at adId and .* at adId/],
  ];
  for (const [given, says] of refused)
    it(`that is refused: ${says.source}`, () => {
      assert.match(checkContract(given).join('\n'), says);
    });

  it('with several faults is told all of them', () => {
    const given = {
      format: 'csv',
      fields: { a: { kind: 'text', max: -1 }, B: { kind: 'integer' } },
      version: { path: '' },
    };

    assert.ok(checkContract(given).length >= 5, checkContract(given).join('\n'));
  });

  it('gives its events types', () => {
    const read = (event: EventOf<typeof adClick>): [string, number, string | undefined] => {
      // @ts-expect-error: no such field
      assert.equal(event.advertizerId, undefined);
      return [event.advertiserId, event.priceMicros, event.ip];
    };
    assert.equal(read.length, 1);
  });
});

const codesOf = (text: string) => Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

describe('the pattern of a text', () => {
  const samples = [
    '[A-Za-z0-9][A-Za-z0-9._:-]*',
    '[A-Z]{2}',
    '[0-9a-f]{8}-[0-9a-f]{4}',
    'v[0-9]+\\.[0-9]+',
    'a?b{1,3}c*',
    '[\\]\\\\\\^-]+x',
  ];
  it('matches what a regular expression of the same text matches', () => {
    for (const source of samples) {
      const pattern = parseTextPattern(source);
      const same = new RegExp(`^(?:${source})$`);
      const near = fc.oneof(
        fc.stringMatching(same),
        fc.string({ maxLength: 12 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
      );
      fc.assert(
        fc.property(near, fc.nat(3), (text, cut) => {
          for (const each of [text, text.slice(cut), text + text])
            assert.equal(isMatch(pattern, codesOf(each), 0, each.length), same.test(each), each);
        }),
        { numRuns: 300 },
      );
    }
  });
});

describe('a count', () => {
  const count = (changes: object) => ({ by: ['advertiserId'], measures: { clicks: 1 }, ...changes });
  const huge = {
    format: 'json',
    fields: { a: { kind: 'text', max: 9 }, n: { kind: 'integer', max: 2 ** 50 } },
  } as const;
  const refused: readonly (readonly [given: unknown, says: RegExp, contract?: Contract])[] = [
    [undefined, /count is missing, allowed is an object with by and measures/],
    [count({ filter: {} }), /count has 'filter', allowed are by, measures, where, fold/],
    [
      count({ by: [] }),
      /count\.by is \[\], allowed are 1 to 8 different fields of clickId, advertiserId, adId/,
    ],
    [count({ by: ['adId', 'adId'] }), /count\.by is .* different fields/],
    [
      count({ by: ['campaign'] }),
      /count\.by names 'campaign', which is no field of the contract; allowed are clickId/,
    ],
    [count({ by: ['ip'] }), /count\.by names 'ip', which is personal/],
    [count({ by: ['priceMicros'] }), /count\.by names 'priceMicros', which is of kind 'micros'/],
    [
      { by: ['a'], measures: { clicks: 1 } },
      /count\.by names 'a', which may be absent/,
      { format: 'json', fields: { a: { kind: 'text', max: 9, optional: true } } },
    ],
    [
      { by: ['a'], measures: { clicks: 1 } },
      /count\.by makes keys of up to 24001 bytes, allowed are 2000/,
      { format: 'json', fields: { a: { kind: 'text', max: 4_000 } } },
    ],
    [count({ measures: {} }), /count\.measures is \{\}, allowed are 1 to 16/],
    [count({ measures: { through: 1 } }), /count\.measures has the name 'through', allowed/],
    [count({ measures: { clicks: 2 } }), /count\.measures\.clicks is 2, allowed are 1 and priceMicros/],
    [
      count({ measures: { clicks: 'adId' } }),
      /count\.measures\.clicks is 'adId', allowed are 1 and priceMicros/,
    ],
    [
      { by: ['a'], measures: { n: 'n' } },
      /count\.measures\.n sums 'n', which may be 1125899906842624: 10000 .* 2\^53/,
      huge,
    ],
    [count({ where: { ip: 'x' } }), /count\.where names 'ip', which is personal/],
    [count({ where: { nobody: 1 } }), /count\.where names 'nobody', allowed are clickId/],
    [count({ where: { adId: 5 } }), /count\.where\.adId is 5, allowed is a text, \{ oneOf/],
    [count({ where: { priceMicros: { atLeast: 'x' } } }), /count\.where\.priceMicros is .*atLeast/],
    [count({ where: { adId: { oneOf: [] } } }), /count\.where\.adId is/],
    [count({ fold: 1 }), /count\.fold is 1, allowed are true and false/],
    [count({ fold: true, where: { adId: 'a' } }), /count has where beside fold/],
  ];
  for (const [given, says, contract = adClick] of refused)
    it(`that is refused: ${says.source}`, () => {
      assert.match(checkCount(given, contract).join('\n'), says);
    });

  it('of several conditions is sound', () => {
    const where = { adId: { oneOf: ['a', 'b'] }, priceMicros: { atLeast: 5 } };

    assert.deepEqual(checkCount(count({ by: ['advertiserId', 'adId'], where }), adClick), []);
  });

  it('names fields that the compiler knows', () => {
    type Group = GroupOf<typeof adClick>;
    const right: Group['count'] = { by: ['adId'], measures: { clicks: 1, micros: 'priceMicros' } };
    // @ts-expect-error: a misspelt field
    const misspelt: Group['count'] = { by: ['addId'], measures: {} };
    // @ts-expect-error: a personal field
    const personal: Group['count'] = { by: ['ip'], measures: {} };
    // @ts-expect-error: a text can't be summed
    const summed: Group['count'] = { by: ['adId'], measures: { clicks: 'clickId' } };
    // @ts-expect-error: a condition on no field
    const where: Group['count'] = { by: ['adId'], measures: {}, where: { nobody: 1 } };

    assert.deepEqual(checkCount(right, adClick), []);
    for (const wrong of [misspelt, personal, summed, where])
      assert.notDeepEqual(checkCount(wrong, adClick), []);
  });
});
