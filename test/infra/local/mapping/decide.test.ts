import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { halveBatch, type MappingBatch } from '../../../../infra/local/mapping/batch.ts';
import {
  decide,
  type Happened,
  type InvocationEnd,
  type RetryRules,
} from '../../../../infra/local/mapping/decide.ts';
import { PAYLOAD_BYTES_MAX } from '../../../../infra/local/mapping/kafka-event.ts';
import {
  batchOf,
  type Decided,
  inOffsets,
  type Offsets,
  offsetsOf,
  recordsAt,
} from '../../../support/batches.ts';

const rules: RetryRules = {
  source: { arn: 'arn', bootstrap: 'b' },
  partialResponses: true,
  partialRetry: 'listed',
  retryAttempts: -1,
  maxAgeSeconds: -1,
  bisect: false,
};
const NOW = 1_000_000_000_000;
const THREE: Offsets = { 't-0': [5, 6, 7], 't-1': [70] };

const after = (end: InvocationEnd): Happened => ({ requestId: 'r', end });
const thrown = after({ failed: 'TypeError: no' });
const returned = (answer: unknown) => after({ returned: answer });
const failures = (...list: [partition: unknown, offset: unknown][]) =>
  returned({
    batchItemFailures: list.map(([partition, offset]) => ({ itemIdentifier: { partition, offset } })),
  });

interface Case {
  readonly what: string;
  /** Heading of docs/event-source-mapping.md, and the page of the AWS Lambda docs behind it. */
  readonly rule: string;
  readonly batch?: MappingBatch;
  readonly happened: Happened;
  readonly rules?: Partial<RetryRules>;
  readonly expected: Decided;
}

const whole: Decided = { deliver: [THREE], failures: 1 };
const RETRIES = 'Errors and retries, kafka-retry-configurations';

const answers: Case[] = [
  ...[null, undefined, {}, { batchItemFailures: [] }, { batchItemFailures: null }].map((answer) => ({
    what: `${JSON.stringify(answer)} resolves every record`,
    rule: RETRIES,
    happened: returned(answer),
    expected: { resolved: THREE },
  })),
  {
    what: 'without ReportBatchItemFailures the answer is not looked at',
    rule: 'Errors and retries, inferred from streams',
    happened: failures(['t-0', 5]),
    rules: { partialResponses: false },
    expected: { resolved: THREE },
  },
  {
    what: 'listed records come again, the others are resolved',
    rule: 'Errors and retries, listed, kafka-retry-configurations',
    happened: failures(['t-0', 7], ['t-0', 5]),
    expected: { resolved: { 't-0': [6], 't-1': [70] }, deliver: [{ 't-0': [5, 7] }], failures: 1 },
  },
  {
    what: 'the partition resumes at the lowest listed offset, later successes run again',
    rule: 'Errors and retries, resume',
    happened: failures(['t-0', 7], ['t-0', 6]),
    rules: { partialRetry: 'resume' },
    expected: { resolved: { 't-0': [5], 't-1': [70] }, deliver: [{ 't-0': [6, 7] }], failures: 1 },
  },
  {
    what: 'an identifier that was not in the event fails the whole batch',
    rule: RETRIES,
    happened: failures(['t-0', 6], ['t-0', 99]),
    expected: whole,
  },
  ...(
    [
      ['a flat string identifier', { batchItemFailures: [{ itemIdentifier: 't-0-6' }] }],
      ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
      ['a wrong key', { BatchItemFailures: [] }],
      ['an answer that is no object', 'ok'],
    ] as const
  ).map(([what, answer]) => ({
    what: `${what} fails the whole batch`,
    rule: 'Errors and retries, inferred',
    happened: returned(answer),
    expected: whole,
  })),
];

