/** What long work shows on a terminal, and how Ctrl-C ends it. */
import { Interrupted } from './user-error.ts';

const SHOWN_EVERY_MS = 200;

export interface Progress {
  readonly show: (line: string) => void;
  /** Removes the line. */
  readonly end: () => void;
}

/** One line, redrawn in place. Nothing where the output is no terminal. */
export function showProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  if (!out.isTTY) return { show: () => {}, end: () => {} };
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(line) {
      const now = performance.now();
      if (now - shownAt < SHOWN_EVERY_MS) return;
      shownAt = now;
      out.write(`\r\u001b[K${line.slice(0, Math.max(1, out.columns - 1))}`);
    },
    end: () => void out.write('\r\u001b[K'),
  };
}

/** Aborted by Ctrl-C, SIGTERM or SIGHUP, with the sentence that the command then ends with. A second signal ends it at once. */
export function interruptSignal(sentence: string): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => ending.abort(new Interrupted(sentence)));
  return ending.signal;
}
