/** What `npm run replay -- …` understands; anything else is refused in one sentence, before anything is read. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { countGiven, parseCommandLine } from '../command-line.ts';
import { OpsError } from '../ops-error.ts';
import type { Addresses } from '../redrive/target.ts';
import { readAddresses, TARGET_USAGE, targetOptions } from '../redrive/target-options.ts';
import { RUN_FILE } from '../run-file.ts';
import { type Asked, readPlace } from './ranges.ts';

export const USAGE = `npm run replay -- --ledger NAME --from start|OFFSET|TIME [options]      a dry run: shows the ranges, and changes nothing
  --apply             hands the range to the ledger's function once more, and demands that nothing comes of it
  --to OFFSET|TIME    up to this offset (included) or time (UTC; not included); else as far as the ledger has counted
  --partition N       only of this partition
  --shadow            with --apply: into a table of its own instead, by the bundle in cdk.out, and compared with the ledger
  --bundle FILE       another bundle for that, which exports handler
  --shadow-table NAME its table (named after the ledger's; on AWS it has to be named)
  --keep              leave that table
  --json              one object for programs
${TARGET_USAGE}
Exit code: 0 as it has to be, 1 not (listed), 2 could not tell`;

export interface ShadowRequest {
  readonly bundle: string | undefined;
  readonly table: string | undefined;
  readonly keep: boolean;
}

export interface ReplayRequest {
  readonly addresses: Addresses;
  readonly asked: Asked;
  readonly apply: boolean;
  /** Into a shadow ledger. */
  readonly shadow: ShadowRequest | undefined;
  readonly json: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;

/** Undefined where help is asked for. */
export function readReplayRequest(given: readonly string[], runFile = RUN_FILE): ReplayRequest | undefined {
  const where = { from: text, to: text, partition: text };
  const shadowed = { shadow: flag, bundle: text, 'shadow-table': text, keep: flag };
  const options = { ...targetOptions, ...where, ...shadowed, apply: flag, json: flag, help: flag };
  const { values } = parseCommandLine({ args: [...given], options }, USAGE);
  if (values.help) return undefined;
  if (values.from === undefined)
    throw new OpsError(`--from is missing, allowed is start, an offset or a time\n${USAGE}`);
  const from = values.from === 'start' ? 'start' : readPlace('from', values.from);
  const to = values.to === undefined ? undefined : readPlace('to', values.to);
  const partition = values.partition === undefined ? undefined : countGiven('partition', values.partition);
  const addresses = readAddresses(values, runFile, USAGE);
  const shadow = values.shadow
    ? shadowOf(values.bundle, values['shadow-table'], values.keep, addresses)
    : undefined;
  const alone = (['bundle', 'shadow-table', 'keep'] as const).find((name) => values[name]);
  if (shadow === undefined && alone !== undefined)
    throw new OpsError(`--${alone} says how a shadow ledger is made, and needs --shadow`);
  return { addresses, asked: { from, to, partition }, apply: values.apply, shadow, json: values.json };
}

function shadowOf(
  bundle: string | undefined,
  table: string | undefined,
  keep: boolean,
  { dynamodb }: Addresses,
): ShadowRequest {
  if (table !== undefined && !/^[a-zA-Z0-9_.-]{3,255}$/.test(table))
    throw new OpsError(`--shadow-table is '${table}', allowed are 3 to 255 characters of [a-zA-Z0-9_.-]`);
  if (table === undefined && dynamodb.endpoint === undefined)
    throw new OpsError('a shadow ledger on AWS costs money: name its table with --shadow-table');
  if (bundle !== undefined && !existsSync(bundle))
    throw new OpsError(`--bundle is '${bundle}', which does not exist`);
  return { bundle: bundle === undefined ? undefined : resolve(bundle), table, keep };
}
