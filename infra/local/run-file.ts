/**
 * `.clickledger/run.json`: where everything of the running ground is, for people's own tools and for the operator's commands.
 * Written anew whenever a child comes or goes, renamed into place so that nobody reads half of it, and removed at the end.
 * Readable by its owner only: it holds the key to the local tables.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from './children.ts';
import type { DynamoDbAccess } from './dynamodb.ts';

export interface RunFile {
  readonly pid: number;
  /** `host:port`, several joined by commas. */
  readonly kafka: string;
  readonly dynamodb: DynamoDbAccess;
  /** Names of tables by ledger. */
  readonly tables: Readonly<Record<string, string>>;
  /** Consumer group and topic by ledger. */
  readonly groups: Readonly<Record<string, { readonly id: string; readonly topic: string }>>;
  readonly children: readonly Child[];
}

export function runFileIn(folder: string): string {
  return join(folder, 'run.json');
}

export function writeRunFile(folder: string, content: RunFile): void {
  const { endpoint, region, accessKeyId, secretAccessKey } = content.dynamodb;
  const written = { ...content, dynamodb: { endpoint, region, accessKeyId, secretAccessKey } };
  const beside = `${runFileIn(folder)}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(written, null, 2)}\n`, { mode: 0o600 });
  renameSync(beside, runFileIn(folder));
}

export function removeRunFile(folder: string): void {
  rmSync(runFileIn(folder), { force: true });
}
