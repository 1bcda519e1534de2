/** Faults that an operator's command ends with, and how it ends. */

import { plainLines } from '../terminal/text.ts';
import { CouldNotTell } from './audit/could-not-tell.ts';

/** What an operator can cure: one sentence or two that say what was given, what is allowed and what to do. */
export class OpsError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OpsError';
  }
}

/** Runs a command to its exit code: 0 done, 2 could not; a sentence for what an operator can cure, all of it for a fault of ours. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (error instanceof OpsError || error instanceof CouldNotTell)
      console.error(`clickledger: ${plainLines(error.message)}`);
    else console.error(error);
    process.exitCode = 2;
  }
}
