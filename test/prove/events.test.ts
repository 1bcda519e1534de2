import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { countSeen, describeMissing, type Event, Events, formatProgress, listBelowFloor } from './events.ts';
import { type Floors, floorWords } from './profile.ts';
import { enough, profile, someEvents } from './proof-fixtures.ts';

const JOURNAL = 'ad_clicks@1#0';

function anEventFile(t: TestContext): { events: Events; file: string; written: () => Event[] } {
  const file = join(temporaryFolder(t), 'events.jsonl');
  const written = () => {
    const lines = readFileSync(file, 'utf8').split('\n');
    assert.equal(lines.pop(), '', 'the last line ends');
    return lines.map((line) => JSON.parse(line) as Event);
  };
  return { events: new Events(file), file, written };
}

describe('the events of a proof', () => {
  it('are counted by kind, in the order of the alphabet', (t) => {
    const { events } = anEventFile(t);

    for (const kind of ['put lost', 'committed', 'put lost'] as const) events.add(kind);

    assert.deepEqual(
      [events.count('put lost'), events.count('committed'), events.count('late write')],
      [2, 1, 0],
    );
    assert.deepEqual(Object.entries(events.counts()), [
      ['committed', 1],
      ['put lost', 2],
    ]);
  });

  it('are found by an offset of their journal, in order, at both ends of each range', (t) => {
    const { events } = anEventFile(t);
    events.add('not committed', { journal: JOURNAL, offsets: '0-4711,4713,4720-5000' });
    events.add('committed', { journal: 'ad_clicks@1#1', offsets: '0-9999' });
    events.add('odd records sent');
    events.add('committed', { journal: JOURNAL, offsets: '4712' });
    events.add('put lost', { journal: JOURNAL, offsets: '4711-4713' });

    const found = (offset: number) => events.around(JOURNAL, offset).map(({ n }) => n);

    assert.deepEqual([0, 4710, 4711, 4712, 4713].map(found), [[1], [1], [1, 5], [4, 5], [1, 5]]);
    assert.deepEqual([4714, 4719, 4720, 5000, 5001].map(found), [[], [], [1], [1], []]);
    assert.deepEqual(events.around('ad_clicks@2#0', 0), []);
  });

  it('of no journal are found by their time', (t) => {
    const { events } = anEventFile(t);
    let now = performance.now();
    t.mock.method(performance, 'now', () => now);
    for (const kind of ['deployed', 'replayed', 'redriven'] as const) {
      events.add(kind);
      events.add('committed', { journal: JOURNAL, offsets: '7' });
      now += 1_000;
    }

    const [second] = events.between(900, 1_500);

    assert.equal(second?.kind, 'replayed');
    assert.equal(events.between(0, 1_500).length, 2);
  });

  it('of a journal without offsets are of no offset, the first neither', (t) => {
    const { events } = anEventFile(t);
    events.add('committed', { journal: JOURNAL, offsets: '' });
    events.add('committed', { journal: JOURNAL });

    assert.deepEqual(events.around(JOURNAL, 0), []);
  });

  it('are written as lines of JSON, numbered and in order of time, each once', (t) => {
    const { events, file, written } = anEventFile(t);
    events.add('runtime said', { what: 'two\nlines' });
    events.add('committed', { journal: JOURNAL, offsets: '7' });
    assert.ok(!existsSync(file));

    events.flush();
    events.add('put lost');
    events.flush();
    events.flush();

    const rows = written();
    const at = rows.map((row) => row.at);
    assert.deepEqual(
      rows.map(({ at: _, ...row }) => row),
      [
        { n: 1, kind: 'runtime said', what: 'two\nlines' },
        { n: 2, kind: 'committed', journal: JOURNAL, offsets: '7' },
        { n: 3, kind: 'put lost' },
      ],
    );
    assert.ok(
      at.every((ms, i) => Number.isInteger(ms) && ms >= (at[i - 1] ?? 0)),
      String(at),
    );
  });

  it('are written by themselves before they are too many', (t) => {
    const { events, written } = anEventFile(t);

    for (let n = 0; n < 501; n++) events.add('committed');

    assert.equal(written().length, 500);
    assert.equal(events.count('committed'), 501);
  });
});

