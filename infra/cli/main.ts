#!/usr/bin/env node
/**
 * `clickledger COMMAND …`: finds the command and runs it. Each command is a file of this folder and is loaded only when it is named, since
 * some bring a Kafka client or the CDK.
 */
import type { Command } from '@commander-js/extra-typings';
import { Command as Program } from 'commander';
import { runCommand } from '../terminal/command.ts';

interface Listed {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** In the order of the list that a person reads. */
export const commands: Readonly<Record<string, Listed>> = {
  statement: {
    summary: "print an advertiser's clicks and amounts by hour",
    load: async () => (await import('./statement.ts')).statement,
  },
};

export async function main(given: readonly string[]): Promise<number> {
  const [name = '', ...rest] = given;
  const listed = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (listed !== undefined) return runCommand(await listed.load(), rest);
  const program = new Program('clickledger');
  for (const [known, { summary }] of Object.entries(commands)) program.command(known).description(summary);
  // An empty line asks for the list, as help does.
  return runCommand(program as unknown as Command, given.length === 0 ? ['--help'] : given);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
