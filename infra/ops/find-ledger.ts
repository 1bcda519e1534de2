/**
 * Which table an operator's command reads, and how it is reached: the ground that runs on this laptop, by its
 * `run.json`, or any table on AWS by its name, with region and credentials as every AWS tool finds them.
 */
import type { Ledger } from '../../shared/journal/journal-store.ts';
import { openLedger } from './ledger-view.ts';
import { clientConfig, ofLedger, RUN_FILE, readRunFile, runFileSchema } from './run-file.ts';

interface LedgerChoice {
  /** A ledger of the running ground. */
  readonly ledger: string;
  /** A table on AWS instead. */
  readonly table: string | undefined;
}

export function findLedger({ ledger, table }: LedgerChoice, runFile = RUN_FILE): Ledger {
  if (table !== undefined) return openLedger(table, {});
  const { dynamodb, tables } = readRunFile(runFile, runFileSchema, 'name a table on AWS with --table');
  return openLedger(ofLedger(tables, ledger), clientConfig(dynamodb));
}
