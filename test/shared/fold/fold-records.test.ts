/** What a fold may do wrong: one click is parked, anything else halts, and nothing of it can be written that nobody can read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isRejected, type Rejected } from '../../../shared/contract/decode.ts';
import { AppError } from '../../../shared/errors.ts';
import { type Delta, formatLines, parseLines } from '../../../shared/fold/delta.ts';
import type { Fold } from '../../../shared/fold/fold.ts';
import { foldRecords } from '../../../shared/fold/fold-records.ts';
import { emptyState } from '../../../shared/journal/journal.ts';
import { buildEntryItem, readEntry } from '../../../shared/journal/journal-items.ts';
import { buildNextEntry } from '../../../shared/journal/next-entry.ts';
import { noOffsets } from '../../../shared/journal/offsets.ts';
import { rollUp } from '../../../shared/statement/rollup.ts';
import { aRecord, records, START_MS } from '../../support/builders.ts';
import { counting as byAdvertiser, type Click, decode } from '../../support/clicks.ts';
import { memoryLedger, steppedClock } from '../../support/memory-ledger.ts';

const JOURNAL = 'ad_clicks@1#0';
const by = { code: 'c1', request: 'r1', at: '' };
const never = () => false;

/** Counts each click, and carries how many it has seen. */
interface Seen {
  seen: number;
}
const counting: Fold<Seen> = {
  open: (carried) => ({ seen: Number(carried) }),
  click(state, click, delta) {
    state.seen += 1;
    delta.count(click);
  },
  close: (state) => String(state.seen),
};

function fold<S>(given: Fold<S>, clicks: readonly (Click | Rejected)[], isLate = never, before = '') {
  return foldRecords(before, clicks, { fold: given, counting: byAdvertiser }, 'recommendations', isLate);
}

function clicksOf(count: number): Click[] {
  return records(0, count).map((record) => decode(record) as Click);
}

/** The fold that throws on some clicks, before or after it has changed its state. */
function throwingOn(isBad: (offset: number) => boolean, after: boolean): Fold<Seen> & { calls: number } {
  return {
    ...counting,
    calls: 0,
    click(state, click, delta) {
      this.calls += 1;
      const bad = isBad(click.record.offset);
      if (bad && !after) throw new TypeError('no such ad');
      counting.click(state, click, delta);
      if (bad) throw new TypeError('no such ad');
    },
  };
}

/** What has to come out: each click taken in turn, and every throw undone. */
function oneByOne<S>(given: Fold<S>, clicks: readonly Click[]): { carried: string; threw: number[] } {
  let carried = '';
  const threw: number[] = [];
  for (const click of clicks) {
    const folded = fold(given, [click], never, carried);
    if (folded.rejected.length > 0) threw.push(click.record.offset);
    else carried = folded.carried;
  }
  return { carried, threw };
}

function brokenBy(sentence: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === 'fold.broken', String(error));
    assert.match(error.message, sentence);
    assert.match(error.message, /functions\/recommendations\/fold\.ts/);
    return true;
  };
}

