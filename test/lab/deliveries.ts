/**
 * What the members of the lab were delivered, and what follows of it, whatever the protocol says of itself: who owns a partition is
 * who gets its records; a record that comes a second time was redelivered; and a partition pauses while nothing new of it comes.
 */
export interface Arrival {
  readonly member: number;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface StepMeasures {
  /** Partitions that have another owner now. */
  readonly moved: number;
  /** As few as had to move. */
  readonly fewest: number;
  readonly redelivered: number;
  /** The longest time without a new record, by partition. */
  readonly pausesMs: readonly number[];
  /** The same, of all partitions, in a quiet time before: what the machine and the batches cost anyway. */
  readonly quietMs: number;
  /** Came a second time in that quiet time: two members read one partition. */
  readonly quietRedelivered: number;
}

interface Track {
  highest: number;
  owner: number | undefined;
  lastAt: number;
  lastNewAt: number;
  longestMs: number;
}

export class Deliveries {
  readonly #tracks: readonly Track[];
  #redelivered = 0;

  constructor(partitions: number, now: number) {
    this.#tracks = Array.from({ length: partitions }, () => ({
      highest: -1,
      owner: undefined,
      lastAt: 0,
      lastNewAt: now,
      longestMs: 0,
    }));
  }

  get redelivered(): number {
    return this.#redelivered;
  }

  take({ member, partition, offset, at }: Arrival): void {
    const track = this.#tracks[partition];
    if (track === undefined) return;
    track.owner = member;
    track.lastAt = Math.max(track.lastAt, at);
    if (offset <= track.highest) {
      this.#redelivered += 1;
      return;
    }
    track.highest = offset;
    track.longestMs = Math.max(track.longestMs, at - track.lastNewAt);
    track.lastNewAt = Math.max(track.lastNewAt, at);
  }

  /** Counts pauses and what is redelivered from now on. */
  begin(): void {
    this.#redelivered = 0;
    for (const track of this.#tracks) track.longestMs = 0;
  }

  owners(): (number | undefined)[] {
    return this.#tracks.map(({ owner }) => owner);
  }

  /** Also one that has not ended. */
  pausesMs(now: number): number[] {
    return this.#tracks.map(({ longestMs, lastNewAt }) => Math.max(longestMs, now - lastNewAt));
  }

  /** Whether all partitions flow to these members, none of which has two more than another. */
  isSettled(members: readonly number[], now: number, withinMs: number): boolean {
    const shares = new Map(members.map((member) => [member, 0]));
    for (const { owner, lastNewAt } of this.#tracks) {
      const share = owner === undefined ? undefined : shares.get(owner);
      if (owner === undefined || share === undefined || now - lastNewAt > withinMs) return false;
      shares.set(owner, share + 1);
    }
    return Math.max(...shares.values()) - Math.min(...shares.values()) <= 1;
  }
}

/** How many partitions had to move for the members that there are now to share them evenly. */
export function fewestMoves(before: readonly (number | undefined)[], members: readonly number[]): number {
  const shares = members
    .map((member) => before.filter((owner) => owner === member).length)
    .sort((a, b) => b - a);
  const each = Math.floor(before.length / members.length);
  const more = before.length % members.length;
  const kept = shares.reduce((sum, share, i) => sum + Math.min(share, each + (i < more ? 1 : 0)), 0);
  return before.length - kept;
}

export function movedBetween(
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
): number {
  return after.filter((owner, partition) => owner !== before[partition]).length;
}
