/** What an operator's command prints, and how Ctrl-C ends it: between two steps, each of which stands. */

import { plain } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';

/** Aborted by Ctrl-C, with the sentence that the command then ends with. A second Ctrl-C ends it at once. */
export function operatorSignal(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () =>
      ending.abort(new UserError('interrupted: what was done stands, and the same command may be run again')),
    );
  return ending.signal;
}

/** What it has read of tables, topics and documents can't steer the terminal. */
export function printLines(lines: readonly string[]): void {
  for (const line of lines) console.log(plain(line));
}
