/** A table of DynamoDB Local for the benchmarks, as it is, and behind a proxy that lets every request wait, as a network would. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { FaultProxy } from '../../infra/local/faults/fault-proxy.ts';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/servers/dynamodb.ts';
import { createTables } from '../../infra/local/servers/dynamodb-tables.ts';
import { localJars } from '../support/local-jars.ts';
import { aPlannedTable } from '../support/planned-table.ts';
import { CONCURRENCY } from './peers.ts';

export const TABLE = 'bench';

/** Makes a client whose requests wait so many milliseconds before they are passed on. */
export type Clients = (delayMs: number) => Promise<DynamoDBClient>;

export async function withTable<Result>(run: (clients: Clients) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'clickledger-bench-'));
  const proxies: FaultProxy[] = [];
  let dynamodb: RunningDynamoDb | undefined;
  try {
    const files = { dataFolder: join(folder, 'dynamodb'), logFile: join(folder, 'dynamodb.log') };
    dynamodb = await startDynamoDb({ jars: await localJars(), ...files });
    await createTables(dynamodb, [aPlannedTable({ name: TABLE })]);
    const access = dynamodb;
    return await run(async (delayMs) => {
      const proxy = delayMs === 0 ? undefined : await slowed(access.endpoint, delayMs);
      if (proxy !== undefined) proxies.push(proxy);
      return new DynamoDBClient({
        ...buildClientConfig(access),
        ...(proxy && { endpoint: proxy.endpoint }),
        requestHandler: { httpAgent: { maxSockets: CONCURRENCY } },
      });
    });
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await dynamodb?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function slowed(endpoint: string, ms: number): Promise<FaultProxy> {
  return FaultProxy.start({
    endpoint,
    decide: () => ({ kind: 'delayed', ms }),
    signal: () => {},
    heard: () => {},
  });
}
