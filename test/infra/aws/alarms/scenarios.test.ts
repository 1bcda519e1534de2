/** The table "what happens, who sees it" of the record on alarms, row by row: the alarms of the real templates, played minute by minute. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { groupAlarms } from '../../../../shared/alarm-spec.ts';
import { templateOf } from '../templates.ts';
import { alarmed, type Series } from './evaluation.ts';
import { compiled } from './metric-math.ts';
import { alarmsOf } from './watched.ts';

/** Minutes from its beginning on; what it does not name is as on a healthy day, and undefined is silence. */
type Happening = (minute: number) => Readonly<Record<string, number | undefined>>;

const CLICKS_A_MINUTE = 33_000 * 60;
const INVOCATIONS = 360;
const HOUR = 60;

/** What is never said while all is well (throttles, drops) is not here. */
const healthy: Readonly<Record<string, number>> = {
  RecordAge: 2_000,
  Resolved: CLICKS_A_MINUTE,
  Invocations: INVOCATIONS,
  'Invocations by mapping': INVOCATIONS,
  PartitionsFailed: 0,
  PartitionsHalted: 0,
  LogMismatch: 0,
  Errors: 0,
  EstimatedMaxTimeLag: 1,
  SumOffsetLag: 20_000,
  OffsetLag: 20_000,
  BytesInPerSec: 3e6,
  OpenGap: 0,
  OpenParked: 0,
  BoundUsed: 2,
  RollupBehind: 0,
};

/** What the handler and the mapping say, none of which there is while nothing is delivered. */
const undelivered = {
  RecordAge: undefined,
  Resolved: undefined,
  Invocations: undefined,
  'Invocations by mapping': undefined,
  PartitionsFailed: undefined,
  PartitionsHalted: undefined,
  LogMismatch: undefined,
  Errors: undefined,
};
const lagUnseen = { EstimatedMaxTimeLag: undefined, SumOffsetLag: undefined };
const waiting = (minute: number) => ({
  EstimatedMaxTimeLag: 60 * minute,
  SumOffsetLag: CLICKS_A_MINUTE * minute,
  OffsetLag: CLICKS_A_MINUTE * minute,
});
const failing = (minute: number) => ({ PartitionsFailed: 1, RecordAge: 60_000 * minute });
const idle = { ...undelivered, EstimatedMaxTimeLag: 0, SumOffsetLag: 0, OffsetLag: 0, BytesInPerSec: 0 };

