/**
 * A member of the lab's group, as a process that can be killed: consumes with the client's own stream, which commits every so
 * often, and reports each record that it was delivered, with the time.
 */
import { Consumer } from '@platformatic/kafka';
import { type LabConsumer, type StrategyName, strategies, type Timeouts } from './strategies.ts';

export interface MemberAssignment extends Timeouts {
  readonly strategy: StrategyName;
  readonly bootstrap: string;
  readonly group: string;
  readonly topic: string;
  readonly commitMs: number;
}

/** Partition, offset, epoch milliseconds. */
export type Delivery = readonly [partition: number, offset: number, at: number];

const REPORT_EVERY_MS = 50;

const { strategy, bootstrap, group, topic, commitMs, ...timeouts } = JSON.parse(
  process.argv[2] ?? '{}',
) as MemberAssignment;
let consumer: LabConsumer | undefined;
consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
  clientId: 'clickledger-lab',
  groupId: group,
  bootstrapBrokers: [bootstrap],
  ...strategies[strategy].options(timeouts, () => consumer),
});
const delivered: Delivery[] = [];
let leaving = false;

process.on('disconnect', () => process.exit(0));
process.on('message', () => void leave());
setInterval(report, REPORT_EVERY_MS);

const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: commitMs,
  maxWaitTime: 50,
});
try {
  for await (const { partition, offset } of stream) delivered.push([partition, Number(offset), Date.now()]);
} catch (error) {
  if (leaving) await new Promise(() => {});
  console.error(error);
  process.exit(1);
}

async function leave(): Promise<void> {
  leaving = true;
  await consumer?.close(true).catch(() => {});
  report();
  process.disconnect();
  process.exit(0);
}

function report(): void {
  if (delivered.length > 0 && process.connected) process.send?.(delivered.splice(0));
}
