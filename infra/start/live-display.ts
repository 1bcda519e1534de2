/**
 * Shows messages and the live lines on one stream: in a terminal the table is redrawn in place under the messages; anywhere
 * else it is printed every few seconds, so that a log stays readable.
 */
import type { WriteStream } from 'node:tty';
import { type LiveGroup, LiveLines } from './live-lines.ts';

const PRINT_EVERY_MS = 3_000;
/** Some terminals say that they have none. */
const COLUMNS_UNKNOWN = 80;

export class LiveDisplay {
  readonly #stream: WriteStream;
  readonly #lines = new LiveLines();
  #drawn = 0;
  #printedAt = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  show(groups: readonly LiveGroup[], now: number): void {
    const rows = this.#lines.rows(groups, now);
    if (this.#stream.isTTY) {
      this.#erase();
      const width = (this.#stream.columns || COLUMNS_UNKNOWN) - 1;
      this.#stream.write(`${rows.map((row) => row.slice(0, width)).join('\n')}\n`);
      this.#drawn = rows.length;
    } else if (now - this.#printedAt >= PRINT_EVERY_MS) {
      this.#printedAt = now;
      this.#stream.write(`${rows.join('\n')}\n`);
    }
  }

  /** Leaves what stands on the screen where it is. */
  end(): void {
    this.#drawn = 0;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}
