import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Click, decode } from '../../shared/decode.ts';
import { AppError } from '../../shared/errors.ts';
import type { KafkaRecord } from '../../shared/event.ts';
import type { Fold } from '../../shared/fold.ts';
import { emptyState, type State } from '../../shared/journal.ts';
import { entryItem, type Item } from '../../shared/journal-items.ts';
import { INTERVALS_MAX, nextEntry, type Rules } from '../../shared/next-entry.ts';
import { formatOffsets, noOffsets, type OffsetSet, offsetSet } from '../../shared/offsets.ts';
import { aRecord, records, START_MS } from '../support/builders.ts';

const billing: Fold<undefined> = {
  open: () => undefined,
  click: (_, click, delta) => delta.bill(click),
  close: () => '',
};
const by = { code: 'c1', request: 'r1', at: '2026-11-21T10:00:00.000Z' };

function rules(changes: Partial<Rules<unknown>> = {}): Rules<unknown> {
  return {
    group: { offsets: 'dense', rejects: { shareMax: 0.5, countMin: 100 } },
    fold: billing,
    unpark: false,
    empty: noOffsets,
    by,
    ...changes,
  };
}

function entryOf(head: State, given: readonly KafkaRecord[], changes: Partial<Rules<unknown>> = {}) {
  return nextEntry(head, given.map(decode), rules(changes))?.entry;
}

function after(
  given: readonly KafkaRecord[],
  head: State = emptyState,
  changes: Partial<Rules<unknown>> = {},
): State {
  const entry = entryOf(head, given, changes);
  assert.ok(entry);
  return entry.state;
}

function halts(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}

const poison = (offset: number) => aRecord({ offset, text: '{' });

describe('the entry after the first', () => {
  it('resolves what is fresh, and only that', () => {
    const head = after(records(0, 10));

    const entry = entryOf(head, records(5, 10));

    assert.equal(entry?.state.version, 2);
    assert.equal(formatOffsets(entry?.changed.offsets ?? []), '10-14');
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-14');
    assert.equal(entry?.changed.lines, '{"2026-11-21T10":{"adv-7":[5,1250000]}}');
    assert.deepEqual([entry?.state.clicks, entry?.state.micros], [15n, 3_750_000n]);
  });

  it('is none where every record is resolved', () => {
    assert.equal(entryOf(after(records(0, 10)), records(2, 3)), undefined);
  });

  it('fills a gap with records that come below the highest, and keeps what is still open', () => {
    const head = after(records(20, 5), after(records(0, 5)));

    const entry = entryOf(head, records(8, 4));

    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-4,8-11,20-24');
    assert.equal(entry?.state.newest, START_MS + 24);
  });

  it('parks a rejected record with offset, reason and digest in the same entry as the rest', () => {
    const entry = entryOf(emptyState, [aRecord({ offset: 0 }), poison(1), aRecord({ offset: 2 })]);

    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-2');
    assert.equal(formatOffsets(entry?.state.parked ?? []), '1');
    assert.deepEqual(entry?.changed.parked, [
      {
        offset: 1,
        reason: 'value.json',
        sha256: '021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96',
      },
    ]);
    assert.equal(entry?.state.clicks, 2n);
  });

  it('is the same, whatever else the event held of the partition', () => {
    const head = after(records(0, 4));

    assert.deepEqual(entryOf(head, records(0, 8)), entryOf(head, records(4, 4)));
  });
});

describe('a fold that fails', () => {
  const fails: Fold<{ seen: number }> = {
    open: (carried) => ({ seen: Number(carried) }),
    click(state, click, delta) {
      state.seen += 1;
      delta.bill(click);
      if ((click as Click).adId === 'bad') throw new TypeError('no such ad');
    },
    close: (state) => String(state.seen),
  };

  it('on one click parks that one, and leaves no trace of it in sums or carried state', () => {
    const given = [
      aRecord({ offset: 0 }),
      aRecord({ offset: 1, click: { adId: 'bad' } }),
      aRecord({ offset: 2 }),
    ];

    const entry = entryOf(emptyState, given, { fold: fails as Fold<unknown> });

    assert.equal(entry?.changed.parked[0]?.reason, 'fold.threw');
    assert.equal(entry?.state.carried, '2');
    assert.equal(entry?.changed.lines, '{"2026-11-21T10":{"adv-7":[2,500000]}}');
  });

  it('on too many clicks halts instead of parking them', () => {
    const given = records(0, 150, { click: { adId: 'bad' } });

    assert.throws(
      () => entryOf(emptyState, given, { fold: fails as Fold<unknown> }),
      halts('batch.rejected'),
    );
  });

  it('by counting a click twice crashes the batch (I1)', () => {
    const twice: Fold<undefined> = {
      ...billing,
      click(_, click, delta) {
        delta.bill(click);
        delta.bill(click);
      },
    };

    assert.throws(() => entryOf(emptyState, records(0, 1), { fold: twice }), /invariant broken: I1/);
  });

  it('by carrying more than an entry may hold halts', () => {
    const fat: Fold<undefined> = { ...billing, close: () => 'ö'.repeat(5_000) };

    assert.throws(() => entryOf(emptyState, records(0, 1), { fold: fat }), halts('fold.carried'));
  });
});

