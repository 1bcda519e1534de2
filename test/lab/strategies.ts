/**
 * What the lab compares, as options of the client. The assignors of the classic protocol are ours, below, run by the member
 * that leads the group; the new protocol's is the broker's own. The client has a cooperative one too, but where nobody has more
 * than the larger share it leaves one that joins without any (2, 2, 2, 0): so its protocol is used with our assignor. A sticky
 * leader learns who owned what from the user data of each subscription, as with Java's client.
 *
 * An assignor is a pure function of who is there and, for the sticky one, of what was before. In all of them every partition gets
 * exactly one owner, and no member more than one partition above another; the cooperative one needs two rounds for it.
 */
import type { Consumer, ConsumerOptions, GroupPartitionsAssigner } from '@platformatic/kafka';

export type LabConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>;
type MemberOptions = Partial<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>;

export interface Timeouts {
  readonly heartbeatMs: number;
  readonly sessionTimeoutMs: number;
}

interface Strategy {
  readonly says: string;
  readonly options: (timeouts: Timeouts, consumer: () => LabConsumer | undefined) => MemberOptions;
}

export const strategies = {
  range: { says: 'neighbouring partitions', options: classic('range', range) },
  'round-robin': { says: 'each to the next member in turn', options: classic('roundrobin', roundRobin) },
  sticky: { says: 'as few moves as balance allows, all given up first', options: classic('sticky', sticky) },
  cooperative: { says: 'as few moves, and only what moves is given up', options: incremental },
  'server-side': { says: 'KIP-848: the broker assigns, the members follow', options: serverSide },
} as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof strategies;

export const strategyNames = Object.keys(strategies) as StrategyName[];

function classic(name: string, assignor: Assignor): Strategy['options'] {
  return (timeouts, consumer) => ({
    ...classicTimeouts(timeouts),
    protocols: [{ name, version: 1 }],
    protocolsMetadata: () => Buffer.from(JSON.stringify(consumer()?.assignments?.[0]?.partitions ?? [])),
    partitionAssigner: adaptAssignor(assignor),
  });
}

function incremental(timeouts: Timeouts): MemberOptions {
  return {
    ...classicTimeouts(timeouts),
    protocols: [{ name: 'cooperative-sticky', version: 3 }],
    partitionAssigner: adaptAssignor(cooperative),
  };
}

/** Heartbeats and sessions are the group's, and configured on the broker (`brokerSettings`); the client only checks its own. */
function serverSide(timeouts: Timeouts): MemberOptions {
  return { ...classicTimeouts(timeouts), groupProtocol: 'consumer', groupRemoteAssignor: 'uniform' };
}

export function brokerSettings({ heartbeatMs, sessionTimeoutMs }: Timeouts): Record<string, string> {
  return {
    'group.consumer.min.heartbeat.interval.ms': String(heartbeatMs),
    'group.consumer.heartbeat.interval.ms': String(heartbeatMs),
    'group.consumer.min.session.timeout.ms': String(sessionTimeoutMs),
    'group.consumer.session.timeout.ms': String(sessionTimeoutMs),
  };
}

function classicTimeouts({ heartbeatMs, sessionTimeoutMs }: Timeouts): MemberOptions {
  return {
    heartbeatInterval: heartbeatMs,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: Math.max(10_000, sessionTimeoutMs),
  };
}

function adaptAssignor(assignor: Assignor): GroupPartitionsAssigner {
  return (_, members, topics, metadata) => {
    const [topic = ''] = topics;
    const partitions = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const before: Ownership = new Map(
      Array.from(members, ([id, { metadata: said, ownedPartitions: owned = [] }]) => [
        id,
        said?.length ? (JSON.parse(String(said)) as number[]) : (owned[0]?.partitions ?? []),
      ]),
    );
    return Array.from(assignor([...members.keys()], partitions, before), ([memberId, own]) => ({
      memberId,
      assignments: new Map([[topic, { topic, partitions: [...own] }]]),
    }));
  };
}

/** Partitions by member, in the order of members. */
export type Ownership = ReadonlyMap<string, readonly number[]>;

export type Assignor = (members: readonly string[], partitions: number, before: Ownership) => Ownership;

/** Neighbouring partitions to one member (Apache Kafka docs: RangeAssignor). */
export function range(members: readonly string[], partitions: number): Ownership {
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
export function roundRobin(members: readonly string[], partitions: number): Ownership {
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
 * the one that not all can have; what nobody may keep goes to the member that has least. What two claim, neither is believed to own.
 */
export function sticky(members: readonly string[], partitions: number, before: Ownership): Ownership {
  const undisputed = findUndisputed(members, partitions, before);
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
 * from a member that is still there, nobody gets it yet. Its owner gives it up and joins again, and the next round assigns it.
 */
export function cooperative(members: readonly string[], partitions: number, before: Ownership): Ownership {
  const claims = listClaims(members, before);
  return new Map(
    Array.from(sticky(members, partitions, before), ([member, own]) => [
      member,
      own.filter((partition) => (claims.get(partition) ?? []).every((owner) => owner === member)),
    ]),
  );
}

/** Who says to have owned it, by partition. */
function listClaims(members: readonly string[], before: Ownership): Map<number, string[]> {
  const claims = new Map<number, string[]>();
  for (const member of members)
    for (const partition of new Set(before.get(member)))
      claims.set(partition, [...(claims.get(partition) ?? []), member]);
  return claims;
}

function findUndisputed(
  members: readonly string[],
  partitions: number,
  before: Ownership,
): Map<string, number[]> {
  const undisputed = new Map<string, number[]>(members.map((member) => [member, []]));
  for (const [partition, [owner = '', ...others]] of listClaims(members, before))
    if (others.length === 0 && partition >= 0 && partition < partitions)
      undisputed.get(owner)?.push(partition);
  for (const own of undisputed.values()) own.sort((a, b) => a - b);
  return undisputed;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