const retries: Case[] = [
  {
    what: 'a throw, a crash or a timeout delivers the whole batch again, without end by default',
    rule: RETRIES,
    batch: batchOf(THREE, { failures: 10_000 }),
    happened: thrown,
    expected: { ...whole, failures: 10_001 },
  },
  {
    what: 'the first attempt is not counted: with 2 retries the second failure is tried again',
    rule: RETRIES,
    batch: batchOf(THREE, { failures: 1 }),
    happened: thrown,
    rules: { retryAttempts: 2 },
    expected: { ...whole, failures: 2 },
  },
  {
    what: 'with 2 retries the third failure discards',
    rule: RETRIES,
    batch: batchOf(THREE, { failures: 2 }),
    happened: thrown,
    rules: { retryAttempts: 2 },
    expected: { discarded: [['RetryAttemptsExhausted', THREE]] },
  },
  {
    what: 'with 0 retries the first failure discards',
    rule: RETRIES,
    happened: thrown,
    rules: { retryAttempts: 0 },
    expected: { discarded: [['RetryAttemptsExhausted', THREE]] },
  },
  {
    what: 'a partial response uses up a retry too; what it did not list is resolved and not discarded',
    rule: RETRIES,
    batch: batchOf(THREE, { failures: 2 }),
    happened: failures(['t-0', 6]),
    rules: { retryAttempts: 2 },
    expected: {
      resolved: { 't-0': [5, 7], 't-1': [70] },
      discarded: [['RetryAttemptsExhausted', { 't-0': [6] }]],
    },
  },
  {
    what: 'a throttle or a fault of the service uses up no retry',
    rule: 'Errors and retries, invocation-eventsourcemapping',
    batch: batchOf(THREE, { failures: 2 }),
    happened: after({ unreached: 'throttled' }),
    rules: { retryAttempts: 2, bisect: true },
    expected: { deliver: [THREE], failures: 2 },
  },
];

const bisects: Case[] = [
  {
    what: 'a failed batch is cut within each partition, lower offsets first, and no retry is used up',
    rule: 'Errors and retries, kafka-retry-configurations; the cut inferred',
    batch: batchOf(THREE, { failures: 1 }),
    happened: thrown,
    rules: { bisect: true, retryAttempts: 1 },
    expected: { deliver: [{ 't-0': [5, 6], 't-1': [70] }, { 't-0': [7] }], failures: 1 },
  },
  {
    what: 'one partition of two records and one of one are cut within the first',
    rule: 'Errors and retries, inferred',
    batch: batchOf({ 't-0': [5, 6], 't-1': [70] }),
    happened: thrown,
    rules: { bisect: true },
    expected: { deliver: [{ 't-0': [5], 't-1': [70] }, { 't-0': [6] }], failures: 0 },
  },
  {
    what: 'single records of several partitions are cut between the partitions',
    rule: 'Errors and retries, inferred',
    batch: batchOf({ 't-0': [5], 't-1': [70], 't-2': [8] }),
    happened: thrown,
    rules: { bisect: true },
    expected: { deliver: [{ 't-0': [5], 't-1': [70] }, { 't-2': [8] }], failures: 0 },
  },
  {
    what: 'a single record can not be cut, and uses up its retries',
    rule: RETRIES,
    batch: batchOf({ 't-0': [5] }, { failures: 1 }),
    happened: thrown,
    rules: { bisect: true, retryAttempts: 1 },
    expected: { discarded: [['RetryAttemptsExhausted', { 't-0': [5] }]] },
  },
  {
    what: 'a malformed answer cuts as a throw does',
    rule: 'Errors and retries, inferred',
    batch: batchOf({ 't-0': [5, 6] }),
    happened: returned('ok'),
    rules: { bisect: true },
    expected: { deliver: [{ 't-0': [5] }, { 't-0': [6] }], failures: 0 },
  },
  {
    what: 'a partial response is not cut besides',
    rule: 'Errors and retries, documented for Kinesis',
    happened: failures(['t-0', 5], ['t-0', 6]),
    rules: { bisect: true },
    expected: { resolved: { 't-0': [7], 't-1': [70] }, deliver: [{ 't-0': [5, 6] }], failures: 1 },
  },
];

const aged = (offsets: Offsets, ageMsOf: (offset: number) => number, more: Partial<MappingBatch> = {}) => ({
  ...batchOf({}, more),
  records: recordsAt(offsets, (offset) => NOW - ageMsOf(offset)),
});
const sized = (...lengths: number[]) => ({
  ...batchOf({}),
  records: new Map([
    ['t-0', lengths.map((length, offset) => ({ offset, timestamp: 1, text: 'x'.repeat(length) }))],
  ]),
});
const TOO_LARGE = PAYLOAD_BYTES_MAX + 1;
const HALF = PAYLOAD_BYTES_MAX / 2;

