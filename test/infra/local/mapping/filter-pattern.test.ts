import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BadPattern, compileFilter, compileFilters } from '../../../../infra/local/mapping/filter-pattern.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const passes = (pattern: unknown, value: Buffer | null) => compileFilter(JSON.stringify(pattern))(value);

/** AWS Lambda docs: invocation-eventfiltering, with a record that passes and some that do not. */
const conditions: [what: string, condition: unknown, passing: unknown[], others: unknown[]][] = [
  ['null', null, [{ k: null }], [{ k: 'null' }, { k: '' }, {}]],
  ['empty', '', [{ k: '' }], [{ k: 'a' }, { k: null }, {}]],
  ['equals', 'a', [{ k: 'a' }, { k: ['b', 'a'] }], [{ k: 'A' }, { k: 'ab' }, {}]],
  ['a number or a truth that equals', 5, [{ k: 5 }], [{ k: '5' }, { k: 6 }]],
  ['equals, ignoring case', { 'equals-ignore-case': 'Ab' }, [{ k: 'aB' }], [{ k: 'abc' }, { k: 1 }]],
  ['begins with', { prefix: 'ab' }, [{ k: 'abc' }, { k: 'ab' }], [{ k: 'cab' }, { k: 5 }, {}]],
  ['ends with', { suffix: '.png' }, [{ k: 'a.png' }], [{ k: 'a.png ' }, {}]],
  ['not', { 'anything-but': ['a', 1] }, [{ k: 'b' }, { k: 2 }, { k: null }], [{ k: 'a' }, { k: 1 }, {}]],
  ['numeric, equal', { numeric: ['=', 1.5] }, [{ k: 1.5 }], [{ k: '1.5' }, { k: 1 }]],
  ['numeric, above', { numeric: ['>', 0] }, [{ k: 1 }], [{ k: 0 }, { k: '1' }, {}]],
  ['numeric, at least', { numeric: ['>=', 2] }, [{ k: 2 }, { k: 3 }], [{ k: 1.9 }]],
  ['numeric, below', { numeric: ['<', 2] }, [{ k: 1.9 }], [{ k: 2 }, { k: 3 }]],
  ['true', true, [{ k: true }], [{ k: false }, { k: 'true' }, { k: 1 }, {}]],
  ['not, of one', { 'anything-but': 'a' }, [{ k: 'b' }], [{ k: 'a' }, {}]],
  ['numeric, a range', { numeric: ['>', 0, '<=', 5] }, [{ k: 5 }, { k: 1 }], [{ k: 0 }, { k: 6 }]],
  ['exists', { exists: true }, [{ k: 1 }, { k: null }], [{}, { l: 1 }]],
  ['does not exist', { exists: false }, [{}, { l: 1 }], [{ k: 1 }, { k: null }]],
];

