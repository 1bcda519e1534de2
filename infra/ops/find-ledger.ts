/**
 * Which table an operator's command reads, and how it is reached: the ground that runs on this laptop, by its
 * `run.json`, or any table on AWS by its name, with region and credentials as every AWS tool finds them.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Ledger } from '../../shared/journal-store.ts';
import { openLedger } from './ledger-view.ts';
import { OpsError } from './ops-error.ts';

export interface LedgerChoice {
  /** A ledger of the running ground. */
  readonly ledger: string;
  /** A table on AWS instead. */
  readonly table: string | undefined;
}

const runFileSchema = v.object({
  pid: v.number(),
  dynamodb: v.object({
    endpoint: v.string(),
    region: v.string(),
    accessKeyId: v.string(),
    secretAccessKey: v.string(),
  }),
  tables: v.record(v.string(), v.string()),
});

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where `npm start` with the same environment writes it. */
const RUN_FILE = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger', 'run.json');

export function findLedger({ ledger, table }: LedgerChoice, runFile = RUN_FILE): Ledger {
  if (table !== undefined) return openLedger(table, {});
  const { dynamodb, tables } = readRunFile(runFile);
  const found = Object.hasOwn(tables, ledger) ? tables[ledger] : undefined;
  if (found === undefined) {
    throw new OpsError(`ledger '${ledger}' is unknown, running are ${Object.keys(tables).join(', ')}`);
  }
  const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb;
  return openLedger(found, { endpoint, region, credentials: { accessKeyId, secretAccessKey } });
}

function readRunFile(file: string): v.InferOutput<typeof runFileSchema> {
  const nothingRuns =
    'nothing runs on this machine: start it with npm start, or name a table on AWS with --table';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new OpsError(nothingRuns, cause);
    throw new OpsError(`${file} can't be read (${code}): only whoever started what runs can read it`, cause);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), runFileSchema), text);
  if (!parsed.success) throw new OpsError(`${file} is damaged: stop what runs, and start it again`);
  if (!isAlive(parsed.output.pid)) throw new OpsError(nothingRuns);
  return parsed.output;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
