/**
 * What the lab compares, as options of the client. The assignors of the classic protocol are ours (assignors.ts), run by the member
 * that leads the group; the new protocol's is the broker's own. The client has a cooperative one too, but where nobody has more
 * than the larger share it leaves one that joins without any (2, 2, 2, 0): so its protocol is used with our assignor. A sticky
 * leader learns who owned what from the user data of each subscription, as with Java's client.
 */
import type { Consumer, ConsumerOptions, GroupPartitionsAssigner } from '@platformatic/kafka';
import { type Assignor, cooperative, type Dealt, range, roundRobin, sticky } from './assignors.ts';

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
  'server-side': { says: 'KIP-848: the broker deals, the members follow', options: serverSide },
} as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof strategies;

export const strategyNames = Object.keys(strategies) as StrategyName[];

function classic(name: string, assignor: Assignor): Strategy['options'] {
  return (timeouts, consumer) => ({
    ...classicTimeouts(timeouts),
    protocols: [{ name, version: 1 }],
    protocolsMetadata: () => Buffer.from(JSON.stringify(consumer()?.assignments?.[0]?.partitions ?? [])),
    partitionAssigner: asClientTakesIt(assignor),
  });
}

function incremental(timeouts: Timeouts): MemberOptions {
  return {
    ...classicTimeouts(timeouts),
    protocols: [{ name: 'cooperative-sticky', version: 3 }],
    partitionAssigner: asClientTakesIt(cooperative),
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

function asClientTakesIt(assignor: Assignor): GroupPartitionsAssigner {
  return (_, members, topics, metadata) => {
    const [topic = ''] = topics;
    const partitions = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const before: Dealt = new Map(
      Array.from(members, ([id, { metadata: said, ownedPartitions: owned = [] }]) => [
        id,
        said?.length ? (JSON.parse(String(said)) as number[]) : (owned[0]?.partitions ?? []),
      ]),
    );
    return Array.from(assignor([...members.keys()], partitions, before), ([memberId, dealt]) => ({
      memberId,
      assignments: new Map([[topic, { topic, partitions: [...dealt] }]]),
    }));
  };
}
