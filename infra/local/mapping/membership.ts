/**
 * A poller's membership in its consumer group: joins, learns its partitions, commits.
 *
 * It uses the classic protocol, which every tool can describe. If this member owns a partition in two consecutive
 * generations, nobody else owned it in between, so its buffered and in-flight records stay valid. After a missed generation
 * everything restarts from the group's committed offsets.
 *
 * The leader of the group notices partitions that were added to the topic, as in Java's client: it looks at the topic every few
 * seconds. If there are more partitions than it has assigned, it joins again, which causes a rebalance.
 */
import { Consumer, type GroupPartitionsAssigner, roundRobinAssigner } from '@platformatic/kafka';
import type { StartingPosition } from '../template/planned.ts';
import type { LogReader } from './log-reader.ts';
import { PartitionQueue } from './partition-queue.ts';

export interface MembershipOptions {
  readonly bootstrap: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  readonly topic: string;
  readonly startingPosition: StartingPosition;
  readonly sessionTimeoutMs: number;
}

const JOIN_ATTEMPTS = 20;
const JOIN_PAUSE_MS = 300;
const LOOK_FOR_PARTITIONS_MS = 2_000;

export class Membership {
  readonly #consumer: Consumer;
  readonly #reader: LogReader;
  readonly #options: MembershipOptions;
  readonly #onAssigned: () => void;
  readonly #looking: NodeJS.Timeout;
  #queues = new Map<number, PartitionQueue>();
  #generation = -1;
  #memberId: string | null = null;
  #assigning: Promise<void> = Promise.resolve();
  /** Number of partitions that this member has assigned as the leader; undefined if it is not the leader. */
  #assignedAsLeader: number | undefined;
  /** The same for the current round. Also undefined for a lone member, because the client gives it all partitions without asking. */
  #assigningAsLeader: number | undefined;

  /** @param onFatal gets an error that joining again does not repair; the process should restart */
  constructor(
    options: MembershipOptions,
    reader: LogReader,
    onAssigned: () => void,
    onFatal: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#reader = reader;
    this.#onAssigned = onAssigned;
    this.#consumer = new Consumer({
      clientId: options.clientId,
      groupId: options.groupId,
      bootstrapBrokers: [...options.bootstrap],
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: Math.max(10_000, options.sessionTimeoutMs),
      heartbeatInterval: Math.min(1_000, options.sessionTimeoutMs / 3),
      // The client's own retry of a commit joins again and then commits the old offset under the new generation. That may
      // move the group behind the new owner's commit. So the client does not retry; this class joins again.
      retries: 0,
      metadataMaxAge: LOOK_FOR_PARTITIONS_MS / 2,
      partitionAssigner: this.#assignPartitions,
    });
    this.#consumer.topics.track(options.topic);
    this.#consumer.on('consumer:group:join', ({ isLeader }: { isLeader?: boolean }) => {
      this.#assignedAsLeader =
        isLeader === true ? (this.#assigningAsLeader ?? this.#assigned().length) : undefined;
      this.#assigningAsLeader = undefined;
      this.#assigning = this.#assigning.then(() => this.#assign()).catch(onFatal);
    });
    this.#consumer.on('error', () => void this.join().catch(onFatal));
    this.#looking = setInterval(() => void this.#joinForMore().catch(onFatal), LOOK_FOR_PARTITIONS_MS);
  }

  get generation(): number {
    return this.#generation;
  }

  get memberId(): string | null {
    return this.#consumer.memberId;
  }

  /** The partitions that this member owns. */
  get queues(): PartitionQueue[] {
    return [...this.#queues.values()];
  }

  /** Retries, because a join fails for a while when other members join, the coordinator moves or the broker restarts. */
  async join(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#consumer.joinGroup({});
        return;
      } catch (error) {
        if (attempt === JOIN_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, JOIN_PAUSE_MS));
      }
    }
  }

  /** Commits the next offset to deliver, for partitions that are still owned. Rejects during a rebalance. */
  async commit(offsets: ReadonlyMap<PartitionQueue, number>): Promise<void> {
    const owned = [...offsets].filter(([queue]) => !queue.revoked);
    if (owned.length === 0) return;
    if (this.#consumer.generationId !== this.#generation) throw new Error('a rebalance is in progress');
    await this.#consumer.commit({
      offsets: owned.map(([{ topic, partition, leaderEpoch }, offset]) => ({
        topic,
        partition,
        offset: BigInt(offset),
        leaderEpoch,
      })),
    });
    for (const [queue, offset] of owned) queue.committed = offset;
  }

  /** Leaves the group at once, so that others need not wait for the session timeout. */
  async leave(): Promise<void> {
    clearInterval(this.#looking);
    await this.#consumer.close(true);
  }

  readonly #assignPartitions: GroupPartitionsAssigner = (current, members, topics, metadata) => {
    this.#assigningAsLeader = metadata.topics.get(this.#options.topic)?.partitionsCount;
    return roundRobinAssigner(current, members, topics, metadata);
  };

  /** Ignores a broker that is away; the next look follows. */
  async #joinForMore(): Promise<void> {
    if (this.#assignedAsLeader === undefined) return;
    const { topic } = this.#options;
    const seen = await this.#consumer.metadata({ topics: [topic] }).catch(() => undefined);
    const partitions = seen?.topics.get(topic)?.partitionsCount ?? 0;
    if (this.#assignedAsLeader !== undefined && partitions > this.#assignedAsLeader) await this.join();
  }

  #assigned(): readonly number[] {
    return this.#consumer.assignments?.find(({ topic }) => topic === this.#options.topic)?.partitions ?? [];
  }

  async #assign(): Promise<void> {
    const generation = this.#consumer.generationId;
    if (generation === this.#generation && this.memberId === this.#memberId) return;
    const assigned = this.#assigned();
    const unbroken = generation === this.#generation + 1;
    for (const [partition, queue] of this.#queues) {
      if (!unbroken || !assigned.includes(partition)) {
        queue.revoked = true;
        this.#queues.delete(partition);
      }
    }
    const fresh = assigned.filter((partition) => !this.#queues.has(partition));
    const queues = fresh.length === 0 ? [] : await this.#startQueues(fresh);
    if (this.#consumer.generationId !== generation) return; // Another rebalance has started; its own event follows.
    for (const queue of queues) this.#queues.set(queue.partition, queue);
    this.#generation = generation;
    this.#memberId = this.memberId;
    this.#onAssigned();
  }

  /** Starts at the committed offset, or at the starting position if the group has none (AWS Lambda docs: kafka-starting-positions). */
  async #startQueues(partitions: readonly number[]): Promise<PartitionQueue[]> {
    const { topic } = this.#options;
    const committed = await this.#consumer.listCommittedOffsets({
      topics: [{ topic, partitions: [...partitions] }],
    });
    const { earliest, latest } = await this.#reader.bounds();
    const start = await this.#startOffsets(earliest, latest);
    return partitions.map((partition) => {
      const known = Number(committed.get(topic)?.[partition] ?? -1n);
      const within = known >= (earliest[partition] ?? 0) && known <= (latest[partition] ?? 0);
      const position = within ? known : (start[partition] ?? 0);
      return new PartitionQueue(topic, partition, position, known < 0 ? undefined : known);
    });
  }

  async #startOffsets(earliest: number[], latest: number[]): Promise<number[]> {
    const position = this.#options.startingPosition;
    if (position.from === 'AT_TIMESTAMP') return this.#reader.offsetsAt(position.timestampMs);
    return position.from === 'LATEST' ? latest : earliest;
  }
}
