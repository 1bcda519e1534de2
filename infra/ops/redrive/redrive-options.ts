/** What `npm run redrive -- …` understands; anything else is refused in one sentence, before anything is read. */

import { ACCEPTANCE_LENGTH_MAX } from '../../../shared/event/event.ts';
import { UserError } from '../../terminal/user-error.ts';
import { countGiven, parseCommandLine } from '../command-line.ts';
import { RUN_FILE } from '../run-file.ts';
import type { Decision, Kind } from './open-work.ts';
import type { Selection } from './redrive-ledger.ts';
import type { Addresses } from './target.ts';
import { readAddresses, TARGET_USAGE, targetOptions } from './target-options.ts';

export const USAGE = `npm run redrive -- --ledger NAME [options]      a dry run: shows what is open, and changes nothing
  --apply             redrives it
  --parked            only records that were parked (after a fix of what refused them)
  --gaps              only offsets that the mapping has passed over
  --destination       only what documents of the mapping's S3 destination hold
  --accept --reason TEXT --who NAME    with --parked, --gaps or both: not to be applied, but never to count. Of gaps, those
                      that the log no longer holds or no function can take. An entry says so for good
  --park              with --partition: the batch that its share of rejected records has halted; its clicks are counted,
                      the others parked. The batch that comes next, or the offsets of --from and --to
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
  const deciding = { accept: flag, reason: text, who: text, park: flag };
  const options = { ...targetOptions, ...selecting, ...deciding, apply: flag, json: flag, help: flag };
  const { values } = parseCommandLine({ args: [...given], options }, USAGE);
  if (values.help) return undefined;
  const number = (name: 'partition' | 'from' | 'to') =>
    values[name] === undefined ? undefined : countGiven(name, values[name]);
  const [partition, from, to] = [number('partition'), number('from'), number('to')];
  if (from !== undefined && to !== undefined && from > to)
    throw new UserError(`--from is ${from}, which comes after --to, ${to}: nothing lies between`);
  const chosen = kinds.filter((kind) => values[kind]);
  const accept = readDecision(values, chosen);
  if (values.park && (values.accept || chosen.length > 0 || partition === undefined))
    throw new UserError(
      '--park releases one halted batch: give --partition with it, and none of --accept, --parked, --gaps, --destination',
    );
  const within = { partition, from, to };
  const selection = {
    kinds: new Set(chosen.length === 0 ? kinds : chosen),
    accept,
    park: values.park,
    ...within,
  };
  const { apply, json } = values;
  return { addresses: readAddresses(values, runFile, USAGE), selection, apply, json };
}

function readDecision(
  { accept, reason, who }: { accept: boolean; reason?: string | undefined; who?: string | undefined },
  chosen: readonly Kind[],
): Decision | undefined {
  if (!accept) {
    if (reason === undefined && who === undefined) return undefined;
    throw new UserError(
      '--reason and --who say why and by whom offsets are accepted: give --accept with them',
    );
  }
  if (chosen.length === 0 || chosen.includes('destination'))
    throw new UserError('--accept takes --parked, --gaps or both: say which of them will never count');
  const given = [reason, who].map((each) => each?.trim() ?? '');
  if (given.some((each) => each === '' || each.length > ACCEPTANCE_LENGTH_MAX))
    throw new UserError(
      `--accept needs --reason TEXT and --who NAME, each of 1 to ${ACCEPTANCE_LENGTH_MAX} characters: they stay in the journal`,
    );
  return { reason: given[0] ?? '', who: given[1] ?? '' };
}