describe('a batch of rejected records', () => {
  it('is parked while it is small, for poison never stops a partition', () => {
    const entry = entryOf(
      emptyState,
      Array.from({ length: 99 }, (_, offset) => poison(offset)),
    );

    assert.equal(formatOffsets(entry?.state.parked ?? []), '0-98');
  });

  it('halts where at least countMin make more than shareMax of what is fresh', () => {
    const half = [...records(100, 100), ...Array.from({ length: 100 }, (_, offset) => poison(offset))];
    const more = half.slice(1);

    assert.ok(entryOf(emptyState, inOrder(half)));
    assert.throws(() => entryOf(emptyState, inOrder(more)), halts('batch.rejected'));
  });
});

describe('unparking', () => {
  const head = after([aRecord({ offset: 0 }), poison(1), poison(2), aRecord({ offset: 3 })]);
  const healed = aRecord({ offset: 1, timestamp: START_MS + 1 });

  it('is not done by a plain delivery of a record that would decode now', () => {
    assert.equal(entryOf(head, [healed]), undefined);
  });

  it('turns parked into applied in one entry, and counts the click', () => {
    const entry = entryOf(head, [healed], { unpark: true });

    assert.equal(formatOffsets(entry?.changed.unparked ?? []), '1');
    assert.equal(formatOffsets(entry?.changed.offsets ?? []), '');
    assert.equal(formatOffsets(entry?.state.parked ?? []), '2');
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-3');
    assert.equal(entry?.state.clicks, 3n);
  });

  it('changes nothing where the record is still rejected, by the decoder or by the fold', () => {
    const throws: Fold<undefined> = {
      ...billing,
      click: () => {
        throw new Error('still');
      },
    };

    assert.equal(entryOf(head, [poison(1)], { unpark: true }), undefined);
    assert.equal(entryOf(head, [healed], { unpark: true, fold: throws }), undefined);
  });
});

describe('the same log (I10)', () => {
  const head = after(records(0, 10));

  it('a resolved offset with a newer timestamp than the newest resolved halts', () => {
    const other = aRecord({ offset: 3, timestamp: START_MS + 60_000 });

    assert.throws(() => entryOf(head, [other, aRecord({ offset: 10 })]), halts('log.mismatch'));
  });

  it('the same position with other content halts even within one millisecond, at the ends of the newest entry', () => {
    for (const offset of [0, 9]) {
      assert.throws(
        () => entryOf(head, [aRecord({ offset, click: { adId: 'other' } })]),
        halts('log.mismatch'),
      );
    }
  });

  it('a redelivered record without a usable timestamp is no mismatch', () => {
    const timeless = aRecord({ offset: 10, timestamp: 9e15 });

    const state = after([timeless], head);

    assert.equal(state.newest, head.newest);
    assert.equal(entryOf(state, [timeless]), undefined);
  });
});

describe('a sparse topic', () => {
  const sparse = { group: { offsets: 'sparse', rejects: { shareMax: 0.5, countMin: 100 } } } as const;

  it('has void offsets inside a delivered batch and one alone between two', () => {
    const head = after([aRecord({ offset: 0 }), aRecord({ offset: 1 })], emptyState, sparse);

    const entry = entryOf(head, [aRecord({ offset: 3 }), aRecord({ offset: 6 })], sparse);

    assert.equal(formatOffsets(entry?.changed.void ?? []), '2,4-5');
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-6');
    assert.equal(entry?.state.clicks, 4n);
  });

  it('keeps two offsets or more between batches as a gap', () => {
    const head = after([aRecord({ offset: 0 })], emptyState, sparse);

    assert.equal(formatOffsets(after([aRecord({ offset: 3 })], head, sparse).resolved), '0,3');
  });

  it('is not assumed: on a dense topic every hole is a gap', () => {
    assert.equal(formatOffsets(after([aRecord({ offset: 0 }), aRecord({ offset: 2 })]).resolved), '0,2');
  });
});

