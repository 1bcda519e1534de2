/** How an operator's command ends. */
import { plainLines } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';

/** Runs a command to its exit code: 0 done, 2 could not; a sentence for what an operator can cure, all of it for a fault of ours. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (error instanceof UserError) console.error(`clickledger: ${plainLines(error.message)}`);
    else console.error(error);
    process.exitCode = 2;
  }
}
