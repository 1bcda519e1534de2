import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import type { KafkaRecord } from '../../../shared/event/event.ts';
import type { Fold } from '../../../shared/fold/fold.ts';
import { emptyState, type Parked, type State } from '../../../shared/journal/journal.ts';
import { buildEntryItem, type Item } from '../../../shared/journal/journal-items.ts';
import {
  buildNextEntry,
  computeBoundUsed,
  HOLE_OFFSETS_MAX,
  INTERVALS_MAX,
  type Rules,
} from '../../../shared/journal/next-entry.ts';
import {
  buildOffsetSet,
  countOffsets,
  formatOffsets,
  listOffsets,
  noOffsets,
  type OffsetSet,
  parseOffsets,
} from '../../../shared/journal/offsets.ts';
import { aRecord, base64, records, START_MS } from '../../support/builders.ts';
import { type Click, counting, decode } from '../../support/clicks.ts';

const billing: Fold<undefined> = {
  open: () => undefined,
  click: (_, click, delta) => delta.count(click),
  close: () => '',
};
const by = { code: 'c1', request: 'r1', at: '2026-11-21T10:00:00.000Z' };

function rules(changes: Partial<Rules<unknown>> = {}): Rules<unknown> {
  return {
    group: { ledger: 'billing', offsets: 'dense', rejects: { shareMax: 0.5, countMin: 100 } },
    fold: billing,
    counting,
    isLate: () => false,
    open: new Map(),
    park: false,
    delivered: true,
    empty: noOffsets,
    accept: undefined,
    by,
    ...changes,
  };
}

function entryOf(head: State, given: readonly KafkaRecord[], changes: Partial<Rules<unknown>> = {}) {
  return buildNextEntry(head, given.map(decode), rules(changes))?.entry;
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
    assert.deepEqual(entry?.state.totals, [15n, 3_750_000n]);
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
    assert.equal(entry?.state.openParked, 1);
    assert.deepEqual(entry?.changed.parked, [
      {
        offset: 1,
        reason: 'value.json',
        sha256: '021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96',
      },
    ]);
    assert.equal(entry?.state.totals[0], 2n);
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
      delta.count(click);
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
});

describe('a batch of rejected records', () => {
  it('is parked while it is small, for poison never stops a partition', () => {
    const entry = entryOf(
      emptyState,
      Array.from({ length: 99 }, (_, offset) => poison(offset)),
    );

    assert.equal(entry?.state.openParked, 99);
  });

  it('halts where at least countMin make more than shareMax of the delivery', () => {
    const half = [...records(100, 100), ...Array.from({ length: 100 }, (_, offset) => poison(offset))];
    const more = half.slice(1);

    assert.ok(entryOf(emptyState, inOrder(half)));
    assert.throws(() => entryOf(emptyState, inOrder(more)), halts('batch.rejected'));
  });

  it('is judged whole, wherever in it they are, and however many entries it takes', () => {
    const long = (offset: number) =>
      aRecord({ offset, click: { advertiserId: `${'a'.repeat(55)}${offset}` } });
    const badFrom = (first: number, end: number) =>
      Array.from({ length: 10_000 }, (_, offset) =>
        offset >= first && offset < end ? poison(offset) : long(offset),
      );

    for (const given of [badFrom(0, 3_000), badFrom(7_000, 10_000), badFrom(5_001, 10_000)]) {
      const decoded = given.map(decode);
      let head = emptyState;
      for (
        let next = buildNextEntry(head, decoded, rules());
        next;
        next = buildNextEntry(head, decoded, rules())
      )
        head = next.entry.state;
      assert.equal(formatOffsets(head.resolved), '0-9999');
      assert.ok(head.version > 2);
    }
    for (const given of [badFrom(0, 5_001), badFrom(4_999, 10_000)])
      assert.throws(() => entryOf(emptyState, given), halts('batch.rejected'));
  });

  it('is judged the same when a part of it was counted before', () => {
    const given = [...records(0, 60), ...Array.from({ length: 140 }, (_, i) => poison(60 + i))];
    const fewer = [...records(0, 60), ...Array.from({ length: 50 }, (_, i) => poison(60 + i))];
    const min = {
      group: { ledger: 'billing', offsets: 'dense', rejects: { shareMax: 0.5, countMin: 10 } },
    } as const;

    assert.throws(() => entryOf(after(records(0, 60)), given, min), halts('batch.rejected'));
    assert.ok(entryOf(after(records(0, 60)), fewer, min), '50 of 110, although 50 of 50 are fresh');
  });

  it('is parked where it is of few keys, for then it is a bad producer and no bad deploy', () => {
    const honest = Array.from({ length: 40 }, (_, offset) =>
      aRecord({ offset, key: base64(`adv-${offset}`) }),
    );
    const bad = (key: (i: number) => string | null) =>
      Array.from({ length: 120 }, (_, i) => ({ ...poison(40 + i), key: key(i) }));
    const head = after(honest);

    assert.equal(head.keys, 40);
    assert.equal(entryOf(emptyState, [...honest, ...bad(() => null)])?.state.openParked, 120);
    assert.equal(
      entryOf(
        head,
        bad(() => null),
      )?.state.openParked,
      120,
      'alone, by the keys of the last entry',
    );
    assert.equal(
      entryOf(
        head,
        bad(() => null),
      )?.state.keys,
      40,
      'which it does not change',
    );
    assert.throws(
      () =>
        entryOf(
          head,
          bad((i) => `adv-${i % 40}`),
        ),
      halts('batch.rejected'),
    );
    assert.throws(
      () =>
        entryOf(
          emptyState,
          bad(() => null),
        ),
      halts('batch.rejected'),
      'nothing to tell by',
    );
  });

  it('is parked where an operator has looked, or where the group retries only so often', () => {
    const given = Array.from({ length: 200 }, (_, offset) => poison(offset));

    assert.equal(entryOf(emptyState, given, { park: true })?.state.openParked, 200);
  });
});