/** By the rows of the table. */
const happenings: Readonly<Record<string, Happening>> = {
  'all is well': () => ({}),
  'no clicks come, nothing waits': () => idle,
  'a rebalance storm of five minutes': (minute) =>
    minute < 5 ? { ...undelivered, ...lagUnseen, PartitionsFailed: 3, OffsetLag: 5e6 } : {},
  'the group is slow: each minute it falls half a minute behind': (minute) => ({
    RecordAge: 30_000 * minute,
    EstimatedMaxTimeLag: 30 * minute,
  }),
  'one partition is retried without end': failing,
  'a third of each batch is reported as failed': () => ({ FailedInvokeEventCount: 3_000 }),
  'one partition is not delivered': (minute) => ({ EstimatedMaxTimeLag: 60 * minute }),
  'one partition is not delivered, and MSK is silent': (minute) => ({
    ...lagUnseen,
    OffsetLag: (CLICKS_A_MINUTE / 12) * minute,
  }),
  'the same at ten clicks a second': (minute) => ({
    ...lagUnseen,
    Resolved: 600,
    OffsetLag: 50 * minute,
  }),
  'the mapping is off: nothing is delivered, the group is stable or gone': (minute) => ({
    ...undelivered,
    ...waiting(minute),
  }),
  'the group is unstable: nothing is delivered, MSK and Lambda are silent': () => ({
    ...undelivered,
    ...lagUnseen,
    OffsetLag: undefined,
  }),
  'the group is unstable, and yet everything is delivered': () => lagUnseen,
  'the mapping never started': () => ({ ...undelivered, ...lagUnseen, OffsetLag: undefined }),
  'the function is disabled: its concurrency is 0': (minute) => ({
    ...undelivered,
    ...waiting(minute),
    Throttles: 40,
  }),
  'every invocation ends by a timeout': (minute) => ({
    ...undelivered,
    ...waiting(minute),
    Errors: 12,
  }),
  'the mapping may not invoke the function': (minute) => ({
    ...undelivered,
    ...waiting(minute),
    InvokeErrorCount: 12,
  }),
  'the pollers cannot commit, and deliver all the same': (minute) => ({
    CommitErrorCount: 3,
    EstimatedMaxTimeLag: 60 * minute,
  }),
  'an hour behind, and draining at twice the speed': (minute) => ({
    RecordAge: Math.max(2_000, (HOUR - minute) * 60_000),
    EstimatedMaxTimeLag: Math.max(1, (HOUR - minute) * 60),
  }),
  'producers stamp, and their clocks are an hour behind': () => ({ RecordAge: 3_600_000 }),
  'producers stamp, their clocks are an hour ahead, and the group is slow': (minute) => ({
    RecordAge: 0,
    EstimatedMaxTimeLag: 30 * minute,
  }),
  'three late minutes, once': (minute) => (minute < 3 ? { RecordAge: 400_000 } : {}),
  'three late minutes in each hour': (minute) => (minute % HOUR < 3 ? { RecordAge: 400_000 } : {}),
  'a partition halts: bad deploy, fold, table': (minute) => ({ ...failing(minute), PartitionsHalted: 1 }),
  'the topic was recreated, or its log rewritten': (minute) => ({ ...failing(minute), LogMismatch: 1 }),
  'DynamoDB throttles writes, and waiting helps': () => ({ WriteThrottleEvents: 90 }),
  'DynamoDB throttles reads of the rollup': () => ({ ReadThrottleEvents: 90 }),
  'DynamoDB fails': (minute) => ({ SystemErrors: 50, PartitionsFailed: 12, ...waiting(minute), Resolved: 0 }),
  'records are discarded to the destination': () => ({
    OpenGap: 500,
    OnFailureDestinationDeliveredEventCount: 500,
  }),
  'records are parked': () => ({ OpenParked: 3 }),
  'a gap that closes within ten minutes': (minute) => (minute < 10 ? { OpenGap: 100 } : {}),
  'the destination refuses what is discarded': (minute) => ({
    OpenGap: 500,
    ...(minute < 1 && { OnFailureDestinationDeliveryErrorCount: 1 }),
  }),
  'an invocation by hand fails, and its destination too': () => ({
    Invocations: INVOCATIONS + 1,
    DestinationDeliveryFailures: 1,
  }),
  'records are dropped': (minute) => ({ OpenGap: 500, ...(minute < 1 && { DroppedEventCount: 500 }) }),
  'gaps fill the journal': () => ({ BoundUsed: 70 }),
  'the rollup does not run': () => ({
    OpenGap: undefined,
    OpenParked: undefined,
    BoundUsed: undefined,
    RollupBehind: undefined,
  }),
  'a second mapping feeds the ledger': () => ({
    Resolved: 2 * CLICKS_A_MINUTE,
    Invocations: 2 * INVOCATIONS,
  }),
  'somebody invokes the function, once': (minute) => (minute < 1 ? { Invocations: INVOCATIONS + 1 } : {}),
  'somebody invokes the function, once, while nothing is delivered': (minute) => ({
    ...idle,
    ...(minute < 1 && { Invocations: 1 }),
  }),
  'nobody helps a stuck partition for half the retention': (minute) => ({
    ...failing(minute + 83 * HOUR),
    OpenGap: 0,
  }),
  'nobody clears what is parked for half the retention': () => ({ OpenParked: 3 }),
};

