/** What a terminal is given: numbers that people read, text that can't steer it, and one line that tells how far long work is. */

/**
 * Characters that a terminal obeys or that hide others are written as \uXXXX: controls (escape sequences begin with one), marks that
 * turn the direction of text, unpaired surrogates, line and paragraph separators. So is the JSON of a report, where that is the same text.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** The same for text of several lines, such as a sentence with the usage below it. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** With separators of thousands: 1,430,000. */
export function grouped(count: number | bigint): string {
  return count.toLocaleString('en');
}

/** Millionths of the currency unit, exact: 27,375.273320. */
export function amount(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  return `${micros < 0n ? '-' : ''}${grouped(size / 1_000_000n)}.${String(size % 1_000_000n).padStart(6, '0')}`;
}

const SHOWN_EVERY_MS = 200;
/** Before that, what it took so far tells too little of what is to come. */
const ESTIMATE_AFTER_MS = 2_000;

/** One line, redrawn in place; nothing where nobody looks. */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  readonly #what: string;
  readonly #unit: string;
  readonly #now: () => number;
  readonly #began: number;
  #shownAt = Number.NEGATIVE_INFINITY;

  /**
   * @param what what is worked on, such as the name of a ledger
   * @param unit what is counted, in the plural, and what becomes of it
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    what: string,
    unit: string,
    out: NodeJS.WriteStream = process.stderr,
    now = () => performance.now(),
  ) {
    this.#what = plain(what);
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
      `\r\u001b[K${this.#what}: ${grouped(done)} of ${grouped(of)} ${this.#unit} (${Math.floor(100 * share)} %${left})`,
    );
  };

  /** Takes the line away. */
  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[K');
  }
}
