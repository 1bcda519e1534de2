/** Money as people and programs read it, never by way of a float (I6). */

/** Millionths as a decimal of the currency unit: 1 234 567 is 1.234567. */
export function formatMicros(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** For JSON.stringify: a number of as many digits as it needs. The type of `JSON` does not know `rawJSON` yet. */
export function encodeNumber(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}
