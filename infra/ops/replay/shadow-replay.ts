/**
 * Counts a range of the log once more into a table of its own, by a bundle that need not be the deployed one, and compares it with
 * the ledger: so a team tries another fold on the real log before it deploys it. The ledger is only read.
 */
import { randomUUID } from 'node:crypto';
import type { Entry } from '../../../shared/journal.ts';
import { ENTRY_PREFIX, readEntry } from '../../../shared/journal-items.ts';
import { entriesAfter, type Ledger, queryAll } from '../../../shared/journal-store.ts';
import { countOffsets, intersection, type OffsetSet, offsetsFrom, without } from '../../../shared/offsets.ts';
import { parseJournalKey } from '../../../shared/position.ts';
import { batchesOf } from '../redrive/batches.ts';
import { eventPayload } from '../redrive/kafka-event.ts';
import type { OpenWork } from '../redrive/open-work.ts';
import { type Target, tableAnswer } from '../redrive/target.ts';
import type { Range } from './ranges.ts';
import type { ReplayManner } from './replay-ledger.ts';
import type { ShadowRequest } from './replay-options.ts';
import { ShadowFunction } from './shadow-function.ts';
import { addEntries, type Comparable, comparableIn, emptySums, type Sums } from './shadow-offsets.ts';
import { createShadowTable, deleteShadowTable } from './shadow-table.ts';
import { type Bundle, synthesizedBundle } from './synthesized-bundle.ts';

interface ShadowPartition {
  readonly journal: string;
  readonly compared: number;
  /** Resolved offsets of the range that belong to entries that reach beyond it, or have expired. */
  readonly atEdges: number;
  /** Resolved offsets before the log's start. */
  readonly beforeLog: number;
  readonly fault: string | undefined;
}

export interface Shadowed {
  readonly bundle: string;
  /** The shadow's table, if it was kept. */
  readonly table: string | undefined;
  readonly partitions: readonly ShadowPartition[];
  readonly ledger: Sums;
  readonly shadow: Sums;
}

export async function shadowReplay(
  target: Target,
  ranges: readonly Range[],
  work: readonly OpenWork[],
  request: ShadowRequest,
  manner: ReplayManner,
): Promise<Shadowed> {
  const bundle = chosenBundle(target.ledger, request);
  const { client } = target.store;
  const table = request.table ?? `${target.table}-shadow-${randomUUID().slice(0, 8)}`;
  await createShadowTable(client, table);
  try {
    return await shadowInto({ ...target.store, table }, target, ranges, work, bundle, request.keep, manner);
  } finally {
    if (!request.keep) await deleteShadowTable(client, table);
  }
}

function chosenBundle(ledger: string, { bundle }: ShadowRequest): Bundle {
  if (bundle === undefined) return synthesizedBundle(ledger);
  let secrets: readonly string[] = [];
  try {
    ({ secrets } = synthesizedBundle(ledger));
  } catch {
    // A bundle from elsewhere may do without what is synthesized here.
  }
  return { file: bundle, exported: 'handler', secrets };
}

async function shadowInto(
  shadow: Ledger,
  target: Target,
  ranges: readonly Range[],
  work: readonly OpenWork[],
  bundle: Bundle,
  keep: boolean,
  { signal, progress }: ReplayManner,
): Promise<Shadowed> {
  const sums = { ledger: emptySums(), shadow: emptySums() };
  const partitions: ShadowPartition[] = [];
  const { client } = target.store;
  const endpoint = target.dynamodb.endpoint as string | undefined;
  const incarnation = parseJournalKey(work[0]?.journal ?? '').incarnation;
  const started = await ShadowFunction.start({ bundle, client, endpoint, table: shadow.table, incarnation });
  const abort = () => started.stop();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (const { partition, start, end } of ranges) {
      const of = work.find((each) => each.partition === partition);
      if (of === undefined) throw new Error(`partition ${partition} was not looked at`);
      const { journal, state, bounds } = of;
      const range = offsetsFrom(start, end);
      const standing = await tableAnswer(target.store, standingEntries(target.store, journal));
      const comparable = comparableIn(standing, range);
      const fault = await feed(started, target, partition, comparable, (done) => {
        signal.throwIfAborted();
        progress(done, countOffsets(comparable.offsets));
      });
      signal.throwIfAborted();
      if (fault === undefined) {
        addEntries(sums.ledger, comparable.entries);
        addEntries(sums.shadow, await tableAnswer(shadow, Array.fromAsync(entriesAfter(shadow, journal, 0))));
      }
      const resolved = intersection(state.resolved, range);
      const voided = standing
        .map(({ changed }) => changed.void)
        .reduce<OffsetSet>((all, each) => without(all, each), resolved);
      partitions.push({
        journal,
        compared: fault === undefined ? countOffsets(comparable.offsets) : 0,
        atEdges: countOffsets(without(voided, comparable.offsets)),
        beforeLog: countOffsets(intersection(state.resolved, offsetsFrom(0, bounds.start))),
        fault,
      });
    }
  } finally {
    signal.removeEventListener('abort', abort);
    started.stop();
  }
  return { bundle: bundle.file, table: keep ? shadow.table : undefined, partitions, ...sums };
}

/** All of them, in their order; returns what kept the shadow from counting them. */
async function feed(
  shadow: ShadowFunction,
  target: Target,
  partition: number,
  { offsets }: Comparable,
  progress: (done: number) => void,
): Promise<string | undefined> {
  const { topic, sourceArn, kafka } = target;
  const source = { topic, partition, sourceArn, bootstrap: kafka.bootstrapBrokers.join(',') };
  let done = 0;
  for await (const batch of batchesOf(target, partition, offsets)) {
    if (batch.empty.length > 0) return `the log holds no record at offset ${batch.empty[0]} any more`;
    const failed = await shadow.call(eventPayload(source, batch, undefined));
    done += batch.texts.length;
    progress(done);
    if (failed !== undefined) return `the shadow halted at offset ${batch.first}: ${failed}`;
  }
  return undefined;
}

/** Those that have not expired. */
function standingEntries(store: Ledger, journal: string): Promise<Entry[]> {
  const items = queryAll(store, {
    KeyConditionExpression: 'pk = :journal AND begins_with(sk, :entry)',
    ExpressionAttributeValues: { ':journal': { S: journal }, ':entry': { S: ENTRY_PREFIX } },
  });
  return Array.fromAsync(items, readEntry);
}
