/** Parses one condition of a filter pattern, and compares it with a field (AWS Lambda docs: invocation-eventfiltering). */

/** Tells whether one value of the field meets the condition. */
type Meets = (value: unknown) => boolean;

export type FilterCondition = { readonly meets: Meets } | { readonly exists: boolean };

/** Returns the condition, or a sentence about what is wrong with it. */
export function parseCondition(given: unknown): FilterCondition | string {
  if (given === null || typeof given === 'boolean' || isPlain(given))
    return { meets: (value) => value === given };
  if (typeof given !== 'object' || Array.isArray(given)) return `is ${JSON.stringify(given)}`;
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(given);
  const read = others.length === 0 && Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (read === undefined)
    return `is ${JSON.stringify(given)}; allowed are a value and one of ${Object.keys(operators).join(', ')}`;
  return read(operand) ?? `has the wrong operand for ${operator}: ${JSON.stringify(operand)}`;
}

/** Tells whether one of the field's values meets one of the conditions. An absent field has no values. */
export function isFieldMet(conditions: readonly FilterCondition[], values: readonly unknown[]): boolean {
  return conditions.some((condition) =>
    'exists' in condition ? values.length > 0 === condition.exists : values.some(condition.meets),
  );
}

const operators: Readonly<Record<string, (operand: unknown) => FilterCondition | undefined>> = {
  prefix: (operand) => ofText(operand, (value, text) => value.startsWith(text)),
  suffix: (operand) => ofText(operand, (value, text) => value.endsWith(text)),
  'equals-ignore-case': (operand) =>
    ofText(operand, (value, text) => value.toLowerCase() === text.toLowerCase()),
  'anything-but': anythingBut,
  numeric,
  exists: (operand) => (typeof operand === 'boolean' ? { exists: operand } : undefined),
};

function ofText(
  operand: unknown,
  meets: (value: string, text: string) => boolean,
): FilterCondition | undefined {
  if (typeof operand !== 'string') return undefined;
  return { meets: (value) => typeof value === 'string' && meets(value, operand) };
}

function anythingBut(operand: unknown): FilterCondition | undefined {
  const given: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (given.length === 0 || !given.every(isPlain)) return undefined;
  const excluded = new Set<unknown>(given);
  return { meets: (value) => !excluded.has(value) };
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `["=", 5]`, `[">", 0]`, or a range: `[">", 0, "<=", 5]`. */
function numeric(operand: unknown): FilterCondition | undefined {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) return undefined;
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const [name, bound] = [operand[at] as unknown, operand[at + 1] as unknown];
    const compare =
      typeof name === 'string' && Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
    if (compare === undefined || typeof bound !== 'number') return undefined;
    tests.push((value) => compare(value, bound));
  }
  return { meets: (value) => typeof value === 'number' && tests.every((test) => test(value)) };
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
