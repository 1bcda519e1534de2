/** What commands print: text that can't steer the terminal, tables, and numbers and money that are exact (I6: never a float). */

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

/** A count with its noun: 1 fault, 1,200 faults. */
export function formatQuantity(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${Number(count) === 1 ? one : many}`;
}

const OFFSETS_SHOWN = 60;

/** Sets of offsets within a text, such as 0-4711,4713, end with … after 60 characters: a person needs where they begin. */
export function shortenOffsets(text: string): string {
  return text.replace(/\d[\d,-]+/g, (set) =>
    set.length <= OFFSETS_SHOWN ? set : `${set.slice(0, OFFSETS_SHOWN).replace(/,[^,]*$/, '')},…`,
  );
}

/** Millionths of the currency unit, exact: 27,375.273320. */
export function formatAmount(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  return `${micros < 0n ? '-' : ''}${formatCount(size / 1_000_000n)}.${String(size % 1_000_000n).padStart(6, '0')}`;
}

const COLUMNS = 80;

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

/** Millionths as a decimal of the currency unit: 1 234 567 is 1.234567. */
export function formatMicros(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** For JSON.stringify: a number of as many digits as it needs. The type of `JSON` does not know `rawJSON` yet. */
export function encodeNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

export function formatTable(rows: readonly (readonly string[])[], numbers: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numbers.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
