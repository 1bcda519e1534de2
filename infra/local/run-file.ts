/**
 * `.clickledger/run.json`: where everything of the running ground is, for people's own tools and for the operator's commands.
 * Written anew whenever a child comes or goes, renamed into place so that nobody reads half of it, and removed at the end.
 * Readable by its owner only: it holds the key to the local tables.
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
  /** `host:port`, several joined by commas. */
  readonly kafka: string;
  readonly dynamodb: EndpointAccess;
  /** Names of tables by ledger. */
  readonly tables: Readonly<Record<string, string>>;
  /** Lambda's Invoke for the functions below. */
  readonly lambda: EndpointAccess;
  /** By ledger. */
  readonly groups: Readonly<Record<string, RunGroup>>;
  readonly children: readonly Child[];
}

/** The consumer group of a ledger, and what its mapping invokes. */
interface RunGroup {
  readonly id: string;
  readonly topic: string;
  /** Name of the function. */
  readonly function: string;
  /** As it stands in the events of the mapping. */
  readonly sourceArn: string;
  readonly batchRecords: number;
  /** The folder that stands in for the S3 destination, if the mapping has one. */
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
 * Replaces a file by one that its owner alone can read, whole or not at all. It is written under a name that nobody can foresee, and
 * only where nothing exists, so no link that somebody has put there is followed.
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