describe('a fold that throws on clicks', () => {
  for (const after of [false, true]) {
    it(`parks exactly those, ${after ? 'having changed its state' : 'before it changed anything'}`, () => {
      fc.assert(
        fc.property(fc.uniqueArray(fc.nat(59), { maxLength: 60 }), (bad) => {
          const clicks = clicksOf(60);
          const given = throwingOn((offset) => bad.includes(offset), after);

          const { rejected, delta, carried } = fold(given, clicks);

          assert.deepEqual(
            rejected.map(({ record, rejected: reason }) => [record.offset, reason]),
            bad.sort((a, b) => a - b).map((offset) => [offset, 'fold.threw']),
          );
          assert.equal(carried, String(60 - bad.length));
          const lines = [...parseLines(formatLines(delta.hours), 2)];
          assert.equal(
            lines.reduce((sum, { line }) => sum + (line.sums[0] ?? 0), 0),
            60 - bad.length,
          );
          assert.equal(delta.totals[0], 60 - bad.length);
        }),
      );
    });
  }

  it('is called at most twice for each click, and a few times more, whatever it throws on', () => {
    for (const share of [1, 2, 3, 10, 100, 2_000]) {
      const given = throwingOn((offset) => offset % share === 0, true);

      const { rejected } = fold(given, clicksOf(2_000));

      assert.equal(rejected.length, Math.ceil(2_000 / share));
      assert.ok(given.calls <= 2 * 2_000 + 16, `${given.calls} calls at every ${share}.`);
    }
  });

  it('blames no click for what an earlier one left behind', () => {
    const spoilt: Fold<{ spoilt: boolean }> = {
      open: () => ({ spoilt: false }),
      click(state, click, delta) {
        if (state.spoilt) throw new Error('spoilt');
        state.spoilt = click.record.offset % 50 === 7;
        if (state.spoilt) throw new Error('first');
        delta.count(click);
      },
      close: () => '',
    };

    const { rejected, delta } = fold(spoilt, clicksOf(500));

    assert.deepEqual(
      rejected.map(({ record }) => record.offset),
      [7, 57, 107, 157, 207, 257, 307, 357, 407, 457],
    );
    assert.equal(delta.totals[0], 490);
  });

  it('takes what one by one would take, where it throws by what it has seen, in calls that grow with the batch', () => {
    let calls = 0;
    const full: Fold<Seen> = {
      ...counting,
      click(state, click, delta) {
        calls += 1;
        if (++state.seen > 50) throw new Error('full');
        delta.count(click);
      },
    };
    const clicks = clicksOf(3_000);
    const expected = oneByOne(full, clicks);
    calls = 0;

    const { rejected, carried } = fold(full, clicks);

    assert.deepEqual({ carried, threw: rejected.map(({ record }) => record.offset) }, expected);
    assert.ok(calls < 5 * 3_000, `${calls} calls`);
  });

  it('gives the same for the same batch', () => {
    const given = throwingOn((offset) => offset % 3 === 0, true);

    assert.deepEqual(fold(given, clicksOf(300)), fold(given, clicksOf(300)));
  });

  it('ends with the time of the invocation', () => {
    let looks = 0;
    const isLate = () => ++looks > 3;

    assert.throws(() => fold(counting, clicksOf(10_000), isLate), /table\.deadline.*1024 clicks/);
  });
});

describe('a fold that breaks a rule halts at once, with the sentence that names its file', () => {
  const clicks = clicksOf(3);
  const clickOf = (click: Fold<undefined>['click'], rest: Partial<Fold<undefined>> = {}) => ({
    open: () => undefined,
    close: () => '',
    ...rest,
    click,
  });
  const bill = (_: undefined, click: Click, delta: Delta) => delta.count(click);
  const cases: readonly (readonly [string, Fold<undefined>, RegExp])[] = [
    [
      'counts a click twice',
      clickOf((_, click, delta) => {
        delta.count(click);
        delta.count(click);
      }),
      /offset 0 twice/,
    ],
    [
      'counts one click twice and another not at all',
      clickOf((_, click, delta) => {
        if (click.record.offset !== 2) delta.count(click);
        if (click.record.offset === 1) delta.count(click);
      }),
      /offset 1 twice/,
    ],
    [
      'counts another click',
      clickOf((_, __, delta) => delta.count(clicks[2] as Click)),
      /offset 2 in the turn of 0/,
    ],
    [
      'flags another click',
      clickOf((_, __, delta) => delta.flag(clicks[2] as Click, 'x', 1)),
      /offset 2 in the turn/,
    ],
    [
      'catches what it is told',
      clickOf((_, click, delta) => {
        try {
          delta.count({ ...click, priceMicros: 0.1 });
        } catch {}
      }),
      /adds 0\.1 to micros/,
    ],
    [
      'names a key no line can hold',
      clickOf((_, click, delta) => delta.count({ ...click, advertiserId: 0.5 } as unknown as Click)),
      /under 'advertiserId', which is no text/,
    ],
    [
      'counts a negative amount',
      clickOf((_, click, delta) => delta.count({ ...click, priceMicros: -1 })),
      /adds -1 to micros/,
    ],
    [
      'counts too large an amount',
      clickOf((_, click, delta) => delta.count({ ...click, priceMicros: 1e18 })),
      /adds 1000000000000000000 to micros/,
    ],
    ['is asynchronous', clickOf((async () => {}) as unknown as Fold<undefined>['click']), /asynchronous/],
    ['throws in open', clickOf(bill, { open: () => JSON.parse('{') }), /a SyntaxError in open/],
    [
      'throws in close',
      clickOf(bill, { close: () => (undefined as unknown as string).trim() }),
      /a TypeError in close/,
    ],
    ['carries too much', clickOf(bill, { close: () => 'ö'.repeat(9_000) }), /18000 bytes, allowed are 16384/],
    ['carries no text', clickOf(bill, { close: () => 7 as unknown as string }), /a number, not a text/],
    ['carries half a character', clickOf(bill, { close: () => '\ud800' }), /half a character/],
  ];
  for (const [name, given, sentence] of cases)
    it(name, () => assert.throws(() => fold(given, clicks), brokenBy(sentence)));

  it('is not pure: it throws on a click that it took', () => {
    let calls = 0;
    const moody = clickOf((_, click, delta) => {
      if (++calls > 100 && (calls % 7 === 0 || calls % 5 === 0)) throw new Error('moody');
      delta.count(click);
    });

    assert.throws(() => fold(moody, clicksOf(400)), brokenBy(/not pure/));
  });
});

