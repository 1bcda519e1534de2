/** Progress of long work on a terminal, and its end by Ctrl-C. */
import { escapeText, formatCount } from './text.ts';
import { Interrupted } from './user-error.ts';

const SHOWN_EVERY_MS = 200;
/** Before that, the estimate would be too rough. */
const ESTIMATE_AFTER_MS = 2_000;

/** One line, redrawn in place. Prints nothing if the output is not a terminal. */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #what: string;
  readonly #unit: string;
  readonly #now: () => number;
  readonly #began: number;
  #shownAt = Number.NEGATIVE_INFINITY;

  /**
   * @param what the work, such as the name of a ledger
   * @param unit what is counted, in the plural, such as `records read`
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    what: string,
    unit: string,
    out: NodeJS.WriteStream = process.stderr,
    now = () => performance.now(),
  ) {
    this.#what = escapeText(what);
    this.#unit = unit;
    this.#out = out;
    this.#now = now;
    this.#began = now();
  }

  readonly show = (done: number, of: number): void => {
    const now = this.#now();
    if (!this.#out.isTTY || now - this.#shownAt < SHOWN_EVERY_MS) return;
    this.#shownAt = now;
    const share = of > 0 ? Math.min(1, done / of) : 0;
    const tookMs = now - this.#began;
    const leftMs = (tookMs * (1 - share)) / share;
    const left =
      tookMs < ESTIMATE_AFTER_MS || share === 0 ? '' : `, about ${Math.ceil(leftMs / 1_000)} s to go`;
    this.#out.write(
      `\r\u001b[K${this.#what}: ${formatCount(done)} of ${formatCount(of)} ${this.#unit} (${Math.floor(100 * share)} %${left})`,
    );
  };

  /** Clears the line. */
  end(): void {
    eraseLine(this.#out);
  }
}

/** Takes away a line that is redrawn in place; nothing where nobody looks. */
export function eraseLine(out: NodeJS.WriteStream = process.stderr): void {
  if (out.isTTY) out.write('\r\u001b[K');
}

/** Aborted by Ctrl-C, SIGTERM or SIGHUP, with the sentence that the command then ends with. A second signal ends it at once. */
export function createInterruptSignal(sentence: string): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => ending.abort(new Interrupted(sentence)));
  return ending.signal;
}
