/** The ledger that a mapping's function writes, and the log that it reads: as the auditor reaches them, past the faults. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Ground } from '../local/ground.ts';
import type { PlannedMapping, PlannedTable } from '../local/plan.ts';
import { TopicLog } from '../ops/audit/topic-log.ts';

export interface LedgerAccess {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly planned: PlannedTable;
  readonly log: TopicLog;
}

export async function withLedger<Result>(
  ground: Ground,
  mapping: PlannedMapping,
  work: (access: LedgerAccess) => Promise<Result>,
): Promise<Result> {
  const { endpoint, region, accessKeyId, secretAccessKey } = ground.dynamodb;
  const environment = Object.values(ground.functionOf(mapping.functionId).environment);
  const planned = ground.plan.tables.find(({ name }) => environment.includes(name));
  if (planned === undefined) throw new Error(`the function of ${mapping.groupId} is told of no table`);
  const client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  const log = new TopicLog({ bootstrapBrokers: [...ground.kafka] }, mapping.topic, mapping.groupId);
  try {
    return await work({ client, table: planned.name, planned, log });
  } finally {
    client.destroy();
    await log.close().catch(() => {});
  }
}
