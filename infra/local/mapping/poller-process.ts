/**
 * A poller as a process of its own, so that it can be killed and frozen. It gets its mapping at start, asks the local runtime for
 * sandboxes, and reports the partitions that it owns and their committed offsets. An error that it can't handle ends it: the
 * local runtime starts another, and the group's coordinator reassigns its partitions.
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
  /** Filter patterns. The function gets only records that match one of them; with no pattern it gets all. */
  readonly filters: readonly string[];
  readonly destination: DestinationOptions | undefined;
}

/** A message from a poller to the local runtime. */
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

/** A message from the local runtime to a poller. */
export type RuntimeMessage =
  | { readonly kind: 'lease'; readonly lease: Lease }
  /** There is no sandbox, because the function does not start. */
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'stop' };

const STATUS_EVERY_MS = 250;
const STOP_WAIT_MS = 3_000;

const assignment = JSON.parse(process.argv[2] ?? '{}') as PollerAssignment;
const idle: Invoker[] = [];
const wanted: PromiseWithResolvers<Invoker>[] = [];
const held = new Set<Invoker>();

process.on('disconnect', () => {
  // A function that blocks its process would never notice that the local runtime has ended.
  for (const invoker of held) invoker.kill();
  process.exit(0);
});
process.on('message', (message: RuntimeMessage) => {
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

/** Keeps a usable sandbox warm for the next batch; closes one that has ended. */
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

/** Delivers to the destination before the offset is committed (AWS Lambda docs: kafka-on-failure-destination). */
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
