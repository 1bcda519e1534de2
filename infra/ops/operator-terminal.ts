/** What long work of an operator's command shows on a terminal, and how Ctrl-C ends it: between two steps, each of which stands. */
import { OpsError } from './ops-error.ts';

/** Aborted by Ctrl-C, with the sentence that the command then ends with. A second Ctrl-C ends it at once. */
export function operatorSignal(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () =>
      ending.abort(new OpsError('interrupted: what was done stands, and the same command may be run again')),
    );
  return ending.signal;
}

interface Progress {
  readonly show: (done: number, of: number) => void;
  readonly end: () => void;
}

const SHOWN_EVERY_MS = 200;

/** One line on the terminal, gone when the work is; nothing where nobody looks. */
export function showProgress(what: string, out: NodeJS.WriteStream = process.stderr): Progress {
  if (!out.isTTY) return { show: () => {}, end: () => {} };
  let shownAt = 0;
  return {
    show(done, of) {
      const now = performance.now();
      if (now - shownAt < SHOWN_EVERY_MS) return;
      shownAt = now;
      out.write(`\r\u001b[K${what}: ${done} of ${of} offsets`);
    },
    end: () => void out.write('\r\u001b[K'),
  };
}
