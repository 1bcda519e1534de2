/** What `npm run redrive -- …` understands; anything else is refused in one sentence, before anything is read. */
import { countGiven, parseCommandLine } from '../command-line.ts';
import { OpsError } from '../ops-error.ts';
import { RUN_FILE } from '../run-file.ts';
import type { Kind, Selection } from './redrive-ledger.ts';
import type { Addresses } from './target.ts';
import { readAddresses, TARGET_USAGE, targetOptions } from './target-options.ts';

export const USAGE = `npm run redrive -- --ledger NAME [options]      a dry run: shows what is open, and changes nothing
  --apply             redrives it
  --parked            only records that were parked (after a fix of what refused them)
  --gaps              only offsets that the mapping has passed over
  --destination       only what documents of the mapping's S3 destination hold
  --partition N       only of this partition
  --from N --to N     only offsets from N to N, both included
  --json              one object for programs
${TARGET_USAGE}
  --bucket NAME       the S3 destination of the mapping
Exit code: 0 nothing is left to redrive, 1 something is (listed with its reason), 2 could not tell`;

interface RedriveRequest {
  readonly addresses: Addresses;
  readonly selection: Selection;
  readonly apply: boolean;
  readonly json: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string' } as const;
const kinds: readonly Kind[] = ['parked', 'gaps', 'destination'];

/** Undefined where help is asked for. */
export function readRedriveRequest(given: readonly string[], runFile = RUN_FILE): RedriveRequest | undefined {
  const selecting = { parked: flag, gaps: flag, destination: flag, partition: text, from: text, to: text };
  const options = { ...targetOptions, ...selecting, apply: flag, json: flag, help: flag };
  const { values } = parseCommandLine({ args: [...given], options }, USAGE);
  if (values.help) return undefined;
  const number = (name: 'partition' | 'from' | 'to') =>
    values[name] === undefined ? undefined : countGiven(name, values[name]);
  const [partition, from, to] = [number('partition'), number('from'), number('to')];
  if (from !== undefined && to !== undefined && from > to)
    throw new OpsError(`--from is ${from}, which comes after --to, ${to}: nothing lies between`);
  const chosen = kinds.filter((kind) => values[kind]);
  const selection = { kinds: new Set(chosen.length === 0 ? kinds : chosen), partition, from, to };
  const { apply, json } = values;
  return { addresses: readAddresses(values, runFile, USAGE), selection, apply, json };
}