describe('bounds', () => {
  it('an entry that would grow too large takes a prefix, and the rest follows', () => {
    const given = Array.from({ length: 8_000 }, (_, offset) =>
      aRecord({ offset, click: { advertiserId: `${'a'.repeat(55)}${offset}` } }),
    );
    let head = emptyState;
    let entries = 0;

    for (let entry = entryOf(head, given); entry !== undefined; entry = entryOf(head, given)) {
      assert.ok(itemBytes(entryItem('ad_clicks@1#0', entry, 0)) <= 400 * 1024);
      head = entry.state;
      entries += 1;
    }

    assert.ok(entries >= 2);
    assert.equal(formatOffsets(head.resolved), '0-7999');
    assert.equal(head.clicks, 8_000n);
  });

  it('a resolved set that may not grow further halts, and still takes what makes it smaller', () => {
    const full = after(records(2 * INTERVALS_MAX, 1), {
      ...emptyState,
      version: 1,
      resolved: everyOther(INTERVALS_MAX - 1),
    });

    assert.throws(() => entryOf(full, records(2 * INTERVALS_MAX + 5, 1)), halts('journal.full'));
    assert.ok(entryOf(full, records(1, 1)));
  });
});

function everyOther(intervals: number): number[] {
  return Array.from({ length: intervals }, (_, i) => [2 * i, 2 * i]).flat();
}

function inOrder(given: KafkaRecord[]): KafkaRecord[] {
  return given.sort((a, b) => a.offset - b.offset);
}

/** What DynamoDB counts: names and texts in bytes, 21 for the longest number, 3 for a map and 1 for each thing in it. */
function itemBytes(item: Item): number {
  return Object.entries(item).reduce((bytes, [name, { S, N, M }]) => {
    const value = S !== undefined ? Buffer.byteLength(S) : N !== undefined ? 21 : 3 + itemBytes(M ?? {});
    return bytes + Buffer.byteLength(name) + value + 1;
  }, 0);
}

describe('a gap that holds no record in the log', () => {
  const gap = () => after(records(20, 5), after(records(0, 5)));
  const closing = (head: State, empty: OffsetSet, given: readonly KafkaRecord[] = []) =>
    entryOf(head, given, { empty });

  it('is closed as void by an entry that counts nothing (I2)', () => {
    const head = gap();

    const entry = closing(head, [5, 19]);

    assert.equal(formatOffsets(entry?.changed.void ?? []), '5-19');
    assert.equal(formatOffsets(entry?.changed.offsets ?? []), '5-19');
    assert.equal(entry?.changed.lines, '{}');
    const { version, resolved, ...rest } = entry?.state ?? emptyState;
    assert.deepEqual([version, formatOffsets(resolved)], [3, '0-24']);
    assert.deepEqual({ ...rest, version: 2, resolved: head.resolved }, head);
  });

  it('is closed only where it is one: not above the newest offset, not below the first, not where a record was counted', () => {
    const head = after(records(20, 5), after(records(8, 2)));

    const entry = closing(head, [0, 99]);

    assert.equal(formatOffsets(entry?.changed.void ?? []), '10-19');
    assert.equal(closing(after(records(3, 5)), [0, 99]), undefined);
    assert.equal(closing(emptyState, [0, 99]), undefined);
  });

  it('is closed once', () => {
    const closed = closing(gap(), [5, 19])?.state ?? emptyState;

    assert.equal(closing(closed, [5, 19]), undefined);
  });

  it('takes the records between in the same entry, so that a thousand holes need no thousand intervals', () => {
    const head = after([aRecord({ offset: 9_000 })], after(records(0, 5)));
    const offsets = Array.from({ length: 4_000 }, (_, i) => 5 + 2 * i);
    const given = offsets.map((offset) => aRecord({ offset }));

    assert.throws(() => entryOf(head, given), halts('journal.full'));
    const entry = closing(head, offsetSet([...offsets.map((o) => o + 1), 8_005]), given);

    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-8005,9000');
    assert.equal(entry?.state.clicks, 4_006n);
  });

  it('keeps what the fold carries', () => {
    const counting: Fold<{ seen: number }> = {
      open: (carried) => ({ seen: Number(carried) }),
      click: (state) => void state.seen++,
      close: (state) => `${state.seen} at closing`,
    };
    const head = { ...gap(), carried: '10' };

    assert.equal(
      nextEntry(head, [], { ...rules(), fold: counting, empty: [5, 6] })?.entry.state.carried,
      '10',
    );
  });
});
