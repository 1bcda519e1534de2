/**
 * What comes after the rest, when everything has been counted and judged: weeks pass, so that nothing but checkpoints knows what
 * was counted; then, where the profile asks for it, somebody recreates the topic. Clicks flow again, and the ledgers are judged again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from '../../infra/audit/attributes.ts';
import { readCheckpointItem, readEntryItem } from '../../infra/audit/layout.ts';
import { getCheckpointItem, readDirectory, readEntryItems } from '../../infra/audit/read-ledger.ts';
import { useAdmin } from '../../infra/local/faults/with-admin.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import type { FunctionEnvironment } from '../../shared/config.ts';
import type { Load } from './load.ts';
import { type LedgerAccess, rollUp, withLedger } from './runtime.ts';
import type { Scene } from './scene.ts';

export interface Aftermath {
  /** What the ledgers' faults are told under. */
  readonly name: string;
  /** Returns what went wrong, if something did that no ledger shows. */
  readonly happen: (scene: Scene) => Promise<string | undefined>;
}

export const weeksLater: Aftermath = {
  name: 'weeks later',
  async happen(scene) {
    for (const mapping of scene.runtime.localRuntime.plan.mappings) {
      const removed = await letTimePass(scene, mapping);
      scene.events.add('weeks passed', { what: `${mapping.groupId}: ${removed}` });
      if (typeof removed === 'string') return `weeks could not pass for ${mapping.groupId}: ${removed}`;
    }
    await sendSome(scene.load);
    return undefined;
  },
};

/** Halted first, with nothing acknowledged and nothing counted; counted once the operator has raised the incarnation (I10). */
export const recreateTopic: Aftermath = {
  name: 'the topic recreated',
  async happen(scene) {
    const { runtime, load, events } = scene;
    const { localRuntime } = runtime;
    const { mappings } = localRuntime.plan;
    await Promise.all(mappings.map((mapping) => localRuntime.pollersOf(mapping).stop()));
    const halts = mappings.map(({ functionId }) => localRuntime.metric(functionId, 'LogMismatch'));
    await recreate(localRuntime.kafka, load);
    events.add('topic recreated');
    await sendSome(load);
    for (const mapping of mappings) localRuntime.addMapping(mapping);
    for (const [i, mapping] of mappings.entries()) {
      if (!(await isHalted(scene, mapping, halts[i] ?? 0)))
        return `${mapping.groupId} was not halted by another log`;
      const { file, environment } = localRuntime.functionOf(mapping.functionId);
      const raised = {
        TOPIC_INCARNATION: String(Number(environment['TOPIC_INCARNATION']) + 1),
        TOPIC_LOG: 'new',
      } satisfies RaisedIncarnation;
      localRuntime.sandboxesOf(mapping.functionId).useBundle(file, { ...environment, ...raised });
    }
    return undefined;
  },
};

/** What an operator sets when a topic was recreated (docs/runbook/partition-halted.md). */
type RaisedIncarnation = Pick<FunctionEnvironment, 'TOPIC_INCARNATION' | 'TOPIC_LOG'>;

const STANDSTILL_MS = 120_000;
const LOOK_EVERY_MS = 500;

/** Every batch of the new log has failed, and none was acknowledged. */
async function isHalted({ runtime }: Scene, mapping: PlannedMapping, before: number): Promise<boolean> {
  const { localRuntime } = runtime;
  const standstill = new Standstill(STANDSTILL_MS);
  while (localRuntime.metric(mapping.functionId, 'LogMismatch') === before) {
    if (standstill.lasts([...localRuntime.owned(mapping)])) return false;
    await pause(LOOK_EVERY_MS);
  }
  return withLedger(localRuntime, mapping, async ({ log }) => {
    const bounds = await log.bounds();
    const committed = await log.committed(bounds.length);
    return bounds.every(({ end }, partition) => end === 0 || (committed[partition] ?? 0) < end);
  });
}

function recreate(kafka: readonly string[], { topic, partitions, configs }: Load): Promise<void> {
  return useAdmin(kafka, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    await admin.createTopics({ topics: [topic], partitions, replicas: -1, configs });
  });
}

const HANDFULS = 30;
const ODD_AT_ONCE = 8;

async function sendSome(load: Load): Promise<void> {
  for (let handful = 0; handful < HANDFULS; handful++) await load.poison.send(ODD_AT_ONCE);
}

