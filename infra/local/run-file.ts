/**
 * `.clickledger/run.json`: the addresses and processes of the running local runtime, for people's own tools and for operators'
 * commands. It is rewritten when a child process starts or ends, renamed into place so that nobody reads half a file, and
 * removed at the end. Only its owner can read it: it holds the key to the local tables.
 */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from './children.ts';
import type { EndpointAccess } from './endpoint-access.ts';
import { describeDestination, getDestinationsFolder } from './mapping/destination.ts';
import { parseDestinationAddress } from './mapping/destination-address.ts';
import type { PlannedMapping } from './template/planned.ts';

export interface RunFile {
  readonly pid: number;
  /** `host:port`; several are joined by commas. */
  readonly kafka: string;
  readonly dynamodb: EndpointAccess;
  /** Table names, by ledger. */
  readonly tables: Readonly<Record<string, string>>;
  /** An endpoint of Lambda's Invoke for the functions below. */
  readonly lambda: EndpointAccess;
  /** By ledger. */
  readonly groups: Readonly<Record<string, RunGroup>>;
  readonly children: readonly Child[];
}

/** The consumer group of a ledger, and its mapping's function. */
interface RunGroup {
  readonly id: string;
  readonly topic: string;
  /** Name of the function. */
  readonly function: string;
  /** The event source ARN in the mapping's events. */
  readonly sourceArn: string;
  readonly batchRecords: number;
  /** The local folder of the S3 destination, if the mapping has one. */
  readonly destination: string | undefined;
}

export function buildRunGroup(mapping: PlannedMapping, functionName: string, folder: string): RunGroup {
  const address = parseDestinationAddress(mapping.destination ?? '');
  const isBucket = typeof address !== 'string' && address.kind === 's3';
  return {
    id: mapping.groupId,
    topic: mapping.topic,
    function: functionName,
    sourceArn: mapping.sourceArn,
    batchRecords: mapping.batchSize,
    destination: isBucket
      ? describeDestination({ address, folder: getDestinationsFolder(folder) })
      : undefined,
  };
}

export function getRunFile(folder: string): string {
  return join(folder, 'run.json');
}

export function writeRunFile(folder: string, content: RunFile): void {
  const { endpoint, region, accessKeyId, secretAccessKey } = content.dynamodb;
  const written = { ...content, dynamodb: { endpoint, region, accessKeyId, secretAccessKey } };
  writePrivately(getRunFile(folder), `${JSON.stringify(written, null, 2)}\n`);
}

/**
 * Replaces a file by one that only its owner can read, completely or not at all. It is first written under an unpredictable name, and
 * only if nothing exists there, so it never follows a link that somebody has placed.
 */
export function writePrivately(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}`;
  try {
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

export function removeRunFile(folder: string): void {
  rmSync(getRunFile(folder), { force: true });
}
