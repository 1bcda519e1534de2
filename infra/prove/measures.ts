/** What is measured of a ground after the faults: when it has caught up, and what the auditor finds. */
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Ground } from '../local/ground.ts';
import type { PlannedMapping } from '../local/plan.ts';
import { auditLedger } from '../ops/audit/audit-ledger.ts';
import type { Findings } from '../ops/audit/findings.ts';
import { TopicLog } from '../ops/audit/topic-log.ts';

/** Waits until every group has committed the whole log; returns how long it took. */
export async function healed(
  ground: Ground,
  withinMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const began = performance.now();
  while (performance.now() - began < withinMs && !signal.aborted) {
    const caughtUp = await Promise.all(
      ground.plan.mappings.map(async (mapping) => {
        const log = new TopicLog({ bootstrapBrokers: [...ground.kafka] }, mapping.topic, mapping.groupId);
        try {
          const bounds = await log.bounds();
          const committed = await log.committed(bounds.length);
          return bounds.every(({ end }, partition) => end === (committed[partition] ?? 0));
        } catch {
          return false;
        } finally {
          await log.close().catch(() => {});
        }
      }),
    );
    if (caughtUp.every(Boolean)) return Math.round(performance.now() - began);
    await pause(500);
  }
  return undefined;
}

/** @param atRest whether nothing may be left to count */
export async function judged(ground: Ground, mapping: PlannedMapping, atRest: boolean): Promise<Findings> {
  const { endpoint, region, accessKeyId, secretAccessKey } = ground.dynamodb;
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const environment = Object.values(ground.functionOf(mapping.functionId).environment);
  const table = ground.plan.tables.find(({ name }) => environment.includes(name))?.name ?? '';
  const log = new TopicLog({ bootstrapBrokers: [...ground.kafka] }, mapping.topic, mapping.groupId);
  try {
    const findings = await auditLedger({ client, table }, log, mapping.topic);
    if (atRest) findings.demandRest();
    return findings;
  } finally {
    client.destroy();
    await log.close();
  }
}
