/**
 * A poller as a process of its own, so that it can be killed and frozen like one. It is told its mapping at start, asks
 * the ground for sandboxes, and reports what it owns and how far it is. Whatever it can't get over ends it: the ground
 * starts another, and the group's coordinator hands its partitions over.
 */
import { Invoker, type Lease } from '../sandbox/invoker.ts';
import { countRecords } from './batch.ts';
import type { DiscardedBatch } from './decide.ts';
import { createDestination, type DestinationOptions } from './destination.ts';
import type { DiscardReport } from './discarded.ts';
import { compileFilters } from './filter-pattern.ts';
import { LogReader } from './log-reader.ts';
import { Membership, type MembershipOptions } from './membership.ts';
import { Poller, type PollerRules } from './poller.ts';

export interface PollerAssignment {
  readonly group: MembershipOptions;
  readonly rules: PollerRules;
  readonly functionArn: string;
  /** Patterns; records that match none of them are kept from the function. None: it gets all. */
  readonly filters: readonly string[];
  readonly destination: DestinationOptions | undefined;
}

/** What a poller tells the ground. */
export type PollerMessage =
  | { readonly kind: 'borrow' }
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'discarded'; readonly report: DiscardReport }
  | { readonly kind: 'status'; readonly status: PollerStatus };

export interface PollerStatus {
  readonly generation: number;
  readonly memberId: string | null;
  readonly partitions: readonly { readonly partition: number; readonly committed: number | undefined }[];
}

/** What the ground tells a poller. */
export type GroundMessage =
  | { readonly kind: 'lease'; readonly lease: Lease }
  /** There is no sandbox to be had: the function does not start. */
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'stop' };

const STATUS_EVERY_MS = 250;
const STOP_WAIT_MS = 3_000;

const assignment = JSON.parse(process.argv[2] ?? '{}') as PollerAssignment;
const idle: Invoker[] = [];
const wanted: PromiseWithResolvers<Invoker>[] = [];
const held = new Set<Invoker>();

process.on('disconnect', () => {
  // A function that blocks its process would never hear that the ground has ended.
  for (const invoker of held) invoker.kill();
  process.exit(0);
});
process.on('message', (message: GroundMessage) => {
  if (message.kind === 'stop') void stop();
  else if (message.kind === 'lease') take(message.lease);
  else wanted.shift()?.reject(new Error(message.because));
});

const reader = new LogReader({ ...assignment.group, isWanted: compileFilters(assignment.filters) });
const destination = assignment.destination && createDestination(assignment.destination);
const membership = new Membership(
  assignment.group,
  reader,
  () => {
    const partitions = membership.queues.map(({ partition }) => partition).sort((a, b) => a - b);
    tell({
      kind: 'log',
      message: `generation ${membership.generation}: owns partitions ${partitions.join(', ') || 'none (standby)'}`,
    });
    reportStatus();
    poller.pump();
  },
  fail,
);
const poller = new Poller({
  rules: assignment.rules,
  reader,
  membership,
  borrow,
  giveBack,
  discard,
  log: (message) => tell({ kind: 'log', message }),
});

setInterval(reportStatus, STATUS_EVERY_MS);
try {
  await membership.join();
  await poller.run();
} catch (error) {
  fail(error);
}

function borrow(): Promise<Invoker> {
  const ready = idle.pop();
  if (ready?.usable) return Promise.resolve(ready);
  if (ready !== undefined) {
    giveBack(ready);
    return borrow();
  }
  tell({ kind: 'borrow' });
  const waiting = Promise.withResolvers<Invoker>();
  wanted.push(waiting);
  return waiting.promise;
}

/** Keeps a good sandbox warm for the next batch; lets go of one that has ended. */
function giveBack(invoker: Invoker): void {
  if (invoker.usable) {
    handOver(invoker);
    return;
  }
  held.delete(invoker);
  invoker.close();
}

function take(lease: Lease): void {
  const invoker = new Invoker(lease);
  held.add(invoker);
  handOver(invoker);
}

function handOver(invoker: Invoker): void {
  const next = wanted.shift();
  if (next === undefined) idle.push(invoker);
  else next.resolve(invoker);
}

/** The destination comes first, then the offset moves on (AWS Lambda docs: kafka-on-failure-destination). */
async function discard(discarded: DiscardedBatch): Promise<void> {
  const { records, because } = { records: countRecords(discarded.batch.records), because: discarded.because };
  const offsets = Array.from(
    discarded.batch.records,
    ([label, list]) => `${label} ${list[0]?.offset}..${list.at(-1)?.offset}`,
  ).join(', ');
  const context = {
    source: assignment.rules.source,
    functionArn: assignment.functionArn,
    now: new Date(),
  };
  const tellOf = (end: Partial<DiscardReport>) =>
    tell({ kind: 'discarded', report: { records, offsets, because, ...end } });
  try {
    const at = await destination?.(discarded, context);
    tellOf(at === undefined ? {} : { at });
  } catch (error) {
    tellOf({ undelivered: error instanceof Error ? error.message : String(error) });
  }
}

function reportStatus(): void {
  const partitions = membership.queues.map(({ partition, committed }) => ({ partition, committed }));
  tell({
    kind: 'status',
    status: { generation: membership.generation, memberId: membership.memberId, partitions },
  });
}

function tell(message: PollerMessage): void {
  if (process.connected) process.send?.(message);
}

async function stop(): Promise<void> {
  await poller.stop(STOP_WAIT_MS);
  await Promise.race([
    membership.leave().catch(() => {}),
    new Promise((resolve) => setTimeout(resolve, 1_000)),
  ]);
  process.exit(0);
}

function fail(error: unknown): void {
  tell({ kind: 'log', message: `ends: ${error instanceof Error ? error.message : String(error)}` });
  setImmediate(() => process.exit(1));
}
