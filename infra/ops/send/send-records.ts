/** Puts records of one's own onto a topic, one after the other, and says where each of them is. */
import { Admin, ProduceAcks, Producer } from '@platformatic/kafka';
import type { KafkaAccess } from '../../kafka/kafka-access.ts';
import { awaitAnswer } from '../../terminal/answer-of.ts';
import { UserError } from '../../terminal/user-error.ts';

export interface Outgoing {
  /** Undefined for a record without a key, which goes to any partition. */
  readonly key: string | undefined;
  readonly value: string;
}

export interface SentRecord {
  readonly partition: number;
  readonly offset: number;
}

/**
 * Each is acknowledged by all replicas, and not repeated by the producer, before the next is sent.
 * @param sent called after each, so that a command that is interrupted has said what it did
 */
export async function sendRecords(
  access: KafkaAccess,
  topic: string,
  outgoing: readonly Outgoing[],
  signal: AbortSignal,
  sent: (record: SentRecord) => void,
): Promise<void> {
  const kafka = access.bootstrapBrokers.join(',');
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'clickledger-send',
    ...access,
    autocreateTopics: false,
    idempotent: true,
  });
  try {
    await assertTopic(access, topic);
    for (const [n, { key, value }] of outgoing.entries()) {
      signal.throwIfAborted();
      const message = {
        topic,
        value: Buffer.from(value),
        ...(key !== undefined && { key: Buffer.from(key) }),
      };
      const { offsets } = await awaitAnswer(
        kafka,
        producer.send({ acks: ProduceAcks.ALL, messages: [message] }),
      );
      const [at] = offsets ?? [];
      if (at === undefined)
        throw new UserError(`${kafka} has taken record ${n + 1} and does not say where it is`);
      sent({ partition: at.partition, offset: Number(at.offset) });
    }
  } finally {
    await producer.close().catch(() => {});
  }
}

async function assertTopic(access: KafkaAccess, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'clickledger-send', ...access });
  try {
    const names = await awaitAnswer(access.bootstrapBrokers.join(','), admin.listTopics());
    if (names.includes(topic)) return;
    throw new UserError(`topic '${topic}' does not exist, there are ${names.sort().join(', ') || 'none'}`);
  } finally {
    await admin.close().catch(() => {});
  }
}
