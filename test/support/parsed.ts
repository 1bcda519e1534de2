/** What a command takes from its command line, without what it does with it. */
import assert from 'node:assert/strict';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import { CommanderError } from 'commander';
import { UserError } from '../../infra/terminal/user-error.ts';

/** The values of its options. Throws what commander or a value's reader throws. The command does nothing in this process from then on. */
export function parsed<Values extends OptionValues>(
  // biome-ignore lint/suspicious/noExplicitAny: of commands with arguments and without
  command: Command<any, Values, any>,
  given: string | readonly string[],
): Values {
  const words = typeof given === 'string' ? given.split(' ').filter((word) => word !== '') : [...given];
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  command.parse(words, { from: 'user' });
  return command.opts();
}

/** The sentence that a person gets for what was thrown; anything but a refusal fails the test. */
export function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof CommanderError || error instanceof UserError, String(error));
    return error.message.replace(/^error: /, '');
  }
  return assert.fail('it was not refused');
}
