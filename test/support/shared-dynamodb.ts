/**
 * One DynamoDB Local for all test files of a run (`node --test --test-global-setup`), on loopback, gone with its data when the run is over. A file
 * that is run alone starts its own. Files keep apart by the names of their tables.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EndpointAccess } from '../../infra/local/endpoint-access.ts';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/servers/dynamodb.ts';
import { localJars } from './local-jars.ts';

const DYNAMODB = 'CLICKLEDGER_TEST_DYNAMODB';

interface Hooks {
  readonly before: (run: () => Promise<void>) => void;
  readonly after: (run: () => Promise<void> | void) => void;
}

interface Own {
  readonly folder: string;
  readonly server: RunningDynamoDb;
}

let own: Own | undefined;

export async function globalSetup(): Promise<void> {
  own = await start();
  const { endpoint, region, accessKeyId, secretAccessKey } = own.server;
  process.env[DYNAMODB] = JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey });
}

export async function globalTeardown(): Promise<void> {
  if (own !== undefined) await stop(own);
}

/** `address` is known once the hooks have run. */
export function sharedDynamoDb({ before, after }: Hooks): { readonly address: () => EndpointAccess } {
  const given = process.env[DYNAMODB];
  if (given !== undefined) return { address: () => JSON.parse(given) as EndpointAccess };
  let alone: Own | undefined;
  before(async () => {
    alone = await start();
  });
  after(async () => {
    if (alone !== undefined) await stop(alone);
  });
  return {
    address: () => {
      if (alone === undefined) throw new Error('the server runs once the hooks have run');
      return alone.server;
    },
  };
}

async function start(): Promise<Own> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'clickledger-dynamodb-'));
  const jars = await localJars();
  const server = await startDynamoDb({
    jars,
    dataFolder: join(folder, 'dynamodb'),
    logFile: join(folder, 'dynamodb.log'),
  });
  return { folder, server };
}

async function stop({ folder, server }: Own): Promise<void> {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
