/**
 * Shows messages and the live lines on one stream: in a terminal the lines are redrawn in place under the messages; anywhere else they are
 * printed every few seconds, so that a log stays readable.
 */
import type { WriteStream } from 'node:tty';
import { formatUnread, type LiveGroup, LiveLines, type UnreadTopic } from './live-lines.ts';

const PRINT_EVERY_MS = 3_000;
/** Some terminals say that they have none. */
const COLUMNS_UNKNOWN = 80;
const ROWS_UNKNOWN = 24;

export class LiveDisplay {
  readonly #stream: WriteStream;
  readonly #lines = new LiveLines();
  #drawn = 0;
  #printedAt = 0;
  #footer: string | undefined;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  /** Says a line last: in a terminal it stays below the live lines. */
  keepBelow(line: string): void {
    if (this.#stream.isTTY) this.#footer = line;
    else this.say(line);
  }

  /** Groups as a table, below it a line for each topic without a group. */
  show(groups: readonly LiveGroup[], now: number, unread: readonly UnreadTopic[] = []): void {
    const below = unread.map(formatUnread);
    if (this.#stream.isTTY) {
      // A line as wide as the terminal would wrap, and as many as it has would scroll.
      const columns = (this.#stream.columns || COLUMNS_UNKNOWN) - 1;
      const footer = [...below, ...(this.#footer === undefined ? [] : [this.#footer])].map((line) =>
        line.slice(0, columns),
      );
      const rows = Math.max(1, (this.#stream.rows || ROWS_UNKNOWN) - 1 - footer.length);
      const drawn = [...this.#lines.lines(groups, now, { columns, rows }), ...footer];
      this.#erase();
      this.#stream.write(`${drawn.join('\n')}\n`);
      this.#drawn = drawn.length;
    } else if (now - this.#printedAt >= PRINT_EVERY_MS) {
      this.#printedAt = now;
      this.#stream.write(`${[...this.#lines.lines(groups, now), ...below].join('\n')}\n`);
    }
  }

  /** Leaves what is on the screen where it is. */
  end(): void {
    this.#drawn = 0;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}
