/**
 * A typical consumer, for comparison with the real ones. It reads its partitions, adds the records to a counter, and commits
 * every five seconds, which is Kafka's default (Apache Kafka docs: auto.commit.interval.ms), and once more at an orderly end.
 * It counts before it commits, so it loses nothing. An error that it can't handle ends it, and it is restarted. It is not
 * made worse on purpose. Yet after a crash, everything that it had added since its last commit is added again.
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
/** Endpoint and key are in the environment, because everybody on the machine can see arguments. */
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

/** Undefined if the record is not a click; such a record is skipped. */
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
