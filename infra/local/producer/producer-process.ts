/**
 * The click producer as a process: idempotent, acknowledged by all replicas, so that it adds each click once. Killed, it
 * goes on where the log ends, for its clicks follow from their place in it. Either so many clicks as fast as it can, or
 * so many a second for ever.
 */
import { Consumer, ListOffsetTimestamps, ProduceAcks, Producer } from '@platformatic/kafka';
import { ClickSource } from './clicks.ts';

export interface ProducerAssignment {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly seed: number;
  readonly advertisers: number;
  /** All clicks of the log together; undefined for no end. */
  readonly clicks: number | undefined;
  /** Clicks per second; undefined for as fast as possible. */
  readonly rate: number | undefined;
}

export type ProducerMessage = { readonly kind: 'produced'; readonly clicks: number; readonly done: boolean };

const SEND_CLICKS_MAX = 3_000;
const TICK_MS = 50;

const assignment = JSON.parse(process.argv[2] ?? '{}') as ProducerAssignment;
process.on('disconnect', () => process.exit(0));

const { bootstrap, topic, partitions, clicks: goal, rate } = assignment;
const clientId = 'clickledger-producer';
const source = new ClickSource(assignment);
const producer = new Producer({
  clientId,
  bootstrapBrokers: [...bootstrap],
  idempotent: true,
  acks: ProduceAcks.ALL,
  retries: 10,
  retryDelay: 300,
});
const produced = await logEnds();
const begun = { at: Date.now(), clicks: total() };

const report = setInterval(() => tell(false), 250);
for (;;) {
  const aim = Math.min(
    goal ?? Number.POSITIVE_INFINITY,
    rate === undefined ? Number.POSITIVE_INFINITY : due(rate),
  );
  const shares = source.shares(Math.min(aim, total() + SEND_CLICKS_MAX));
  // Shares are rounded: that of a partition may be greater in a smaller whole, and then this one would come out too great.
  const messages = shares
    .flatMap((share, partition) => made(partition, share))
    .slice(0, Math.max(0, aim - total()));
  if (messages.length > 0) await producer.send({ messages });
  for (const { partition } of messages) produced[partition] = (produced[partition] ?? 0) + 1;
  if (goal !== undefined && total() >= goal) break;
  if (rate !== undefined) await pause(TICK_MS);
}
await producer.close();
clearInterval(report);
tell(true);
process.disconnect?.();

function made(partition: number, share: number) {
  const from = produced[partition] ?? 0;
  return Array.from({ length: Math.max(0, share - from) }, (_, i) => {
    const { key, value } = source.click(partition, from + i);
    return { topic, partition, key: Buffer.from(key), value: Buffer.from(value) };
  });
}

function due(perSecond: number): number {
  return begun.clicks + Math.floor(((Date.now() - begun.at) * perSecond) / 1000);
}

function total(): number {
  return produced.reduce((sum, clicks) => sum + clicks, 0);
}

/** What a killed predecessor had sent may still arrive, so the ends count once they stand still. */
async function logEnds(): Promise<number[]> {
  const consumer = new Consumer({
    clientId,
    groupId: clientId,
    bootstrapBrokers: [...bootstrap],
    retries: 10,
    retryDelay: 300,
  });
  const read = async () => {
    const ends = await consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST });
    return Array.from({ length: partitions }, (_, partition) => Number(ends.get(topic)?.[partition] ?? 0n));
  };
  let ends = await read();
  for (let before = ''; before !== ends.join() && ends.some((end) => end > 0); ends = await read()) {
    before = ends.join();
    await pause(200);
  }
  await consumer.close();
  return ends;
}

function tell(done: boolean): void {
  const message: ProducerMessage = { kind: 'produced', clicks: total(), done };
  if (process.connected) process.send?.(message);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
