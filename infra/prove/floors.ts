/** What has happened in a proof, against what has to have happened for it to show anything. */
import type { Events } from './events.ts';
import type { Floors, Profile } from './profile.ts';

export interface Seen extends Readonly<Record<keyof Floors, number>> {
  readonly records: number;
}

/** What is counted elsewhere than in the events. */
type Counted = Pick<
  Seen,
  'rebalances' | 'partitionsMoved' | 'redelivered' | 'records' | 'oddClasses' | 'codes'
>;

const points = ['killed-before-forward', 'killed-after-forward', 'killed-after-reply'];

export function seenIn(events: Events, counted: Counted): Seen {
  const kills = Object.entries(events.counts()).filter(([kind]) => kind.startsWith('killed: '));
  return {
    kills: kills.reduce((sum, [, count]) => sum + count, 0),
    killsAtEachPoint: Math.min(...points.map((point) => events.count(`function ${point}`))),
    pollersKilled: events.count('fault: poller-killed-after-reply'),
    zombies: events.count('function frozen'),
    lateWrites: events.count('late write'),
    repliesLost: events.count('fault: reply-lost'),
    putsLost: events.count('put lost'),
    appliedInPart: events.count('applied in part'),
    redrives: events.count('redriven'),
    secondMappings: events.count('second mapping'),
    replays: events.count('replayed'),
    isolated: events.count('committed while another group stood still'),
    ...counted,
  };
}

/** What is still below its floor, in words. */
export function missedFloors(seen: Seen, profile: Profile): string[] {
  const missed = belowFloor(seen, profile).map((what) => `${what}: ${seen[what]} of ${profile.floors[what]}`);
  return seen.records < profile.clicks
    ? [...missed, `records: ${seen.records} of ${profile.clicks}`]
    : missed;
}

export function belowFloor(seen: Seen, { floors }: Profile): (keyof Floors)[] {
  return (Object.keys(floors) as (keyof Floors)[]).filter((what) => seen[what] < floors[what]);
}
