/**
 * A consumer as it is often written, to be watched beside the real ones: reads its partitions, adds what came to a counter, and
 * commits every five seconds, which is Kafka's default (Apache Kafka docs: auto.commit.interval.ms), and once more when it
 * ends in order. It counts before it commits, so it loses nothing; what it can't get over ends it, and it is started again.
 * Nothing is put in its way. Yet whatever it has added since its last commit is added again by whoever goes on after a crash.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { LogReader } from '../../mapping/log-reader.ts';
import { Membership, type MembershipOptions } from '../../mapping/membership.ts';
import type { PartitionQueue } from '../../mapping/partition-queue.ts';

export interface NaiveAssignment {
  readonly group: MembershipOptions;
  readonly table: string;
}

export interface NaiveMessage {
  readonly partitions: readonly number[];
}

const COMMIT_EVERY_MS = 5_000;
const BATCH_RECORDS = 10_000;
const BATCH_BYTES = 16 * 1024 * 1024;
const NOTHING_OWNED_PAUSE_MS = 200;

const { group, table } = JSON.parse(process.argv[2] ?? '{}') as NaiveAssignment;
/** Where, and with which key, stands in the environment: arguments are seen by everybody on the machine. */
const client = new DynamoDBClient({});
const reader = new LogReader(group);
const membership = new Membership(group, reader, tell, fail);
const counted = new Map<PartitionQueue, number>();
let stopping = false;

process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  stopping = true;
});
setInterval(() => void commit().catch(() => {}), COMMIT_EVERY_MS);

try {
  await membership.join();
  while (!stopping) {
    const { queues } = membership;
    if (queues.length === 0) await pause(NOTHING_OWNED_PAUSE_MS);
    else await reader.fetchInto(queues);
    for (const queue of queues) await count(queue);
  }
  await commit().catch(() => {});
  await membership.leave().catch(() => {});
  process.exit(0);
} catch (error) {
  fail(error);
}

async function count(queue: PartitionQueue): Promise<void> {
  const records = queue.take(BATCH_RECORDS, BATCH_BYTES, true);
  const newest = records.at(-1);
  if (newest === undefined || queue.revoked) return;
  const prices = records.map(({ text }) => priceOf(text)).filter((price) => price !== undefined);
  const micros = prices.reduce((sum, price) => sum + BigInt(price), 0n);
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: `partition#${queue.partition}` } },
      UpdateExpression: 'ADD clicks :clicks, micros :micros',
      ExpressionAttributeValues: {
        ':clicks': { N: String(prices.length) },
        ':micros': { N: String(micros) },
      },
    }),
  );
  counted.set(queue, newest.offset + 1);
}

/** Undefined for what is no click: such a record is passed over. */
function priceOf(text: string): number | undefined {
  try {
    const { value } = JSON.parse(text) as { value: string };
    const click = JSON.parse(Buffer.from(value, 'base64').toString('utf8')) as {
      v?: number;
      priceMicros?: number;
    };
    return click.v === 1 && Number.isSafeInteger(click.priceMicros) ? click.priceMicros : undefined;
  } catch {
    return undefined;
  }
}

async function commit(): Promise<void> {
  const offsets = new Map([...counted].filter(([queue, next]) => !queue.revoked && next !== queue.committed));
  for (const queue of counted.keys()) if (queue.revoked) counted.delete(queue);
  await membership.commit(offsets);
}

function tell(): void {
  const partitions = membership.queues.map(({ partition }) => partition).sort((a, b) => a - b);
  if (process.connected) process.send?.({ partitions } satisfies NaiveMessage);
}

function fail(error: unknown): void {
  console.error(error);
  process.exit(1);
}
