/** What a command was given, or one sentence that says what is wrong with it. Shared by all commands of operators but the audit. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from '../terminal/user-error.ts';

/** Node's own parser; what it refuses is followed by the usage. */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config, usage: string) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [what = ''] = error instanceof Error ? error.message.split('. ') : [];
    throw new UserError(`${what.replace(/\.$/, '')}\n${usage}`, error);
  }
}

/** A whole number from 0, or a sentence. */
export function countGiven(option: string, given: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(given) && Number.isSafeInteger(Number(given))) return Number(given);
  throw new UserError(`--${option} is '${given}', allowed is a whole number from 0`);
}
