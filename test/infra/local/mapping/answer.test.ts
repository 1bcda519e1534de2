import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseFailures } from '../../../../infra/local/mapping/answer.ts';
import { recordsAt } from '../../../support/batches.ts';

const given = recordsAt({ 'ad_clicks-0': [5, 6, 7], 'ad_clicks-11': [70, 72] });

const failure = (partition: unknown, offset: unknown) => ({ itemIdentifier: { partition, offset } });
const failures = (...list: unknown[]) => ({ batchItemFailures: list });

/** Offsets by partition, or the words. */
function failed(returned: unknown): Record<string, number[]> | string {
  const found = parseFailures(returned, given);
  if (typeof found === 'string') return found;
  return Object.fromEntries(Array.from(found, ([label, offsets]) => [label, [...offsets]]));
}

describe('the answer of a function', () => {
  // AWS Lambda docs: kafka-retry-configurations
  const successes: [why: string, returned: unknown][] = [
    ['null', null],
    ['undefined', undefined],
    ['an empty object', {}],
    ['an empty list of failures', { batchItemFailures: [] }],
    ['no list of failures', { batchItemFailures: null }],
  ];
  for (const [why, returned] of successes)
    it(`${why} says that every record succeeded`, () => {
      assert.deepEqual(failed(returned), {});
    });

  const partial: [why: string, returned: unknown, listed: Record<string, number[]>][] = [
    ['one record', failures(failure('ad_clicks-0', 6)), { 'ad_clicks-0': [6] }],
    [
      'records of two partitions',
      failures(failure('ad_clicks-11', 72), failure('ad_clicks-0', 5)),
      { 'ad_clicks-0': [5], 'ad_clicks-11': [72] },
    ],
    [
      'one partition whole',
      failures(...[5, 6, 7].map((offset) => failure('ad_clicks-0', offset))),
      { 'ad_clicks-0': [5, 6, 7] },
    ],
    [
      'a record named twice',
      failures(failure('ad_clicks-0', 6), failure('ad_clicks-0', 6)),
      { 'ad_clicks-0': [6] },
    ],
    [
      'identifiers with more in them',
      failures({ ...failure('ad_clicks-0', 7), more: 1 }),
      { 'ad_clicks-0': [7] },
    ],
  ];
  for (const [why, returned, listed] of partial)
    it(`a partial response says which records failed: ${why}`, () => {
      assert.deepEqual(failed(returned), listed);
    });

  // AWS Lambda docs: kafka-retry-configurations
  const strange: [why: string, returned: unknown][] = [
    ['a partition that was not in the event', failures(failure('ad_clicks-1', 6))],
    ['an offset that was not in the event', failures(failure('ad_clicks-0', 8))],
    ['an offset of the other partition', failures(failure('ad_clicks-11', 6))],
    [
      'a good identifier beside one that was not in the event',
      failures(failure('ad_clicks-0', 6), failure('ad_clicks-0', 99)),
    ],
  ];
  // AWS Lambda docs: kafka-retry-configurations; docs/event-source-mapping.md, Errors and retries: an invalid identifier is a complete failure.
  const wrong: [why: string, returned: unknown][] = [
    ['an offset written as a string', failures(failure('ad_clicks-0', '6'))],
    ['an offset that is no whole number', failures(failure('ad_clicks-0', 6.5))],
    ['an offset that is missing', failures({ itemIdentifier: { partition: 'ad_clicks-0' } })],
    ['an offset that is null', failures(failure('ad_clicks-0', null))],
    ['an offset beyond exact integers', failures(failure('ad_clicks-0', 2 ** 60))],
    ['a partition written as a number', failures(failure(0, 6))],
    ['a flat string identifier, as queues have', failures({ itemIdentifier: 'ad_clicks-0-6' })],
    ['a null identifier', failures({ itemIdentifier: null })],
    ['an identifier under another key', failures({ identifier: { partition: 'ad_clicks-0', offset: 6 } })],
    ['an identifier without its wrapping', failures({ partition: 'ad_clicks-0', offset: 6 })],
    ['null among the failures', failures(null)],
    ['a number among the failures', failures(6)],
    ['failures that are an object', { batchItemFailures: { itemIdentifier: null } }],
    ['failures that are a string', { batchItemFailures: 'ad_clicks-0' }],
    ['failures under another key', { BatchItemFailures: [] }],
    ['another object', { statusCode: 200 }],
    ['an array', []],
    ['a text', 'ok'],
    ['an empty text', ''],
    ['a number', 0],
    ['false', false],
  ];
  const refused: [string, RegExp, typeof wrong][] = [
    ['that names what it was not given', /names .*, which was not in the event$/, strange],
    ['that is malformed', /^the answer is not a partial batch response$/, wrong],
  ];
  for (const [what, because, cases] of refused)
    for (const [why, returned] of cases)
      it(`${what} fails the whole batch (I2): ${why}`, () => {
        assert.match(String(failed(returned)), because);
      });

  it('whatever it is, names records of the event or fails all of them (I2)', () => {
    const identifier = fc.record({
      itemIdentifier: fc.record({
        partition: fc.constantFrom('ad_clicks-0', 'ad_clicks-11', 'ad_clicks-2'),
        offset: fc.constantFrom<unknown>(5, 6, 7, 70, 72, 71, '5', null),
      }),
    });
    const answers = fc.oneof(
      fc.record({ batchItemFailures: fc.array(identifier, { maxLength: 4 }) }),
      fc.jsonValue(),
    );

    let named = 0;
    fc.assert(
      fc.property(answers, (returned) => {
        const found = parseFailures(returned, given);
        if (typeof found === 'string') return;

        for (const [label, offsets] of found)
          for (const offset of offsets)
            assert.ok(given.get(label)?.some((record) => record.offset === offset));
        for (const { partition, offset } of namedIn(returned)) assert.ok(found.get(partition)?.has(offset));
        named += namedIn(returned).length;
      }),
      { numRuns: 1_000 },
    );
    assert.ok(named > 0, 'no answer named a record');
  });
});

function namedIn(returned: unknown): { partition: string; offset: number }[] {
  const list = (returned as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => each?.itemIdentifier ?? []);
}