describe('whatever a fold hands in', () => {
  const anything = fc.oneof(
    fc.anything({ maxDepth: 1 }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('adv-7', 'a"b', '__proto__', 'constructor', '', 1, -0, 0.5, 2 ** 53, Number.NaN, 1e9),
  );
  const turn = fc.record({
    bills: fc.nat(2),
    advertiserId: fc.oneof(
      { weight: 5, arbitrary: fc.constant('adv-7') },
      { weight: 1, arbitrary: anything },
    ),
    priceMicros: fc.oneof({ weight: 5, arbitrary: fc.nat(1e9) }, { weight: 1, arbitrary: anything }),
    timestamp: fc.oneof({ weight: 9, arbitrary: fc.constant(START_MS) }, { weight: 1, arbitrary: anything }),
    flag: fc.option(fc.tuple(fc.oneof(fc.constant('velocity'), anything), fc.oneof(fc.nat(), anything)), {
      freq: 3,
    }),
    throws: fc.boolean(),
  });
  const carries = fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: anything },
  );

  it('is parked, is fold.broken, or makes an entry that reads back and that the rollup takes', async () => {
    const seen = { entries: 0, broken: 0, parked: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 4 }), carries, async (turns, carried) => {
        const wild: Fold<undefined> = {
          open: () => undefined,
          click(_, click, delta) {
            const { bills, flag, throws, timestamp, ...fields } = turns[
              click.record.offset
            ] as (typeof turns)[number];
            const handed = {
              ...click,
              ...fields,
              record: { ...click.record, timestamp },
            } as unknown as Click;
            for (let i = 0; i < bills; i++) delta.count(handed);
            if (flag !== null) delta.flag(handed, flag[0] as string, flag[1] as number);
            if (throws) throw new Error('wild');
          },
          close: () => carried as string,
        };
        const rules = {
          group: { ledger: 'recommendations', offsets: 'dense', rejects: { shareMax: 1, countMin: 1 } },
          ...{
            fold: wild,
            counting: byAdvertiser,
            isLate: never,
            open: new Map(),
            park: true,
            delivered: true,
            empty: noOffsets,
          },
          ...{ accept: undefined, by },
        } as const;
        let entry: ReturnType<typeof buildNextEntry>;
        try {
          entry = buildNextEntry(emptyState, clicksOf(turns.length), rules);
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'fold.broken', String(error));
          seen.broken += 1;
          return;
        }
        assert.ok(entry);
        seen.entries += 1;
        seen.parked += entry.entry.changed.parked.length;
        const item = buildEntryItem(JOURNAL, entry.entry, 2_000_000_000);
        assert.deepEqual(readEntry(item), entry.entry);
        const ledger = memoryLedger();
        ledger.memory.set({ pk: { S: 'journals' }, sk: { S: JOURNAL } });
        ledger.memory.set(item);
        const progress = await rollUp(ledger, steppedClock(START_MS), Number.POSITIVE_INFINITY);
        assert.deepEqual([progress.folded, progress.behind], [1, 0]);
      }),
      { numRuns: 2_000 },
    );
    assert.ok(Math.min(...Object.values(seen)) > 100, `a lopsided search: ${JSON.stringify(seen)}`);
  });

  it('leaves what the decoder rejected as it is', () => {
    const bad = decode(aRecord({ offset: 1, text: '{' }));
    assert.ok(isRejected(bad));

    assert.deepEqual(fold(counting, [...clicksOf(1), bad]).rejected, [bad]);
  });
});
