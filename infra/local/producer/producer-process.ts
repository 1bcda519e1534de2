/**
 * The click producer as a process. It is idempotent and waits for all replicas, so it adds each click once. After a kill it
 * continues at the end of the log, because a click depends only on its place in the log. It sends either a number of clicks as
 * fast as possible, or a rate for ever.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Consumer, ListOffsetTimestamps, ProduceAcks, Producer } from '@platformatic/kafka';
import type { PlannedContract } from '../template/planned.ts';
import { ClickSource, type MadeClick } from './clicks.ts';
import { RecordSource } from './made-records.ts';

export interface Pace {
  /** Clicks per second; undefined: as fast as possible. */
  readonly rate: number | undefined;
  /** Adds the same number of clicks of one advertiser, so with one key in one partition. */
  readonly heated?: boolean;
}

export interface ProducerAssignment extends Pace {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly seed: number;
  readonly advertisers: number;
  /** What its records are; undefined for clicks. */
  readonly contract?: PlannedContract;
  /** Total number of clicks in the log; undefined: no end. */
  readonly clicks: number | undefined;
}

export type ProducerMessage = { readonly clicks: number; readonly done: boolean };

const SEND_CLICKS_MAX = 3_000;
const TICK_MS = 50;

const assignment = JSON.parse(process.argv[2] ?? '{}') as ProducerAssignment;
process.on('disconnect', () => process.exit(0));

const { bootstrap, topic, partitions, clicks: goal } = assignment;
let pace: Pace = assignment;
const clientId = 'clickledger-producer';
const { contract } = assignment;
const source =
  contract === undefined ? new ClickSource(assignment) : new RecordSource({ ...assignment, contract });
const producer = new Producer({
  clientId,
  bootstrapBrokers: [...bootstrap],
  idempotent: true,
  acks: ProduceAcks.ALL,
  retries: 10,
  retryDelay: 300,
});
const produced = await logEnds();
/** The clicks at the start of the current pace, by partition and in total. Clicks of the heated key are counted apart. */
let begun = { at: Date.now(), from: goal === undefined ? [...produced] : zeros(), clicks: total() };
let heatedClicks = zeros();
process.on('message', (message: Pace) => {
  pace = message;
  begun = { at: Date.now(), from: goal === undefined ? [...produced] : begun.from, clicks: total() };
  heatedClicks = goal === undefined ? zeros() : heatedClicks;
});

const report = setInterval(() => tell(false), 250);
for (;;) {
  const { rate, heated = false } = pace;
  const aim = Math.min(
    goal ?? Number.POSITIVE_INFINITY,
    rate === undefined ? Number.POSITIVE_INFINITY : due(rate),
  );
  const until = Math.min(aim, marketClicks() + SEND_CLICKS_MAX);
  const shares = source.shares(until - sum(begun.from)).map((share, at) => share + (begun.from[at] ?? 0));
  // Shares are rounded, so a partition's share may be greater in a smaller total. The slice keeps the sum within the aim.
  const messages = shares
    .flatMap((share, partition) => made(partition, share))
    .slice(0, Math.max(0, aim - marketClicks()));
  if (messages.length > 0) await producer.send({ messages });
  for (const { partition } of messages) produced[partition] = (produced[partition] ?? 0) + 1;
  if (heated) await heat(messages.length);
  if (goal !== undefined && total() >= goal) break;
  if (rate !== undefined) await pause(TICK_MS);
}
await producer.close();
clearInterval(report);
tell(true);
process.disconnect?.();

function made(partition: number, share: number) {
  const from = produced[partition] ?? 0;
  const length = Math.max(0, share - from + (heatedClicks[partition] ?? 0));
  return Array.from({ length }, (_, i) => message(partition, source.click(partition, from + i)));
}

async function heat(clicks: number): Promise<void> {
  const partition = source.partitionOfHotKey;
  const from = produced[partition] ?? 0;
  const messages = Array.from({ length: clicks }, (_, i) => message(partition, source.hotClick(from + i)));
  if (messages.length > 0) await producer.send({ messages });
  produced[partition] = from + clicks;
  heatedClicks[partition] = (heatedClicks[partition] ?? 0) + clicks;
}

function message(partition: number, { key, value }: MadeClick) {
  return { topic, partition, key: Buffer.from(key), value: Buffer.from(value) };
}

function due(perSecond: number): number {
  return begun.clicks + Math.floor(((Date.now() - begun.at) * perSecond) / 1000);
}

function total(): number {
  return sum(produced);
}

function marketClicks(): number {
  return total() - sum(heatedClicks);
}

function sum(clicks: readonly number[]): number {
  return clicks.reduce((all, each) => all + each, 0);
}

function zeros(): number[] {
  return new Array<number>(partitions).fill(0);
}

/** Records of a killed predecessor may still arrive, so this waits until the ends no longer move. */
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
  const message: ProducerMessage = { clicks: total(), done };
  if (process.connected) process.send?.(message);
}
