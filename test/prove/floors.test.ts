import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { belowFloor, missedFloors, progressLine, seenIn } from './floors.ts';
import type { Floors } from './profile.ts';
import { enough, profile, someEvents } from './proofs.ts';

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
    assert.deepEqual(seenIn(someEvents(t, []), counted), { ...nothing, ...counted });
  });

  it('is counted by what was done and heard, not by what was meant to be', (t) => {
    const events = someEvents(t, [
      ...['killed: function', 'killed: function', 'killed: poller', 'killed: broker'],
      ...['function frozen', 'frozen: function', 'frozen: poller', 'fault: frozen', 'late write'],
      ...['fault: reply-lost', 'fault: reply-lost', 'fault: reply-late', 'put lost', 'not committed'],
      ...['poison sent', 'fault: killed-before-forward', 'said', 'committed'],
      ...['fault: poller-killed-after-reply', 'applied in part', 'applied in part', 'second mapping'],
      ...['replayed', 'redriven'],
      ...Array.from({ length: 3 }, () => 'committed while another group stood still'),
    ]);

    assert.deepEqual(seenIn(events, counted), {
      ...{ ...counted, kills: 4, killsAtEachPoint: 0, zombies: 1, lateWrites: 1 },
      ...{ repliesLost: 2, putsLost: 1, pollersKilled: 1, appliedInPart: 2, secondMappings: 1, redrives: 1 },
      ...{ replays: 1, isolated: 3 },
    });
  });

  it('is as many kills at each point as at the rarest of the three', (t) => {
    const [before, after] = ['function killed-before-forward', 'function killed-after-forward'];
    const events = someEvents(t, [before, before, before, after, after]);

    assert.equal(seenIn(events, counted).killsAtEachPoint, 0);
    events.add('function killed-after-reply');
    assert.equal(seenIn(events, counted).killsAtEachPoint, 1);
    events.add('function killed-after-reply');
    events.add('function killed-after-reply');
    assert.equal(seenIn(events, counted).killsAtEachPoint, 2);
  });
});

describe('a floor', () => {
  it('is reached by exactly as much', () => {
    assert.deepEqual(missedFloors(enough, profile), []);
    assert.deepEqual(belowFloor(enough, profile), []);
  });

  for (const [what, floor] of Object.entries(profile.floors) as [keyof Floors, number][]) {
    it(`of ${what} is missed by one less, and said`, () => {
      assert.deepEqual(missedFloors({ ...enough, [what]: floor - 1 }, profile), [
        `${what}: ${floor - 1} of ${floor}`,
      ]);
      assert.deepEqual(belowFloor({ ...enough, [what]: floor - 1 }, profile), [what]);
    });
  }

  it('of records is missed by one less, and said after the others', () => {
    assert.deepEqual(missedFloors({ ...enough, records: 999, kills: 0 }, profile), [
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
      progressLine(72_400, seen, wanted),
      '1:12 of at least 1:40 · 1,053/50 kills · 10/10 rebalances · 5/5 zombies · 54,546/100,000 clicks',
    );
    assert.match(progressLine(0, { ...seen, putsLost: 0 }, wanted), / · waits for lost puts$/);
    assert.match(
      progressLine(0, { ...seen, putsLost: 0, lateWrites: 0, kills: 0 }, wanted),
      / · 0\/50 kills .* · waits for late writes of zombies and 1 more$/,
    );
  });
});
