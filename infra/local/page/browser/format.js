/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat('en');

export function count(number) {
  return whole.format(number);
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** `3249.096395` as its whole part with separators, and its micros. */
export function money(text) {
  const [units = '0', micros = '000000'] = text.split('.');
  return { units: `${whole.format(BigInt(units))}.${micros.slice(0, 2)}`, micros: micros.slice(2) };
}

export function seconds(number) {
  return number < 10 ? `${number.toFixed(1)} s` : `${Math.round(number)} s`;
}

export function clock(at) {
  return new Date(at).toTimeString().slice(0, 8);
}

/** `1 and 3`, `1, 2 and 3`. */
export function listed(items) {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
