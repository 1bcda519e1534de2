/**
 * How a command of `clickledger` is defined and run. Commander parses, prints help and suggests; this file has the exit codes and sentences
 * that all commands share:
 *
 *   0  fine      1  it found something      2  it could not tell, or the input is wrong      130  interrupted
 */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { CommanderError } from 'commander';
import { eraseLine } from './progress.ts';
import { escapeLines } from './text.ts';
import { findInnermostMessage, Interrupted, UserError } from './user-error.ts';

export const INTERRUPTED = 130;
const COULD_NOT_TELL = 2;

/** What exit codes mean for a command. */
interface ExitCodes {
  readonly 0: string;
  /** Undefined for a command that looks for nothing. */
  readonly 1?: string;
}

/** @param summary one sentence, for the head of its help */
export function defineCommand(name: string, summary: string, codes: ExitCodes = { 0: 'done' }): Command {
  const found = codes[1] === undefined ? '' : ` 1 ${codes[1]};`;
  return new Command(`clickledger ${name}`)
    .summary(summary)
    .description(summary)
    .addHelpText(
      'after',
      `\nExit code: 0 ${codes[0]};${found} 2 could not tell, or the input is wrong; 130 interrupted.`,
    );
}

/**
 * Runs a command with what follows its name, and returns the exit code. The action sets `process.exitCode` where it found something.
 * @param loading the command, or a promise of it: Ctrl-C is heard while it loads
 */
export async function runCommand(
  loading: CommandUnknownOpts | Promise<CommandUnknownOpts>,
  given: readonly string[],
): Promise<number> {
  const stopListening = exitOnSignal();
  try {
    return await runLoaded(await loading, given);
  } finally {
    stopListening();
  }
}

async function runLoaded(command: CommandUnknownOpts, given: readonly string[]): Promise<number> {
  command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    await command.parseAsync([...given], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      console.error(`clickledger: ${escapeLines(error.message.replace(/^error: /, ''))}`);
      console.error(`${command.name()} --help lists its options.`);
      return COULD_NOT_TELL;
    }
    if (error instanceof UserError) console.error(`clickledger: ${escapeLines(error.message)}`);
    else console.error(sentenceFor(error, command) ?? error);
    return error instanceof Interrupted ? INTERRUPTED : COULD_NOT_TELL;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A command that ends on signals in its own way listens to them as well, and is left alone. Returns how to stop listening. */
function exitOnSignal(): () => void {
  const listener = (name: NodeJS.Signals) => {
    if (process.listenerCount(name) > 1) return;
    eraseLine();
    console.error('clickledger: interrupted before it was done');
    process.exit(INTERRUPTED);
  };
  for (const name of SIGNALS) process.on(name, listener);
  return () => {
    for (const name of SIGNALS) process.off(name, listener);
  };
}

/** A sentence for what the AWS SDK throws without region or credentials. Any other error is a bug and is printed whole. */
function sentenceFor(error: unknown, { options }: CommandUnknownOpts): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/region is missing/i.test(findInnermostMessage(error))) {
    const isOption = options.some(({ long }) => long === '--region');
    return `clickledger: no AWS region is known: ${isOption ? 'name one with --region, or ' : ''}set AWS_REGION`;
  }
  if (/Credentials(Provider)?Error|CredentialsProvider/.test(error.name))
    return `clickledger: no AWS credentials were found (environment, profile, SSO): ${findInnermostMessage(error)}`;
  return undefined;
}
