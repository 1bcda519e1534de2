/** Sends one click as two records, like a producer that is not idempotent and retries after a lost reply. */
import { ProduceAcks, Producer } from '@platformatic/kafka';

/** Returns the offsets of both records. */
export async function sendDoubleClick(bootstrap: readonly string[], topic: string): Promise<bigint[]> {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    clientId: 'clickledger-double-click',
    bootstrapBrokers: [...bootstrap],
    retries: 3,
    retryDelay: 300,
  });
  const advertiserId = 'adv-1';
  const clickId = `twice-${Date.now().toString(36)}`;
  const value = JSON.stringify({ v: 1, clickId, advertiserId, adId: 'ad-1-1', priceMicros: 500_000 });
  const message = { topic, partition: 0, key: Buffer.from(advertiserId), value: Buffer.from(value) };
  try {
    const offsets: bigint[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const sent = await producer.send({ messages: [message], acks: ProduceAcks.ALL });
      for (const { offset } of sent.offsets ?? []) offsets.push(offset);
    }
    return offsets;
  } finally {
    await producer.close();
  }
}
