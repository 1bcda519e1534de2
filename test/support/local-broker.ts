/** A real Kafka broker of a test file's own, on loopback only, gone with its data when the file's tests are over. */
import { join } from 'node:path';
import { Admin, ListOffsetTimestamps, type MessageToProduce, Producer } from '@platformatic/kafka';
import { LogReader } from '../../infra/local/mapping/log-reader.ts';
import { PartitionQueue } from '../../infra/local/mapping/partition-queue.ts';
import { type RunningBroker, startBroker } from '../../infra/local/servers/broker.ts';
import { createTopics } from '../../infra/local/servers/broker-topics.ts';
import type { Settings } from '../../infra/local/template/planned.ts';
import { localJars } from './local-jars.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Hooks {
  readonly before: (run: () => Promise<void>) => void;
  readonly after: (run: () => Promise<void> | void) => void;
}

export type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

export class LocalBroker {
  #broker: RunningBroker | undefined;
  #admin: Admin | undefined;

  constructor(test: Hooks) {
    test.after(async () => {
      await this.#admin?.close();
      await this.#broker?.stop();
    });
    const folder = temporaryFolder(test);
    test.before(async () => {
      this.#broker = await startBroker({
        jars: await localJars(),
        dataFolder: join(folder, 'kafka'),
        logFile: join(folder, 'broker.log'),
      });
      this.#admin = new Admin({ clientId: 'test', bootstrapBrokers: [...this.bootstrap] });
    });
  }

  get bootstrap(): readonly string[] {
    return [this.#broker?.bootstrap ?? ''];
  }

  get admin(): Admin {
    return this.#admin as Admin;
  }

  async topic(name: string, partitions: number, configs: Settings = {}): Promise<string> {
    await createTopics(this.bootstrap, [{ name, partitions, configs }]);
    return name;
  }

  produce(messages: readonly Message[], options: { compression?: 'gzip' } = {}): Promise<void> {
    return send(this.bootstrap, messages, options);
  }

  /** The next offset of a partition. */
  async end(topic: string, partition: number): Promise<number> {
    const asked = [{ partitionIndex: partition, timestamp: ListOffsetTimestamps.LATEST }];
    const [listed] = await this.admin.listOffsets({ topics: [{ name: topic, partitions: asked }] });
    return Number(listed?.partitions[0]?.offset ?? -1n);
  }

  /** The values of a partition, from its start to its end. */
  async values(topic: string, partition: number): Promise<string[]> {
    const reader = new LogReader({ bootstrap: this.bootstrap, groupId: 'values', clientId: 'test', topic });
    const queue = new PartitionQueue(topic, partition, 0, undefined);
    const end = await this.end(topic, partition);
    while (queue.position < end) await reader.fetchInto([queue]);
    await reader.close();
    const records = queue.take(end, Number.POSITIVE_INFINITY, true);
    return records.map(({ text }) => Buffer.from(JSON.parse(text).value, 'base64').toString());
  }

  /** What a group has committed, by partition; -1 where it has nothing. */
  async committed(groupId: string, topic: string, partitions: number): Promise<number[]> {
    const [group] = await this.admin.listConsumerGroupOffsets({ groups: [groupId] });
    const known = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return Array.from({ length: partitions }, (_, partition) =>
      Number(known.find(({ partitionIndex }) => partitionIndex === partition)?.committedOffset ?? -1n),
    );
  }

  /** The partitions of each member of a group, as the coordinator has them. */
  async assignments(groupId: string, topic: string): Promise<Map<string, number[]>> {
    const group = (await this.admin.describeGroups({ groups: [groupId] })).get(groupId);
    if (group === undefined) return new Map();
    return new Map(
      Array.from(group.members.values(), ({ id, assignments }) => [
        id,
        assignments?.get(topic)?.partitions ?? [],
      ]),
    );
  }
}

export async function send(
  bootstrap: readonly string[],
  messages: readonly Message[],
  options: { compression?: 'gzip' } = {},
): Promise<void> {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'test',
    bootstrapBrokers: [...bootstrap],
    autocreateTopics: false,
    // A topic may be a moment old and without leaders: of what is sent then, some is sent again.
    idempotent: true,
  });
  await producer.send({ acks: -1, messages: [...messages], ...options });
  await producer.close();
}

/** So many messages for a partition, numbered. */
export function messages(topic: string, partition: number, count: number): Message[] {
  return Array.from({ length: count }, (_, n) => ({
    topic,
    partition,
    value: Buffer.from(`${partition}-${n}`),
  }));
}
