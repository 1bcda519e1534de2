/** What an operator does about records that were passed over: the very redrive of `clickledger redrive`, through the deployed function. */
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { buildRunGroup } from '../../infra/local/run-file.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import type { Kind } from '../../infra/ops/redrive/open-work.ts';
import { type Redrive, redriveLedger } from '../../infra/ops/redrive/redrive-ledger.ts';
import { closeTarget, openTarget } from '../../infra/ops/redrive/target.ts';
import { countRows } from '../../infra/ops/redrive/undone.ts';
import { type Action, type Arena, ledgerOf } from './arena.ts';
import { withLedger } from './ledger-access.ts';
import type { ProofGround } from './proof-ground.ts';

export type Operated = Pick<ProofGround, 'ground' | 'lambda' | 'folder'>;

/** What a mapping that never discards passes over is a loss: no redrive may mend it before the auditor has seen it. */
const kindsOf = (mapping: PlannedMapping): ReadonlySet<Kind> =>
  new Set<Kind>(mayGiveUp(mapping) ? ['parked', 'gaps', 'destination'] : ['parked']);

/** Whether it may commit past records that no ledger holds. */
export function mayGiveUp({ retryAttempts, maxAgeSeconds, destination }: PlannedMapping): boolean {
  return retryAttempts >= 0 || maxAgeSeconds >= 0 || destination !== undefined;
}

export function redriveFaults(arena: Arena, operated: Operated) {
  return {
    /** Beside live traffic, at times by two at once. */
    async redrive(): Promise<void> {
      const mapping = arena.mapping();
      if (arena.isAlone(ledgerOf(mapping))) return;
      const twice = arena.random.chance(0.5) ? 2 : 1;
      const redrives = Array.from({ length: twice }, () => redriveNow(operated, mapping, arena.until));
      for (const { found } of await Promise.all(redrives))
        arena.events.add('redriven', { what: `${mapping.groupId}: ${countRows(found)} records were open` });
    },
  } satisfies Record<string, Action>;
}

export function redriveNow(
  { ground, lambda, folder }: Operated,
  mapping: PlannedMapping,
  signal: AbortSignal,
): Promise<Redrive> {
  return withLedger(ground, mapping, async ({ table }) => {
    const group = buildRunGroup(mapping, ground.functionOf(mapping.functionId).name, folder);
    const target = openTarget({
      ledger: mapping.groupId,
      kafka: { bootstrapBrokers: [...ground.kafka] },
      topic: mapping.topic,
      group: mapping.groupId,
      table,
      dynamodb: buildClientConfig(ground.dynamodb),
      function: group.function,
      lambda: buildClientConfig(lambda.access),
      sourceArn: mapping.sourceArn,
      batchRecords: mapping.batchSize,
      destination: group.destination === undefined ? undefined : { folder: group.destination },
    });
    try {
      return await redriveLedger(
        target,
        { kinds: kindsOf(mapping) },
        { apply: true, signal, progress: () => {} },
      );
    } finally {
      await closeTarget(target);
    }
  });
}
