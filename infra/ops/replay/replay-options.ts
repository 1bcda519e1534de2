/** What `npm run replay -- …` understands; anything else is refused in one sentence, before anything is read. */
import { UserError } from '../../terminal/user-error.ts';
import { countGiven, parseCommandLine } from '../command-line.ts';
import type { Addresses } from '../redrive/target.ts';
import { readAddresses, TARGET_USAGE, targetOptions } from '../redrive/target-options.ts';
import { RUN_FILE } from '../run-file.ts';
import { type Asked, readPlace } from './ranges.ts';

export const USAGE = `npm run replay -- --ledger NAME --from start|OFFSET|TIME [options]      a dry run: shows the ranges, and changes nothing
  --apply             hands the range to the ledger's function once more, and demands that nothing comes of it
  --to OFFSET|TIME    up to this offset (included) or time (UTC; not included); else as far as the ledger has counted
  --partition N       only of this partition
  --json              one object for programs
${TARGET_USAGE}
Exit code: 0 as it has to be, 1 not (listed), 2 could not tell`;

export interface ReplayRequest {
  readonly addresses: Addresses;
  readonly asked: Asked;
  readonly apply: boolean;
  readonly json: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;

/** Undefined where help is asked for. */
export function readReplayRequest(given: readonly string[], runFile = RUN_FILE): ReplayRequest | undefined {
  const where = { from: text, to: text, partition: text };
  const options = { ...targetOptions, ...where, apply: flag, json: flag, help: flag };
  const { values } = parseCommandLine({ args: [...given], options }, USAGE);
  if (values.help) return undefined;
  if (values.from === undefined)
    throw new UserError(`--from is missing, allowed is start, an offset or a time\n${USAGE}`);
  const from = values.from === 'start' ? 'start' : readPlace('from', values.from);
  const to = values.to === undefined ? undefined : readPlace('to', values.to);
  const partition = values.partition === undefined ? undefined : countGiven('partition', values.partition);
  const addresses = readAddresses(values, runFile, USAGE);
  return { addresses, asked: { from, to, partition }, apply: values.apply, json: values.json };
}
