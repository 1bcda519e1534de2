/** A poller between a log, a group and a function that a test holds in its hand. */
import type { DiscardedBatch, InvocationEnd } from '../../infra/local/mapping/decide.ts';
import type { FetchedRecord } from '../../infra/local/mapping/kafka-event.ts';
import type { LogReader } from '../../infra/local/mapping/log-reader.ts';
import type { Membership } from '../../infra/local/mapping/membership.ts';
import { PartitionQueue } from '../../infra/local/mapping/partition-queue.ts';
import { Poller, type PollerRules } from '../../infra/local/mapping/poller.ts';
import type { Invoker } from '../../infra/local/sandbox/invoker.ts';
import { until } from './until.ts';

type Offsets = Record<string, number[]>;

interface Invocation {
  readonly offsets: Offsets;
  readonly timeoutMs: number;
  readonly end: (end: InvocationEnd) => void;
}

export const rules: PollerRules = {
  batchRecords: 5,
  windowMs: 0,
  provisioned: true,
  source: { arn: 'arn', bootstrap: 'b' },
  partialResponses: true,
  partialRetry: 'listed',
  retryAttempts: -1,
  maxAgeSeconds: -1,
  bisect: false,
  functionTimeoutMs: 7_000,
};
export class PollerBench {
  readonly queues: PartitionQueue[];
  readonly invocations: Invocation[] = [];
  readonly commits: Offsets[] = [];
  readonly logged: string[] = [];
  readonly discarded: DiscardedBatch[] = [];
  readonly poller: Poller;
  commitFails = 0;
  borrowFails = 0;

  /** @param fetchInto what the log gives to partitions that want more; where it is left out, `fill` brings the records */
  constructor(
    partitions: number,
    some: Partial<PollerRules> = {},
    fetchInto: LogReader['fetchInto'] = async () => {},
  ) {
    this.queues = Array.from(
      { length: partitions },
      (_, partition) => new PartitionQueue('t', partition, 0, undefined),
    );
    const invoke = (payload: Buffer, timeoutMs: number) =>
      new Promise<InvocationEnd>((end) =>
        this.invocations.push({ offsets: offsetsIn(payload), timeoutMs, end }),
      );
    const membership = {
      queues: this.queues,
      commit: (offsets: Map<PartitionQueue, number>) => this.#commit(offsets),
    };
    this.poller = new Poller({
      rules: { ...rules, ...some },
      reader: { fetchInto } as LogReader,
      membership: membership as unknown as Membership,
      borrow: () =>
        this.borrowFails-- > 0
          ? Promise.reject(new Error('the function does not start'))
          : Promise.resolve({ invoke } as unknown as Invoker),
      giveBack: () => {},
      discard: (discarded) => {
        this.discarded.push(discarded);
        return Promise.resolve();
      },
      log: (message) => this.logged.push(message),
    });
  }

  /** So many records more in each partition. */
  fill(...counts: number[]): void {
    for (const [partition, count] of counts.entries()) {
      const queue = this.queues[partition] as PartitionQueue;
      const records = Array.from({ length: count }, (_, i): FetchedRecord => {
        const offset = queue.position + i;
        return { offset, timestamp: 1, text: JSON.stringify({ partition, offset }) };
      });
      queue.push(records, queue.position + count);
    }
    this.poller.pump();
  }

  /** The n-th invocation, from 0 on, once it runs. */
  async invocation(n: number): Promise<Invocation> {
    await until(`invocation ${n} runs`, () => this.invocations.length > n);
    return this.invocations[n] as Invocation;
  }

  committed(): (number | undefined)[] {
    return this.queues.map(({ committed }) => committed);
  }

  async #commit(offsets: Map<PartitionQueue, number>): Promise<void> {
    if (this.commitFails-- > 0) throw new Error('a rebalance is in progress');
    this.commits.push(Object.fromEntries(Array.from(offsets, ([{ label }, next]) => [label, [next]])));
    for (const [queue, next] of offsets) queue.committed = next;
  }
}

function offsetsIn(payload: Buffer): Offsets {
  const { records } = JSON.parse(payload.toString()) as { records: Record<string, { offset: number }[]> };
  return Object.fromEntries(
    Object.entries(records).map(([label, list]) => [label, list.map(({ offset }) => offset)]),
  );
}