/** What is under way at DynamoDB when the group's processes have ended comes to its end by itself. */
const QUIET_WITHIN_MS = 120_000;

/**
 * Weeks pass: the topic's retention deletes what everybody has read, and the table removes what carries an expiry, as its time to
 * live would (DynamoDB Local does so only hours later). For that the group rests, since nothing of it is under way for weeks.
 *
 * Only those entries go that the rollup has folded and whose records have left the log: an entry outlives the topic's
 * retention by the template's own rule. Whatever else carries an expiry goes too.
 * @returns how many items were removed, or why weeks can't pass now
 */
export async function letTimePass(scene: Scene, mapping: PlannedMapping): Promise<number | string> {
  const { runtime, processes, requests, work } = scene;
  const { localRuntime } = runtime;
  await localRuntime.pollersOf(mapping).stop();
  try {
    for (const child of processes.list('function', mapping.groupId)) processes.kill(child, 'weeks pass');
    if (!(await requests.isQuiet(mapping.groupId, QUIET_WITHIN_MS))) return 'requests are under way';
    await rollUp(localRuntime, mapping);
    const read = await Promise.all(
      localRuntime.plan.mappings.map((each) => withLedger(localRuntime, each, readBy)),
    );
    const retained = read[0]?.map((_, partition) => Math.min(...read.map((each) => each[partition] ?? 0)));
    if (retained === undefined || retained.every((offset) => offset === 0)) return 'nothing is read by all';
    const partitions = retained.map((offset, partition) => ({ partition, offset: BigInt(offset) }));
    await useAdmin(localRuntime.kafka, (admin) =>
      admin.deleteRecords({ topics: [{ name: mapping.topic, partitions }] }),
    );
    return await work.readAlone(() =>
      withLedger(localRuntime, mapping, (access) => expire(access, mapping.topic, retained)),
    );
  } finally {
    localRuntime.addMapping(mapping);
  }
}

/** By partition: the first offset that a group has not committed or its ledger not resolved; 0 where nothing is known. */
async function readBy({ client, table, log }: LedgerAccess): Promise<number[]> {
  const bounds = await log.bounds();
  const committed = await log.committed(bounds.length);
  const journals = await readDirectory({ client, table });
  return await Promise.all(
    bounds.map(async ({ start }, partition) => {
      const journal = journals.find((name) => name.endsWith(`#${partition}`));
      const item = journal === undefined ? undefined : await getCheckpointItem({ client, table }, journal);
      const resolved = item === undefined ? [] : readCheckpointItem(item).state.resolved;
      const [from = 0, to = -1] = resolved.find(([first, last]) => first <= start && last >= start - 1) ?? [];
      return from <= start ? Math.max(start, Math.min(to + 1, committed[partition] ?? 0)) : 0;
    }),
  );
}

async function expire(access: LedgerAccess, topic: string, logStarts: readonly number[]): Promise<number> {
  const { client, table, planned } = access;
  const expiry = planned.expiryAttribute;
  let removed = 0;
  for (const journal of await readDirectory(access)) {
    const logStart = journal.startsWith(`${topic}@`)
      ? (logStarts[Number(journal.split('#').at(-1))] ?? 0)
      : 0;
    const checkpoint = await getCheckpointItem(access, journal);
    if (checkpoint === undefined || expiry === undefined) continue;
    const { through } = readCheckpointItem(checkpoint);
    const gone = [
      ...(await Array.fromAsync(readEntryItems(access, journal))).filter(outlived(through, logStart)),
      checkpoint,
    ];
    for (const { pk, sk, [expiry]: expires } of gone) {
      if (expires === undefined || pk === undefined || sk === undefined) continue;
      await client.send(new DeleteItemCommand({ TableName: table, Key: { pk, sk } }));
      removed += 1;
    }
  }
  return removed;
}

/** The first entries of a journal, up to one that still is of worth. */
function outlived(through: number, logStart: number): (item: StoredItem) => boolean {
  let kept = false;
  return (item) => {
    const { version, offsets, unparked } = readEntryItem(item);
    const newest = Math.max(...[...offsets, ...unparked].map(([, to]) => to));
    kept ||= version > through || newest >= logStart;
    return !kept;
  };
}