/** A record that is too old, and then records of these lengths that are not. */
function agedAndSized(...lengths: number[]): MappingBatch {
  const young = lengths.map((length, i) => ({ offset: i + 1, timestamp: NOW, text: 'x'.repeat(length) }));
  return { ...batchOf({}), records: new Map([['t-0', [{ offset: 0, timestamp: 1, text: 'x' }, ...young]]]) };
}

const dues: Case[] = [
  {
    what: 'any age is due by default',
    rule: RETRIES,
    happened: 'due',
    expected: { deliver: [THREE], failures: 0 },
  },
  {
    what: 'before each attempt, records above the maximum age are discarded and the others delivered',
    rule: 'Errors and retries, kafka-retry-configurations',
    batch: aged(THREE, (offset) => (offset < 7 ? 60_001 : 60_000), { failures: 2 }),
    happened: 'due',
    rules: { maxAgeSeconds: 60 },
    expected: {
      deliver: [{ 't-0': [7], 't-1': [70] }],
      failures: 2,
      discarded: [['RetryAttemptsExhausted', { 't-0': [5, 6] }]],
    },
  },
  {
    what: 'an attempt that failed decides nothing by age; the next one does',
    rule: 'Errors and retries',
    batch: aged(THREE, () => 99_000),
    happened: thrown,
    rules: { maxAgeSeconds: 60 },
    expected: whole,
  },
  {
    what: 'a record whose event is above 6 MB is discarded as too large',
    rule: 'Failure destinations, kafka-on-failure',
    batch: sized(TOO_LARGE),
    happened: 'due',
    expected: { discarded: [['MaximumPayloadSizeExceeded', { 't-0': [0] }]] },
  },
  {
    what: 'what is too old is discarded before what is too large is cut',
    rule: 'Errors and retries; Batches, invocation-eventsourcemapping',
    batch: agedAndSized(HALF, HALF),
    happened: 'due',
    rules: { maxAgeSeconds: 60 },
    expected: {
      deliver: [{ 't-0': [1] }, { 't-0': [2] }],
      failures: 0,
      discarded: [['RetryAttemptsExhausted', { 't-0': [0] }]],
    },
  },
  {
    what: 'what is too old is discarded beside what is too large',
    rule: 'Errors and retries; Failure destinations, kafka-on-failure',
    batch: agedAndSized(TOO_LARGE),
    happened: 'due',
    rules: { maxAgeSeconds: 60 },
    expected: {
      discarded: [
        ['RetryAttemptsExhausted', { 't-0': [0] }],
        ['MaximumPayloadSizeExceeded', { 't-0': [1] }],
      ],
    },
  },
  {
    what: 'records that are too large together are cut, and none is discarded',
    rule: 'Batches, invocation-eventsourcemapping',
    batch: sized(HALF, HALF),
    happened: 'due',
    expected: { deliver: [{ 't-0': [0] }, { 't-0': [1] }], failures: 0 },
  },
];

