/** The ledger that a mapping's function writes, and the log that it reads: as the auditor reaches them, past the faults. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TopicLog } from '../../infra/kafka/topic-log.ts';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import type { PlannedMapping, PlannedTable } from '../../infra/local/template/planned.ts';

export interface LedgerAccess {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly planned: PlannedTable;
  readonly log: TopicLog;
}

/** One run of the rollup of that ledger, by whichever functions the templates put on a schedule for its table. */
export async function rollUp(ground: Ground, mapping: PlannedMapping): Promise<void> {
  const { name } = tableOf(ground, mapping);
  const rollups = ground.plan.schedules.filter(({ functionId }) =>
    Object.values(ground.functionOf(functionId).environment).includes(name),
  );
  await Promise.all(
    rollups.map(({ functionId }) => ground.sandboxesOf(functionId).invoke(Buffer.from('{}'))),
  );
}

function tableOf(ground: Ground, mapping: PlannedMapping): PlannedTable {
  const environment = Object.values(ground.functionOf(mapping.functionId).environment);
  const planned = ground.plan.tables.find(({ name }) => environment.includes(name));
  if (planned === undefined) throw new Error(`the function of ${mapping.groupId} is told of no table`);
  return planned;
}

export async function withLedger<Result>(
  ground: Ground,
  mapping: PlannedMapping,
  work: (access: LedgerAccess) => Promise<Result>,
): Promise<Result> {
  const planned = tableOf(ground, mapping);
  const client = new DynamoDBClient(buildClientConfig(ground.dynamodb));
  const log = new TopicLog({ bootstrapBrokers: [...ground.kafka] }, mapping.topic, mapping.groupId);
  try {
    return await work({ client, table: planned.name, planned, log });
  } finally {
    client.destroy();
    await log.close().catch(() => {});
  }
}