const played: Readonly<Record<string, number>> = {
  'three late minutes in each hour': 6 * HOUR,
  'nobody clears what is parked for half the retention': 85 * HOUR,
};

/** A healthy day, then what happens. */
const BEFORE = 6 * HOUR;

function playedOut(happens: Happening, minutes: number): Readonly<Record<string, readonly number[]>> {
  const series: Series = (minute, name) => {
    if (minute < BEFORE) return healthy[name];
    const said = happens(minute - BEFORE);
    return name in said ? said[name] : healthy[name];
  };
  const red = alarmed(templateOf('prod', 'billing'), 'clickledger-prod-billing', series, BEFORE + minutes);
  return Object.fromEntries(
    Object.entries(red).map(([name, when]) => [name, when.map((minute) => minute - BEFORE)]),
  );
}

function seenBy(red: Readonly<Record<string, readonly number[]>>): string {
  const first = Object.entries(red).flatMap(([name, [minute]]) =>
    minute === undefined ? [] : [{ name, minute }],
  );
  first.sort((one, other) => one.minute - other.minute || one.name.localeCompare(other.name));
  return first.map(({ name, minute }) => `${name} ${minute}`).join(', ') || 'nobody';
}

/** Rows of the table, as `[what happens, who sees it]`. */
function rowsOfRecord(): [string, string][] {
  const record = readFileSync(join(import.meta.dirname, '../../../../docs/adr/0023-alarms.md'), 'utf8');
  const [, table = ''] =
    /^\| what happens \| who sees it, after minutes \|\n.*\n((?:\|.*\n)+)/m.exec(record) ?? [];
  return Array.from(table.matchAll(/^\| (.*?) \| (.*?) \|/gm), ([, what = '', who = '']) => [what, who]);
}

/** The minutes in which it goes into ALARM and out of it. */
function changesOf(when: readonly number[] = []): number[] {
  return [
    ...when.filter((minute) => !when.includes(minute - 1)),
    ...when.filter((minute) => !when.includes(minute + 1)).map((minute) => minute + 1),
  ].sort((one, other) => one - other);
}

describe('what happens, and who sees it', () => {
  it('every row of the record is played, and every alarm of a group is in one of them', () => {
    const rows = rowsOfRecord();

    assert.deepEqual(
      rows.map(([what]) => what),
      Object.keys(happenings),
    );
    const named = rows.map(([, who]) => who).join(', ');
    for (const name of groupAlarms) assert.match(named, new RegExp(`(^| )${name} \\d`), name);
  });

  it('every metric that an alarm of a group looks at says something else in one of them', () => {
    const said = new Set(
      Object.values(happenings).flatMap((happens) => [
        ...Object.keys(happens(0)),
        ...Object.keys(happens(1)),
      ]),
    );
    const looked = new Set(
      alarmsOf(templateOf('prod', 'billing')).flatMap(({ metrics }) => metrics.map(({ name }) => name)),
    );

    assert.ok(looked.size > 20);
    assert.deepEqual(
      [...looked].filter((name) => !said.has(name)),
      [],
    );
  });

  for (const [what, who] of rowsOfRecord())
    it(`${what}: ${who}`, () => {
      assert.equal(seenBy(playedOut(happenings[what]!, played[what] ?? 2 * HOUR)), who);
    });

  it('a rebalance storm does not end slo-fast-burn, which is over a quarter of an hour after the last late minute', () => {
    const { 'slo-fast-burn': when } = playedOut((minute) => {
      if (minute >= 20 && minute < 25) return { ...undelivered, ...lagUnseen, OffsetLag: undefined };
      return minute < 40 ? { RecordAge: 600_000 } : {};
    }, 2 * HOUR);

    assert.deepEqual(changesOf(when), [5, 54]);
  });

  it('a second outage, half an hour after the first, rings again', () => {
    const { 'slo-fast-burn': when } = playedOut(
      (minute) => (minute < 10 || (minute >= 40 && minute < 50) ? { RecordAge: 600_000 } : {}),
      2 * HOUR,
    );

    assert.deepEqual(changesOf(when), [5, 24, 42, 64]);
  });

  it('whatever was bad in five of fifteen minutes is seen by slo-fast-burn of the default promise', () => {
    for (let pattern = 0; pattern < 2 ** 15; pattern += 1_021) {
      const bits = Array.from({ length: 15 }, (_, bit) => (pattern >> bit) & 1);
      const bad = bits.filter((bit) => bit === 1).length;
      const { 'slo-fast-burn': when = [] } = playedOut(
        (minute) => (bits[minute] === 1 ? { RecordAge: 300_000 } : {}),
        20,
      );
      assert.equal(when.length > 0, bad >= 5, bits.join(''));
    }
  });

  it('what ends is over: no alarm stays but those that look back for hours', () => {
    const red = playedOut(
      (minute) => (minute < 30 ? { ...undelivered, ...waiting(minute), Throttles: 9 } : {}),
      90,
    );

    assert.deepEqual(
      Object.entries(red).flatMap(([name, when]) => (when.includes(90) ? [name] : [])),
      ['slo-slow-burn'],
    );
  });
});

