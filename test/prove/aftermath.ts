/**
 * What comes after the rest, when everything has been counted and judged: weeks pass, so that nothing but checkpoints knows what
 * was counted; then, where the profile asks for it, somebody recreates the topic. Clicks flow again, and the ledgers are judged anew.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { useAdmin } from '../../infra/local/faults/with-admin.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import type { Arena } from './arena.ts';
import { withLedger } from './ledger-access.ts';
import type { Load } from './load.ts';
import { letTimePass } from './time-passes.ts';

const HANDFULS = 30;
const ODD_AT_ONCE = 8;
const STANDSTILL_MS = 120_000;
const LOOK_EVERY_MS = 500;
/** What an operator raises when a topic was recreated (docs/runbook). */
const INCARNATION = 'TOPIC_INCARNATION';

export interface Aftermath {
  /** What the ledgers' faults are told under. */
  readonly name: string;
  /** Returns what went wrong, if something did that no ledger shows. */
  readonly happen: (arena: Arena, load: Load) => Promise<string | undefined>;
}

export const weeksPass: Aftermath = {
  name: 'weeks later',
  async happen(arena, load) {
    for (const mapping of arena.mappings) {
      const removed = await letTimePass(arena, mapping);
      arena.events.add('weeks passed', { what: `${mapping.groupId}: ${removed}` });
      if (typeof removed === 'string') return `weeks could not pass for ${mapping.groupId}: ${removed}`;
    }
    await sendSome(load);
    return undefined;
  },
};

/** Halted first, with nothing acknowledged and nothing counted; counted once the operator has said so (I10). */
export const topicRecreated: Aftermath = {
  name: 'the topic recreated',
  async happen(arena, load) {
    const { ground, mappings, events } = arena;
    await Promise.all(mappings.map((mapping) => ground.pollersOf(mapping).stop()));
    const halts = mappings.map(({ functionId }) => ground.metric(functionId, 'LogMismatch'));
    await recreate(ground.kafka, load);
    events.add('topic recreated');
    await sendSome(load);
    for (const mapping of mappings) ground.addMapping(mapping);
    for (const [i, mapping] of mappings.entries()) {
      if (!(await halted(arena, mapping, halts[i] ?? 0)))
        return `${mapping.groupId} was not halted by another log`;
      const { file, environment } = ground.functionOf(mapping.functionId);
      const raised = String(Number(environment[INCARNATION]) + 1);
      ground
        .sandboxesOf(mapping.functionId)
        .useBundle(file, { ...environment, [INCARNATION]: raised, TOPIC_LOG: 'new' });
    }
    return undefined;
  },
};

/** Every batch of the new log has failed, and none was acknowledged. */
async function halted(arena: Arena, mapping: PlannedMapping, before: number): Promise<boolean> {
  const { ground } = arena;
  const standstill = new Standstill(STANDSTILL_MS);
  while (ground.metric(mapping.functionId, 'LogMismatch') === before) {
    if (standstill.lasts([...ground.owned(mapping)])) return false;
    await pause(LOOK_EVERY_MS);
  }
  return withLedger(ground, mapping, async ({ log }) => {
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

async function sendSome(load: Load): Promise<void> {
  for (let handful = 0; handful < HANDFULS; handful++) await load.poison.send(ODD_AT_ONCE);
}
