/** What a terminal is given: numbers that people read, and text that can't steer it. */

/**
 * Characters that a terminal obeys or that hide others are written as \uXXXX: controls (escape sequences begin with one), marks that
 * turn the direction of text, unpaired surrogates, line and paragraph separators. So is the JSON of a report, where that is the same text.
 */
export function escapeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from(
      { length: found.length },
      (_, i) => `\\u${found.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** The same for text of several lines, such as a sentence with the usage below it. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

/** With separators of thousands: 1,430,000. */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en');
}

/** Millionths of the currency unit, exact: 27,375.273320. */
export function formatAmount(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  return `${micros < 0n ? '-' : ''}${formatCount(size / 1_000_000n)}.${String(size % 1_000_000n).padStart(6, '0')}`;
}

export const COLUMNS = 80;

/** Breaks text at spaces into lines of at most 80 columns, with what precedes the first and the others. A longer word stays whole. */
export function wrap(text: string, first = '', others = first): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const start = lines.length === 0 ? first : others;
    if (line !== '' && start.length + line.length + 1 + word.length > COLUMNS) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? first : others) + line];
}

/** What was read of tables, topics and documents can't steer the terminal. */
export function printLines(lines: readonly string[]): void {
  for (const line of lines) console.log(escapeText(line));
}
