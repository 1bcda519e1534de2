/** What a command of the laptop was given, or one sentence that says what is wrong with it. Shared by start and lab. */

import { parseArgs } from 'node:util';
import { UserError } from '../terminal/user-error.ts';

type Given = Readonly<Record<string, string | boolean | undefined>>;

export function parseCommandLine(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>,
): Given {
  try {
    return parseArgs({ args: [...args], options }).values as Given;
  } catch (error) {
    const [what = 'the options are not understood'] = error instanceof Error ? error.message.split('. ') : [];
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new UserError(`${what.replace(/\.$/, '')}; allowed are ${known.join(', ')}`, error);
  }
}

export function wholeNumber(values: Given, name: string, min: number, max: number): number | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const number = Number(given);
  if (typeof given === 'string' && /^\d+$/.test(given) && number >= min && number <= max) return number;
  throw new UserError(`--${name} is '${String(given)}', allowed is a whole number from ${min} to ${max}`);
}