const counted = {
  ...{ rebalances: 11, redelivered: 12, records: 13 },
  ...{ partitionsMoved: 14, oddClasses: 15, codes: 16 },
};
const nothing = {
  kills: 0,
  killsAtEachPoint: 0,
  zombies: 0,
  lateWrites: 0,
  repliesLost: 0,
  putsLost: 0,
  pollersKilled: 0,
  appliedInPart: 0,
  secondMappings: 0,
  redrives: 0,
  replays: 0,
  isolated: 0,
};

describe('what has happened in a proof', () => {
  it('is nothing but what was counted elsewhere, before anything was done', (t) => {
    assert.deepEqual(countSeen(someEvents(t, []), counted), { ...nothing, ...counted });
  });

  it('is counted by what was done and heard, not by what was meant to be', (t) => {
    const events = someEvents(t, [
      'killed: function',
      'killed: function',
      'killed: poller',
      'killed: broker',
      'function frozen',
      'frozen: function',
      'frozen: poller',
      'fault: frozen',
      'late write',
      'fault: reply-lost',
      'fault: reply-lost',
      'fault: reply-late',
      'put lost',
      'not committed',
      'odd records sent',
      'fault: killed-before-forward',
      'runtime said',
      'committed',
      'fault: poller-killed-after-reply',
      'applied in part',
      'applied in part',
      'second mapping',
      'replayed',
      'redriven',
      ...Array.from({ length: 3 }, () => 'committed while another group was frozen' as const),
    ]);

    assert.deepEqual(countSeen(events, counted), {
      ...{ ...counted, kills: 4, killsAtEachPoint: 0, zombies: 1, lateWrites: 1 },
      ...{ repliesLost: 2, putsLost: 1, pollersKilled: 1, appliedInPart: 2, secondMappings: 1, redrives: 1 },
      ...{ replays: 1, isolated: 3 },
    });
  });

  it('is as many kills at each point as at the rarest of the three', (t) => {
    const [before, after] = ['function killed-before-forward', 'function killed-after-forward'] as const;
    const events = someEvents(t, [before, before, before, after, after]);

    assert.equal(countSeen(events, counted).killsAtEachPoint, 0);
    events.add('function killed-after-reply');
    assert.equal(countSeen(events, counted).killsAtEachPoint, 1);
    events.add('function killed-after-reply');
    events.add('function killed-after-reply');
    assert.equal(countSeen(events, counted).killsAtEachPoint, 2);
  });
});

describe('a floor', () => {
  it('is reached by exactly as much', () => {
    assert.deepEqual(describeMissing(enough, profile), []);
    assert.deepEqual(listBelowFloor(enough, profile), []);
  });

  for (const [what, floor] of Object.entries(profile.floors) as [keyof Floors, number][]) {
    it(`of ${what} is missed by one less, and said`, () => {
      assert.deepEqual(describeMissing({ ...enough, [what]: floor - 1 }, profile), [
        `${floorWords[what]}: ${floor - 1} of ${floor}`,
      ]);
      assert.deepEqual(listBelowFloor({ ...enough, [what]: floor - 1 }, profile), [what]);
    });
  }

  it('of records is missed by one less, and said after the others', () => {
    assert.deepEqual(describeMissing({ ...enough, records: 999, kills: 0 }, profile), [
      'kills: 0 of 50',
      'records: 999 of 1000',
    ]);
  });
});

describe('the line of progress of a proof', () => {
  it('says how long of at least how long, what was counted of what is wanted, and what is waited for', () => {
    const wanted = { ...profile, faultsForMs: 100_000, clicks: 100_000 };
    const seen = { ...enough, kills: 1_053, records: 54_546 };

    assert.equal(
      formatProgress(72_400, seen, wanted),
      '1:12 of at least 1:40 · 1,053/50 kills · 10/10 rebalances · 5/5 zombies · 54,546/100,000 clicks',
    );
    assert.match(formatProgress(0, { ...seen, putsLost: 0 }, wanted), / · waits for lost puts$/);
    assert.match(
      formatProgress(0, { ...seen, putsLost: 0, lateWrites: 0, kills: 0 }, wanted),
      / · 0\/50 kills .* · waits for late writes of zombies and 1 more$/,
    );
  });
});
