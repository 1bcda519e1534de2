/** Kafka's own Java client, for what it alone has: transactions, and `read_committed` as its authors mean it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { localJars } from './local-jars.ts';

export interface Named {
  readonly offset: number;
  readonly name: string;
}

const run = promisify(execFile);
const FILE = join(import.meta.dirname, 'Transactions.java');

/** Carries out the steps on partition 0, as Transactions.java describes them; the records that it wrote. */
export function produceInTransactions(
  bootstrap: readonly string[],
  topic: string,
  steps: readonly string[],
): Promise<Named[]> {
  return transactions('produce', bootstrap.join(','), topic, ...steps);
}

/** What of partition 0 is committed. */
export function readCommitted(bootstrap: readonly string[], topic: string): Promise<Named[]> {
  return transactions('read', bootstrap.join(','), topic);
}

async function transactions(...given: string[]): Promise<Named[]> {
  const { classPath } = await localJars();
  const { stdout } = await run('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, FILE, ...given], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return Array.from(stdout.matchAll(/^(\d+) (\S+)$/gm), ([, offset, name = '']) => ({
    offset: Number(offset),
    name,
  }));
}