describe('the evaluation of alarms', () => {
  const computed = (expression: string, given: Readonly<Record<string, number>> = {}) =>
    compiled(expression)({ seconds: 300, read: (id) => given[id] });

  it('computes as CloudWatch documents it', () => {
    const cases: [string, Readonly<Record<string, number>>, number | undefined][] = [
      ['1 + 2 * 3 - 4 / 2', {}, 5],
      ['(1 + 2) * -3', {}, -9],
      ['10 - 3 - 2', {}, 5],
      ['a + b', { a: 1 }, undefined],
      ['FILL(a, 7) + 1', {}, 8],
      ['FILL(a, 7) + 1', { a: 0 }, 1],
      ['IF(a > 1 AND b <= 2 OR c >= 3, 10, 20)', { a: 2, b: 2, c: 0 }, 10],
      ['IF(a > 1 AND b < 2 OR c >= 3, 10, 20)', { a: 2, b: 2, c: 0 }, 20],
      ['IF(a > 1, 10, 20)', {}, undefined],
      ['a / PERIOD(a)', { a: 600 }, 2],
    ];
    for (const [expression, given, expected] of cases)
      assert.equal(computed(expression, given), expected, expression);
  });

  it('refuses what it does not know', () => {
    for (const expression of ['RATE(a)', 'FILL(a)', 'IF(a, 1)', '(a + 1', 'a b', 'a +', 'a % 2'])
      assert.throws(() => computed(expression, { a: 1, b: 1 }), expression);
  });

  it('treats missing data as the alarm says, and looks at older data before that', () => {
    const alarm = (TreatMissingData: string) => ({
      Resources: {
        A: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: {
            ...{
              AlarmName: 'o-a',
              AlarmActions: ['x'],
              Namespace: 'n',
              MetricName: 'm',
              Statistic: 'Maximum',
            },
            ...{ Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 3, Threshold: 1, TreatMissingData },
            ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          },
        },
      },
    });
    /** Oldest first: X bad, o good, - missing. */
    const redAfter = (said: string, treatment: string) => {
      const series: Series = (minute) => ({ X: 1, o: 0 })[said[minute] ?? '-'];
      return alarmed(alarm(treatment), 'o', series, said.length)['a']!.includes(said.length);
    };
    const rows: [string, breaching: boolean, notBreaching: boolean, ignore: boolean][] = [
      ['XXX', true, true, true],
      ['oXX', false, false, false],
      ['XX-X-', true, true, true],
      ['XXX----', true, false, true],
      ['----X', true, false, false],
      ['ooo-----', true, false, false],
      ['o-X-X', false, false, false],
    ];
    for (const [said, ...expected] of rows)
      assert.deepEqual(
        ['breaching', 'notBreaching', 'ignore'].map((treatment) => redAfter(said, treatment)),
        expected,
        said,
      );
  });
});