describe('a million scattered records that are no clicks', () => {
  it('leave head and entry as small as none, and are all counted as open', () => {
    const given = Array.from({ length: 1_000 }, (_, i) =>
      i % 10 === 9 ? poison(i) : aRecord({ offset: i }),
    );
    const decoded = given.map(decode);
    let head = emptyState;
    for (let batch = 0; batch < 20; batch++) {
      const moved = decoded.map((item) => ({
        ...item,
        record: { ...item.record, offset: item.record.offset + batch * 1_000 },
      }));
      const entry = buildNextEntry(head, moved, rules())?.entry;
      assert.ok(entry);
      head = entry.state;
      const { changed } = entry;
      const bare = { ...entry, changed: { ...changed, parked: [], lines: '', flags: [] } };
      assert.ok(itemBytes(buildEntryItem('ad_clicks@1#0', bare, 0)) < 1_000);
    }

    assert.equal(head.openParked, 2_000);
    assert.equal(formatOffsets(head.resolved), '0-19999');
  });
});

describe('unparking', () => {
  const given = [aRecord({ offset: 0 }), poison(1), poison(2), aRecord({ offset: 3 })];
  const parked = entryOf(emptyState, given)?.changed.parked ?? [];
  const head = after(given);
  const thrown = entryOf(emptyState, records(0, 4), { fold: throwing(1, 2) });
  const broken = { head: thrown?.state ?? emptyState, open: openOf(thrown?.changed.parked ?? []) };
  const record = aRecord({ offset: 1 });

  it('is not done by a plain delivery of a record that would be counted now', () => {
    assert.equal(entryOf(broken.head, [record]), undefined);
  });

  it('turns parked into applied in one entry, and counts the click', () => {
    const entry = entryOf(broken.head, [record], { open: broken.open });

    assert.equal(formatOffsets(entry?.changed.unparked ?? []), '1');
    assert.equal(formatOffsets(entry?.changed.offsets ?? []), '');
    assert.equal(entry?.state.openParked, 1);
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-3');
    assert.equal(entry?.state.totals[0], 3n);
  });

  it('changes nothing where the record is still rejected, by the decoder or by the fold', () => {
    assert.equal(entryOf(head, [poison(1)], { open: openOf(parked) }), undefined);
    assert.equal(entryOf(broken.head, records(1, 2), { open: broken.open, fold: throwing(1, 2) }), undefined);
  });

  it('halts where the log holds another record than the one that was parked (I10)', () => {
    const other = aRecord({ offset: 1, timestamp: START_MS + 1 });

    assert.throws(() => entryOf(head, [other], { open: openOf(parked) }), halts('log.mismatch'));
  });

  it('settles as many in an entry as a transaction takes, and gets to those behind what is refused again', () => {
    const all = entryOf(emptyState, records(0, 400), { fold: throwing(0, 399), park: true });
    assert.ok(all);
    let { state } = all;
    const open = new Map(openOf(all.changed.parked));
    const sizes: number[] = [];
    for (;;) {
      const entry = entryOf(state, records(0, 400), { open, fold: throwing(0, 149), park: true });
      if (entry === undefined) break;
      for (const offset of listOffsets(entry.changed.unparked)) open.delete(offset);
      sizes.push(countOffsets(entry.changed.unparked));
      state = entry.state;
    }

    assert.deepEqual(sizes, [99, 99, 52]);
    assert.deepEqual([state.openParked, state.totals[0]], [150, 250n]);
  });
});

