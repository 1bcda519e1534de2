/**
 * Weeks pass: the topic's retention deletes what everybody has read, and the table removes what carries an expiry, as its time to
 * live would (DynamoDB Local does so only hours later). For that the group rests, since nothing of it is under way for weeks.
 *
 * Of the entries only those go that the rollup has folded and whose records have left the log: an entry outlives the topic's
 * retention by the template's own rule. Whatever else carries an expiry goes too.
 */
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredItem } from '../../infra/audit/attributes.ts';
import { readCheckpointItem, readEntryItem } from '../../infra/audit/layout.ts';
import { getCheckpointItem, readDirectory, readEntryItems } from '../../infra/audit/read-ledger.ts';
import { useAdmin } from '../../infra/local/faults/with-admin.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import type { Arena } from './arena.ts';
import { type LedgerAccess, rollUp, withLedger } from './ledger-access.ts';

/** What is under way at DynamoDB when the group's processes have ended comes to its end by itself. */
const SETTLED_WITHIN_MS = 120_000;

/** Returns how many items were removed, or why weeks can't pass now. */
export async function letTimePass(arena: Arena, mapping: PlannedMapping): Promise<number | string> {
  const { ground, faults } = arena;
  await ground.pollersOf(mapping).stop();
  try {
    for (const child of ground.children.list())
      if (child.role === 'function' && child.group === mapping.groupId) arena.kill(child, 'weeks pass');
    if (!(await faults.quiet(mapping.groupId, SETTLED_WITHIN_MS))) return 'requests are under way';
    await rollUp(ground, mapping);
    const read = await Promise.all(ground.plan.mappings.map((each) => withLedger(ground, each, readBy)));
    const retained = read[0]?.map((_, partition) => Math.min(...read.map((each) => each[partition] ?? 0)));
    if (retained === undefined || retained.every((offset) => offset === 0)) return 'nothing is read by all';
    const partitions = retained.map((offset, partition) => ({ partition, offset: BigInt(offset) }));
    await useAdmin(ground.kafka, (admin) =>
      admin.deleteRecords({ topics: [{ name: mapping.topic, partitions }] }),
    );
    return await arena.readingAlone(() =>
      withLedger(ground, mapping, (access) => expire(access, mapping.topic, retained)),
    );
  } finally {
    ground.addMapping(mapping);
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