describe('a filter', () => {
  for (const [what, condition, passing, others] of conditions)
    it(`${what}: a record passes by its value only`, () => {
      const pattern = { value: { k: [condition] } };

      for (const value of passing) assert.equal(passes(pattern, json(value)), true, JSON.stringify(value));
      for (const value of others) assert.equal(passes(pattern, json(value)), false, JSON.stringify(value));
    });

  it('needs all its keys, one condition per key, and matches nested objects', () => {
    const pattern = { value: { kind: ['click', 'view'], ad: { price: [{ numeric: ['>', 0] }] } } };

    assert.equal(passes(pattern, json({ kind: 'view', ad: { price: 1 } })), true);
    assert.equal(passes(pattern, json({ kind: 'view', ad: [{ price: 0 }, { price: 1 }] })), true);
    assert.equal(passes(pattern, json({ kind: 'view', ad: { price: 0 } })), false);
    assert.equal(passes(pattern, json({ kind: 'buy', ad: { price: 1 } })), false);
    assert.equal(passes(pattern, json({ kind: 'view', ad: 1 })), false);
  });

  it('takes what is nested in nothing for absent', () => {
    const absent = { value: { ad: { price: [{ exists: false }] } } };

    assert.equal(passes(absent, json({})), true);
    assert.equal(passes(absent, json({ ad: 1 })), true);
    assert.equal(passes(absent, json({ ad: { price: 1 } })), false);
  });

  it('lets bytes pass that are no UTF-8, whatever it asks of a text', () => {
    const begins = { value: [{ prefix: 'a' }] };

    assert.equal(passes(begins, Buffer.from([0x62, 0xff])), true);
    assert.equal(passes(begins, Buffer.from('b')), false);
  });

  it('matches one of several patterns under $or, for records and for keys', () => {
    const keys = { value: { $or: [{ a: [1] }, { b: [2] }], c: [3] } };
    const records = { $or: [{ value: { a: [1] } }, { value: { b: [2] } }] };

    assert.equal(passes(keys, json({ b: 2, c: 3 })), true);
    assert.equal(passes(keys, json({ b: 2, c: 4 })), false);
    assert.equal(passes(records, json({ b: 2 })), true);
    assert.equal(passes(records, json({ b: 1 })), false);
  });

  /** The table of AWS Lambda docs: kafka-filtering. */
  const forText = { value: [{ 'anything-but': ['error'] }] };
  const forJson = { value: { k: ['a'] } };
  const formats: [incoming: string, value: Buffer | null, byText: boolean, byJson: boolean][] = [
    ['plain text that the text pattern takes', Buffer.from('fine'), true, true],
    ['plain text that it does not take', Buffer.from('error'), false, true],
    ['JSON that the JSON pattern takes', json({ k: 'a' }), true, true],
    ['JSON that it does not take', json({ k: 'b' }), true, false],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00]), true, true],
    ['text after a byte order mark', Buffer.from('\ufefferror'), true, true],
    ['JSON after a byte order mark, as plain text', Buffer.from('\ufeff{"k":"b"}'), true, true],
    ['no value at all', null, true, true],
    ['no byte at all, as plain text', Buffer.alloc(0), true, true],
    ['a JSON text, as plain text', Buffer.from('"error"'), true, true],
  ];
  for (const [incoming, value, byText, byJson] of formats)
    it(`filters only values of its format, and lets the rest pass: ${incoming}`, () => {
      assert.deepEqual(
        [passes(forText, value), passes(forJson, value), passes({}, value)],
        [byText, byJson, true],
      );
    });

  it('passes if one of several filters matches, or if there is none', () => {
    const patterns = ['{"value":{"k":["a"]}}', '{"value":{"k":["b"]}}'];

    assert.deepEqual(
      ['a', 'b', 'c'].map((k) => compileFilters(patterns)(json({ k }))),
      [true, true, false],
    );
    assert.equal(compileFilters([])(json({ k: 'c' })), true);
  });

  const wrong: [pattern: string, message: RegExp][] = [
    ['{', /is not JSON/],
    ['[]', /must be an object; it is \[\]/],
    ['{"key":["k"]}', /filters by 'key'/],
    ['{"value":"a"}', /must be an object; it is "a"/],
    ['{"value":[]}', /conditions for 'value' is empty/],
    ['{"value":{"k":[]}}', /conditions for 'k' is empty/],
    ['{"value":{"k":["a",["b"]]}}', /a condition for 'k' is \["b"\]/],
    ['{"value":{"k":[{"cidr":"10.0.0.0/8"}]}}', /allowed are a value and one of prefix, suffix/],
    ['{"value":{"k":[{"constructor":1}]}}', /allowed are a value and one of/],
    ['{"value":{"k":[{"prefix":"a","suffix":"b"}]}}', /allowed are/],
    ['{"value":{"k":[{"prefix":5}]}}', /the wrong operand for prefix: 5/],
    ['{"value":{"k":[{"numeric":["=","5"]}]}}', /the wrong operand for numeric/],
    ['{"value":{"k":[{"numeric":[">",1,"<"]}]}}', /the wrong operand for numeric/],
    ['{"value":{"k":[{"numeric":["toString",1]}]}}', /the wrong operand for numeric/],
    ['{"value":{"k":[{"exists":"yes"}]}}', /the wrong operand for exists/],
    ['{"value":{"k":[{"anything-but":[]}]}}', /the wrong operand for anything-but/],
    ['{"value":{"k":[{"numeric":["<",1,">",0,"=",1]}]}}', /the wrong operand for numeric/],
    ['{"value":{"k":[{"numeric":[]}]}}', /the wrong operand for numeric/],
    ['{"value":{"k":[{"anything-but":["a",null]}]}}', /the wrong operand for anything-but/],
    ['{"value":{"k":[{}]}}', /allowed are a value and one of/],
    ['{"$or":{"value":{"k":["a"]}}}', /\$or needs a list/],
    ['{"$or":[]}', /\$or needs a list/],
  ];
  for (const [pattern, message] of wrong)
    it(`is refused with a reason if it is invalid: ${pattern}`, () => {
      assert.throws(
        () => compileFilter(pattern),
        (error) => error instanceof BadPattern && message.test(error.message),
      );
    });

  it('never throws on a record', () => {
    const filter = compileFilter('{"value":{"k":[{"prefix":"a"},{"numeric":[">",0]}],"l":{"m":[null]}}}');

    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          assert.equal(typeof filter(Buffer.from(bytes)), 'boolean');
        },
      ),
    );
  });
});