describe('accepting what will never count', () => {
  const gap = () => after([...records(10, 2), poison(12)], after(records(0, 5)));
  const accept = (head: State, offsets: string, open: Parked[] = []) =>
    entryOf(head, [], {
      open: openOf(open),
      accept: { offsets: parseOffsets(offsets), reason: 'gone', who: 'ann' },
    });

  it('resolves what is open below the newest offset, with reason and name, and counts nothing', () => {
    const entry = accept(gap(), '3-20');

    assert.deepEqual(entry?.changed.accepted, { offsets: [5, 9], reason: 'gone', who: 'ann' });
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-12');
    assert.deepEqual([entry?.state.totals[0], entry?.state.openParked], [7n, 1]);
    assert.equal(entryOf(entry?.state ?? emptyState, records(5, 5)), undefined, 'never again');
  });

  it('settles a parked record, and never again', () => {
    const head = gap();
    const parked = [{ offset: 12, reason: 'value.json', sha256: 'f'.repeat(64) }];
    const entry = accept(head, '12', parked);

    assert.deepEqual([entry?.changed.offsets, entry?.changed.accepted?.offsets], [[], [12, 12]]);
    assert.equal(entry?.state.openParked, 0);
    assert.equal(accept(entry?.state ?? emptyState, '12'), undefined);
  });

  it('changes nothing where all is resolved, or nothing is resolved yet', () => {
    assert.equal(accept(gap(), '0-4,10-12'), undefined);
    assert.equal(accept(emptyState, '0-4'), undefined);
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
  const sparse = {
    group: { ledger: 'billing', offsets: 'sparse', rejects: { shareMax: 0.5, countMin: 100 } },
  } as const;

  it('has void offsets inside a delivered batch and between two', () => {
    const head = after([aRecord({ offset: 0 }), aRecord({ offset: 1 })], emptyState, sparse);

    const entry = entryOf(head, [aRecord({ offset: 4 }), aRecord({ offset: 7 })], sparse);

    assert.equal(formatOffsets(entry?.changed.void ?? []), '2-3,5-6');
    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-7');
    assert.equal(entry?.state.totals[0], 4n);
  });

  it('takes transactions with two markers, one a delivery, for as long as it likes', () => {
    let head = emptyState;
    for (let batch = 0; batch < 2 * INTERVALS_MAX; batch++)
      head = after(records(22 * batch, 20), head, sparse);

    assert.equal(formatOffsets(head.resolved), `0-${22 * 2 * INTERVALS_MAX - 3}`);
  });

  it('keeps a longer hole between two deliveries as a gap, for retention may have made it', () => {
    const head = after([aRecord({ offset: 0 })], emptyState, sparse);
    const next = (offset: number) => formatOffsets(after([aRecord({ offset })], head, sparse).resolved);

    assert.equal(next(HOLE_OFFSETS_MAX + 1), `0-${HOLE_OFFSETS_MAX + 1}`);
    assert.equal(next(HOLE_OFFSETS_MAX + 2), `0,${HOLE_OFFSETS_MAX + 2}`);
  });

  it('has no void offsets between records that an operator has chosen', () => {
    const chosen = { ...sparse, delivered: false };

    assert.equal(
      formatOffsets(after([aRecord({ offset: 0 }), aRecord({ offset: 2 })], emptyState, chosen).resolved),
      '0,2',
    );
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
      assert.ok(itemBytes(buildEntryItem('ad_clicks@1#0', entry, 0)) <= 400 * 1024);
      head = entry.state;
      entries += 1;
    }

    assert.ok(entries >= 2);
    assert.equal(formatOffsets(head.resolved), '0-7999');
    assert.equal(head.totals[0], 8_000n);
  });

  it('are seen before they bite: intervals, and what the fold carries', () => {
    const used = (intervals: number, carried = '') =>
      computeBoundUsed({ ...emptyState, resolved: everyOther(intervals), carried });

    assert.deepEqual([used(0), used(499), used(500), used(INTERVALS_MAX)], [0, 50, 50, 100]);
    assert.deepEqual([used(1, 'ö'.repeat(4_096)), used(700, 'x'.repeat(8_192))], [50, 70]);
  });

  it('a resolved set that may not grow further halts, and still takes what makes it smaller', () => {
    const full = after(records(2 * INTERVALS_MAX, 1), {
      ...emptyState,
      version: 1,
      resolved: everyOther(INTERVALS_MAX - 1),
    });

    assert.throws(
      () => entryOf(full, records(2 * INTERVALS_MAX + 5, 1)),
      /journal.full: .* offsets: 'sparse'/,
    );
    assert.ok(entryOf(full, records(1, 1)));
  });
});

/** Fails on the clicks from one offset to another. */
function throwing(from: number, to: number): Fold<undefined> {
  return {
    ...billing,
    click: (_, click, delta) => {
      if (click.record.offset >= from && click.record.offset <= to) throw new Error('no such ad');
      delta.count(click);
    },
  };
}

function openOf(parked: readonly Parked[]): ReadonlyMap<number, Parked> {
  return new Map(parked.map((each) => [each.offset, each]));
}

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
    const entry = closing(head, buildOffsetSet([...offsets.map((o) => o + 1), 8_005]), given);

    assert.equal(formatOffsets(entry?.state.resolved ?? []), '0-8005,9000');
    assert.equal(entry?.state.totals[0], 4_006n);
  });

  it('keeps what the fold carries', () => {
    const counting: Fold<{ seen: number }> = {
      open: (carried) => ({ seen: Number(carried) }),
      click: (state) => void state.seen++,
      close: (state) => `${state.seen} at closing`,
    };
    const head = { ...gap(), carried: '10' };

    assert.equal(
      buildNextEntry(head, [], { ...rules(), fold: counting, empty: [5, 6] })?.entry.state.carried,
      '10',
    );
  });
});
