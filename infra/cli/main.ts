#!/usr/bin/env node
/**
 * `clickledger COMMAND …`: finds the command and runs it. Each command is a file of this folder and is loaded only when it is named, since
 * some bring a Kafka client or the CDK.
 */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { Command as Program } from 'commander';
import { runCommand } from '../terminal/command.ts';

interface Listed {
  readonly summary: string;
  readonly load: () => Promise<CommandUnknownOpts>;
}

type Load = Listed['load'];

/** Proof, lab and benchmarks belong to the tests, which no source imports: they are loaded by their path. */
function loadFrom(path: string, name: string): Load {
  return async () => (await import(new URL(path, import.meta.url).href))[name];
}

/** In the order of the list that a person reads. */
export const commands: Readonly<Record<string, Listed>> = {
  start: {
    summary: 'run all groups on this machine, with clicks and a live page',
    load: async () => (await import('./start.ts')).start,
  },
  send: {
    summary: 'put records of your own onto the topic, and follow them',
    load: async () => (await import('./send.ts')).send,
  },
  statement: {
    summary: "print an advertiser's clicks and amounts by hour",
    load: async () => (await import('./statement.ts')).statement,
  },
  audit: {
    summary: 'compare ledgers with the log, by independent code',
    load: async () => (await import('./audit.ts')).audit,
  },
  redrive: {
    summary: 'show what a ledger has not counted, and count it',
    load: async () => (await import('./redrive.ts')).redrive,
  },
  replay: {
    summary: 'read a range of the topic again, which must change nothing',
    load: async () => (await import('./replay.ts')).replay,
  },
  size: {
    summary: 'compute what a load needs and costs',
    load: async () => (await import('./size.ts')).size,
  },
  reachable: {
    summary: 'check whether pollers and clients can reach the brokers',
    load: async () => (await import('./reachable.ts')).reachable,
  },
  'new-group': {
    summary: 'write the files of another team',
    load: async () => (await import('./new-group.ts')).newGroup,
  },
  record: {
    summary: 'record what CloudFormation has deployed of a stage',
    load: async () => (await import('./record.ts')).record,
  },
  prove: {
    summary: 'break everything around the promise, and see whether it holds',
    load: loadFrom('../../test/prove/prove.ts', 'prove'),
  },
  lab: {
    summary: 'measure join, leave and crash under each assignment strategy',
    load: loadFrom('../../test/lab/lab.ts', 'lab'),
  },
  bench: {
    summary: 'measure speed and cost, and write docs/benchmarks.md',
    load: loadFrom('../../test/bench/bench.ts', 'bench'),
  },
};

export async function main(given: readonly string[]): Promise<number> {
  const [first = '', ...after] = given;
  // `clickledger help audit` is `clickledger audit --help`.
  const [name = '', ...rest] = first === 'help' && after.length > 0 ? [...after, '--help'] : given;
  const listed = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (listed !== undefined) return runCommand(listed.load(), rest);
  const program = new Program('clickledger');
  for (const [known, { summary }] of Object.entries(commands)) program.command(known).description(summary);
  // An empty line asks for the list, as help does.
  return runCommand(program as unknown as CommandUnknownOpts, given.length === 0 ? ['--help'] : given);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