describe('the decision on a batch', () => {
  for (const { what, rule, batch = batchOf(THREE), happened, rules: more, expected } of [
    ...answers,
    ...retries,
    ...bisects,
    ...dues,
  ])
    it(`${what} (${rule})`, () => {
      const decision = decide(batch, happened, { ...rules, ...more }, NOW);

      assert.deepEqual(inOffsets(decision), expected);
    });

  it('remembers the number of attempts, and how the last one ended, for the documents', () => {
    const first = decide(batchOf(THREE), thrown, rules, NOW).deliver[0] as MappingBatch;
    const second = decide(first, { requestId: 's', end: { unreached: 'no' } }, rules, NOW)
      .deliver[0] as MappingBatch;
    const third = decide(second, failures(['t-0', 6]), rules, NOW).deliver[0] as MappingBatch;

    assert.deepEqual(
      [first, second, third].map(({ invocations, last }) => [invocations, last?.functionError]),
      [
        [1, 'Unhandled'],
        [1, 'Unhandled'],
        [2, null],
      ],
    );
  });

  it('if batches are halved, only the bad record is discarded in the end, and all others are resolved (I2)', () => {
    const open = [batchOf({ 't-0': Array.from({ length: 100 }, (_, i) => i) })];
    const ended = { resolved: 0, discarded: [] as Offsets[], invocations: 0 };

    for (let batch = open.shift(); batch !== undefined; batch = open.shift()) {
      const bad = batch.records.get('t-0')?.some(({ offset }) => offset === 37);
      const happened = bad === true ? thrown : returned(null);
      const decision = decide(batch, happened, { ...rules, bisect: true, retryAttempts: 3 }, NOW);
      ended.invocations += 1;
      ended.resolved += decision.resolved.get('t-0')?.length ?? 0;
      ended.discarded.push(...decision.discarded.map(({ batch: { records } }) => offsetsOf(records)));
      open.unshift(...decision.deliver);
    }

    assert.deepEqual([ended.resolved, ended.discarded], [99, [{ 't-0': [37] }]]);
    assert.ok(ended.invocations < 30, `${ended.invocations} invocations`);
  });

  it('puts every record in exactly one place, for any event and any rules (I2)', () => {
    const offsets = fc
      .uniqueArray(fc.nat(30), { minLength: 1, maxLength: 6 })
      .map((list) => list.sort((a, b) => a - b));
    const batches = fc.record({ 't-0': offsets, 't-1': offsets }, { requiredKeys: ['t-0'] }).chain((lists) =>
      fc.record({ failures: fc.nat(4), invocations: fc.nat(9) }).map((more) => ({
        ...batchOf({}, more),
        records: recordsAt(lists as Offsets, (offset) => NOW - offset * 10_000),
      })),
    );
    const identifier = fc.record({ partition: fc.constantFrom('t-0', 't-1'), offset: fc.nat(30) });
    const happenings: fc.Arbitrary<Happened> = fc.oneof(
      fc.constant<Happened>('due'),
      fc.constantFrom(thrown, after({ unreached: 'no' }), returned('ok'), returned(null)),
      fc
        .array(identifier, { maxLength: 3 })
        .map((list) =>
          failures(...list.map(({ partition, offset }) => [partition, offset] as [string, number])),
        ),
    );
    const someRules = fc.record({
      partialResponses: fc.boolean(),
      partialRetry: fc.constantFrom<RetryRules['partialRetry'][]>('listed', 'resume'),
      retryAttempts: fc.integer({ min: -1, max: 4 }),
      maxAgeSeconds: fc.constantFrom(-1, 60, 150),
      bisect: fc.boolean(),
    });

    fc.assert(
      fc.property(batches, happenings, someRules, (batch, happened, more) => {
        const decision = decide(batch, happened, { ...rules, ...more }, NOW);

        const places = [
          decision.resolved,
          ...decision.deliver.map(({ records }) => records),
          ...decision.discarded.map(({ batch: { records } }) => records),
        ];
        const found = places.flatMap((records) =>
          [...records].flatMap(([label, list]) => list.map(({ offset }) => `${label} ${offset}`)),
        );
        const expected = [...batch.records].flatMap(([label, list]) =>
          list.map(({ offset }) => `${label} ${offset}`),
        );
        assert.deepEqual(found.sort(), expected.sort());
        assert.ok(places.every((records) => [...records.values()].every(({ length }) => length > 0)));
        assert.ok(decision.deliver.every(({ records }) => records.size > 0));
      }),
    );
  });

  it('halves into two shorter batches, in log order, down to one record', () => {
    const offsets = fc
      .uniqueArray(fc.nat(30), { minLength: 1, maxLength: 9 })
      .map((list) => list.sort((a, b) => a - b));

    fc.assert(
      fc.property(fc.array(offsets, { minLength: 1, maxLength: 4 }), (lists) => {
        const batch = batchOf(Object.fromEntries(lists.map((list, i) => [`t-${i}`, list])));
        const halves = halveBatch(batch);

        if (halves === undefined) return assert.equal(lists.flat().length, 1);
        const [first, second] = halves.map(({ records }) => offsetsOf(records)) as [Offsets, Offsets];
        assert.ok(Object.keys(first).length > 0 && Object.keys(second).length > 0);
        for (const [label, list] of Object.entries(offsetsOf(batch.records)))
          assert.deepEqual([...(first[label] ?? []), ...(second[label] ?? [])], list);
      }),
    );
  });
});
