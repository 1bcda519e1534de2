/**
 * Records that are handed to a function beside its group, as a redrive does: read from the log anew, all or some of a stretch, so
 * that two writers meet on one journal with batches that were cut in different places.
 */
import { buildEventPayload, buildFetchedRecord } from '../../infra/local/mapping/kafka-event.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { type Arena, ledgerOf } from './arena.ts';
import { withLedger } from './ledger-access.ts';

/** Every other one of them makes as many gaps as a journal can bear (1,000), or more. */
const RECORDS_READ = 2_200;

/** @param at where; anywhere if it is left out, most often at the log's end */
export async function applyInPart(
  arena: Arena,
  mapping: PlannedMapping,
  at?: { readonly partition: number; readonly from: number },
): Promise<void> {
  const { ground, random, events } = arena;
  if (arena.isAlone(ledgerOf(mapping))) return;
  const { topic } = mapping;
  const payload = await withLedger(ground, mapping, async ({ log }) => {
    const bounds = await log.bounds();
    const partition = at?.partition ?? Math.floor(random.next() * bounds.length);
    const { start, end } = bounds[partition] ?? { start: 0, end: 0 };
    const anywhere = random.chance(0.7)
      ? Math.max(start, end - RECORDS_READ)
      : Math.floor(random.between(start, end));
    const from = Math.max(start, at?.from ?? anywhere);
    const until = Math.min(end, from + Math.ceil(random.between(1, RECORDS_READ)));
    const every = random.pick(at === undefined ? [1, 2, 2, 3] : [2, 2, 3]) as number;
    const taken = [];
    for await (const { offset, time, key, value } of log.records(partition, { start: from, end: until }))
      if (offset % every === 0) {
        const record = { topic, partition, offset, timestamp: time, key, value, headers: [] };
        taken.push(buildFetchedRecord({ ...record, timestampType: 'LOG_APPEND_TIME' }));
      }
    const source = { arn: mapping.sourceArn, bootstrap: ground.kafka.join(',') };
    return buildEventPayload(source, new Map([[`${topic}-${partition}`, taken]]));
  });
  events.add('applied in part', { what: mapping.groupId });
  await ground.sandboxesOf(mapping.functionId).invoke(payload);
}

/**
 * A rival of a commit that is held back: it writes from the same offset on, every second or third record, so that of more
 * than one some are left for the other to write.
 */
export function applyBeside(arena: Arena, group: string, journal: string, commits: string): void {
  const mapping = arena.mappings.find(({ groupId }) => groupId === group);
  const at = { partition: Number(journal.split('#').at(-1)), from: Number.parseInt(commits, 10) };
  if (mapping !== undefined && !Number.isNaN(at.from))
    arena.aside('applyInPart', applyInPart(arena, mapping, at));
}
