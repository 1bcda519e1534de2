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

const shown = { kills: 'kills', rebalances: 'rebalances', zombies: 'zombies' } as const;
/** Floors whose name says little to who runs a proof for the first time. */
const words: Readonly<Partial<Record<keyof Floors, string>>> = {
  killsAtEachPoint: 'kills at each point of a commit',
  pollersKilled: 'pollers killed after a commit',
  partitionsMoved: 'partitions moved',
  lateWrites: 'late writes of zombies',
  repliesLost: 'lost replies',
  putsLost: 'lost puts',
  oddClasses: 'kinds of odd records',
  appliedInPart: 'batches applied in part',
  secondMappings: 'second mappings',
  codes: 'versions of the code',
  isolated: 'commits beside a frozen group',
};

/** One line for a person: how long of at least how long, the best known counts, and what is still waited for. */
export function progressLine(tookMs: number, seen: Seen, profile: Profile): string {
  const of = (count: number, floor: number) =>
    floor > 0 ? `${count.toLocaleString('en')}/${floor.toLocaleString('en')}` : count.toLocaleString('en');
  const counts = Object.entries(shown).map(([what, name]) => {
    const known = what as keyof typeof shown;
    return `${of(seen[known], profile.floors[known])} ${name}`;
  });
  const open = belowFloor(seen, profile).filter((what) => !(what in shown));
  const [first] = open;
  const more = open.length > 1 ? ` and ${open.length - 1} more` : '';
  const waits = first === undefined ? '' : ` · waits for ${words[first] ?? first}${more}`;
  const time = `${clock(tookMs)} of at least ${clock(profile.faultsForMs)}`;
  return `${time} · ${counts.join(' · ')} · ${of(seen.records, profile.clicks)} clicks${waits}`;
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
