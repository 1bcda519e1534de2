/**
 * How a group's partitions are shared out among its members: pure functions of who is there and, for the sticky one, of what was
 * before. In all of them every partition gets exactly one owner, and no member more than one partition above another; the
 * cooperative one comes there in two rounds.
 */

/** Partitions by member, in the order of members. */
export type Dealt = ReadonlyMap<string, readonly number[]>;

export type Assignor = (members: readonly string[], partitions: number, before: Dealt) => Dealt;

/** Neighbouring partitions to one member (Apache Kafka docs: RangeAssignor). */
export function range(members: readonly string[], partitions: number): Dealt {
  const sorted = [...members].sort();
  const each = Math.floor(partitions / sorted.length);
  const more = partitions % sorted.length;
  let next = 0;
  return new Map(
    sorted.map((member, i) => {
      const from = next;
      next += each + (i < more ? 1 : 0);
      return [member, numbers(from, next)];
    }),
  );
}

/** Each partition to the next member in turn (Apache Kafka docs: RoundRobinAssignor). */
export function roundRobin(members: readonly string[], partitions: number): Dealt {
  const sorted = [...members].sort();
  return new Map(
    sorted.map((member, i) => [
      member,
      numbers(0, partitions).filter((partition) => partition % sorted.length === i),
    ]),
  );
}

/**
 * As balanced as the others, with as few partitions moved as that allows (Apache Kafka docs: StickyAssignor). Who had most keeps
 * the one that not all can have; what nobody may keep goes to whoever has least. What two claim, neither is believed to own.
 */
export function sticky(members: readonly string[], partitions: number, before: Dealt): Dealt {
  const undisputed = undisputedOf(members, partitions, before);
  const each = Math.floor(partitions / members.length);
  let more = partitions % members.length;
  const byMost = [...members].sort(
    (a, b) => (undisputed.get(b)?.length ?? 0) - (undisputed.get(a)?.length ?? 0) || (a < b ? -1 : 1),
  );
  const kept = new Map<string, number[]>();
  const room = new Map<string, number>();
  for (const member of byMost) {
    const mayHave = each + (more > 0 ? 1 : 0);
    if (more > 0) more -= 1;
    const own = (undisputed.get(member) ?? []).slice(0, mayHave);
    kept.set(member, own);
    room.set(member, mayHave - own.length);
  }
  const owned = new Set([...kept.values()].flat());
  const free = numbers(0, partitions).filter((partition) => !owned.has(partition));
  for (const member of byMost) kept.get(member)?.push(...free.splice(0, room.get(member)));
  return new Map(
    [...members].sort().map((member) => [member, (kept.get(member) ?? []).sort((a, b) => a - b)]),
  );
}

/**
 * One round of incremental rebalancing (Apache Kafka docs: CooperativeStickyAssignor): where the sticky one would move a partition
 * from a member that is still there, nobody gets it yet. Its owner gives it up and joins again, and the next round deals it out.
 */
export function cooperative(members: readonly string[], partitions: number, before: Dealt): Dealt {
  const claims = claimsOf(members, before);
  return new Map(
    Array.from(sticky(members, partitions, before), ([member, own]) => [
      member,
      own.filter((partition) => (claims.get(partition) ?? []).every((owner) => owner === member)),
    ]),
  );
}

/** Who says to have owned it, by partition. */
function claimsOf(members: readonly string[], before: Dealt): Map<number, string[]> {
  const claims = new Map<number, string[]>();
  for (const member of members)
    for (const partition of new Set(before.get(member)))
      claims.set(partition, [...(claims.get(partition) ?? []), member]);
  return claims;
}

function undisputedOf(members: readonly string[], partitions: number, before: Dealt): Map<string, number[]> {
  const undisputed = new Map<string, number[]>(members.map((member) => [member, []]));
  for (const [partition, [owner = '', ...others]] of claimsOf(members, before))
    if (others.length === 0 && partition >= 0 && partition < partitions)
      undisputed.get(owner)?.push(partition);
  for (const own of undisputed.values()) own.sort((a, b) => a - b);
  return undisputed;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
