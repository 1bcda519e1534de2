/**
 * Starts AWS's DynamoDB Local, on disk and on 127.0.0.1 only. In: jars, a data folder, optionally a port. Out: a
 * running endpoint, and the credentials for its tables. Acknowledged writes survive a SIGKILL.
 *
 * It checks no signature, but keeps separate tables for each access key. So the key is random. It is made once for each
 * data folder and kept in a file that only its owner can read: another user of this machine can call the endpoint,
 * but finds no table.
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
  /** Default: any free port. */
  readonly port?: number | undefined;
  readonly logFile: string;
}

/** The access as environment variables of a process (AWS SDKs docs: environment variables). */
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
