/** A running localRuntime as any Kafka client sees it: who owns which partition, what is committed, where the log ends. */
import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';

export class KafkaView {
  readonly #admin: Admin;

  constructor(kafka: string) {
    this.#admin = new Admin({
      clientId: 'test-view',
      bootstrapBrokers: kafka.split(','),
      retries: 10,
      retryDelay: 200,
    });
  }

  close(): Promise<void> {
    return this.#admin.close();
  }

  /** Of each partition, the members that own it. */
  async owners(group: string, topic: string, partitions: number): Promise<string[][]> {
    const described = (await this.#admin.describeGroups({ groups: [group] })).get(group);
    const members = [...(described?.members.values() ?? [])];
    return Array.from({ length: partitions }, (_, partition) =>
      members
        .filter(({ assignments }) => assignments?.get(topic)?.partitions.includes(partition))
        .map(({ id }) => id),
    );
  }

  /** By partition; -1 where nothing is committed yet. */
  async committed(group: string, topic: string): Promise<number[]> {
    const [listed] = await this.#admin.listConsumerGroupOffsets({ groups: [group] });
    const offsets: number[] = [];
    for (const { partitionIndex, committedOffset } of listed?.topics.find(({ name }) => name === topic)
      ?.partitions ?? [])
      offsets[partitionIndex] = Number(committedOffset);
    return offsets;
  }

  async ends(topic: string, partitions: number): Promise<number[]> {
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: ListOffsetTimestamps.LATEST,
    }));
    const [listed] = await this.#admin.listOffsets({ topics: [{ name: topic, partitions: asked }] });
    const ends: number[] = [];
    for (const { partitionIndex, offset } of listed?.partitions ?? []) ends[partitionIndex] = Number(offset);
    return ends;
  }
}
