/** `run.json` of the local runtime, as an operator's command reads it: complete and of a running process, or refused. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UserError } from '../terminal/user-error.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where `npm start` with the same environment writes it. */
export const RUN_FILE = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger', 'run.json');

export const accessSchema = v.object({
  endpoint: v.string(),
  region: v.string(),
  accessKeyId: v.string(),
  secretAccessKey: v.string(),
});

/** As configuration of the AWS SDK's clients. */
export function buildClientConfig(access: v.InferOutput<typeof accessSchema>) {
  const { endpoint, region, accessKeyId, secretAccessKey } = access;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}

/** What every command needs of it. */
export const runFileSchema = v.object({
  pid: v.number(),
  dynamodb: accessSchema,
  tables: v.record(v.string(), v.string()),
});

/** @param instead what an operator may do where nothing runs here */
export function readRunFile<Run extends { pid: number }>(
  file: string,
  schema: v.GenericSchema<unknown, Run>,
  instead: string,
): Run {
  const nothingRuns = `nothing runs on this machine: start it with npm start, or ${instead}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') throw new UserError(nothingRuns, cause);
    throw new UserError(
      `${file} can't be read (${code}): only the user who started the local runtime can read it`,
      cause,
    );
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!parsed.success) throw new UserError(`${file} is damaged: stop what runs, and start it again`);
  if (!isAlive(parsed.output.pid)) throw new UserError(nothingRuns);
  return parsed.output;
}

/** The value of a ledger, or a sentence that names the ledgers there are. */
export function getOfLedger<Value>(values: Readonly<Record<string, Value>>, ledger: string): Value {
  const found = Object.hasOwn(values, ledger) ? values[ledger] : undefined;
  if (found === undefined)
    throw new UserError(`ledger '${ledger}' is unknown, running are ${Object.keys(values).join(', ')}`);
  return found;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
