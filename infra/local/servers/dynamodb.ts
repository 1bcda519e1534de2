/**
 * DynamoDB Local, AWS's own, on disk and on 127.0.0.1 only. In: jars, a data folder, a port if one matters. Out: a
 * running endpoint and the credentials that open its tables. Rows that were acknowledged outlive a SIGKILL.
 *
 * It checks no signature, but keeps separate tables for each access key. So the key is random, made once for each
 * data folder and kept in a file that only its owner can read: another user of this machine may call the endpoint,
 * and finds no table.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EndpointAccess } from '../endpoint-access.ts';
import { createSecretLookup } from '../secrets.ts';
import { REGION } from '../template/scope.ts';
import type { Jars } from './jars.ts';
import { type RunningJvm, startJvm } from './jvm.ts';
import { findPort, LOOPBACK } from './ports.ts';

export interface DynamoDbOptions {
  readonly jars: Jars;
  readonly dataFolder: string;
  /** Any free one if it is left out. */
  readonly port?: number | undefined;
  readonly logFile: string;
}

/** The same as a process takes it from its environment (AWS SDKs docs: environment variables). */
export function buildDynamoDbEnvironment(access: EndpointAccess): Record<string, string> {
  return {
    AWS_REGION: access.region,
    AWS_DEFAULT_REGION: access.region,
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: access.endpoint,
  };
}

export type RunningDynamoDb = RunningJvm & EndpointAccess;

const HEAP_MB = 512;

export async function startDynamoDb(options: DynamoDbOptions): Promise<RunningDynamoDb> {
  const { jars, dataFolder, logFile } = options;
  const port = await findPort(options.port, 'DynamoDB Local');
  const tablesFolder = join(dataFolder, 'tables');
  mkdirSync(tablesFolder, { recursive: true, mode: 0o700 });
  const secrets = createSecretLookup(join(dataFolder, 'credentials.json'));
  const command = ['dynamodb', tablesFolder, String(port)];
  const jvm = await startJvm({ jars, name: 'DynamoDB Local', heapMb: HEAP_MB, dataFolder, logFile, command });
  return {
    ...jvm,
    endpoint: `http://${LOOPBACK}:${jvm.port}`,
    region: REGION,
    // Letters and digits only: any other character is refused as an unknown client.
    accessKeyId: secrets('accessKeyId', { length: 20, exclude: '' }),
    secretAccessKey: secrets('secretAccessKey', { length: 40, exclude: '' }),
  };
}
