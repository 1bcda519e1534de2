/**
 * What is wrong with a count, all of it at once: for synthesis, which refuses it. In: anything, and a sound contract. Out: sentences of what
 * was given and what is allowed; none for a sound count.
 */
import { type Contract, type Field, type OneOfField, TEXT_MAX } from '../contract/contract.ts';
import { AMOUNT_MAX, BATCH_RECORDS_MAX } from './count.ts';
import { KEY_BYTES_MAX } from './delta.ts';

const BY_MAX = 8;
const MEASURES_MAX = 16;
const measureName = /^[a-z][A-Za-z0-9]{0,63}$/;
/** Attributes that a statement line has beside its measures. */
const reserved = ['pk', 'sk', 'through', 'flagged', 'expires', 'seal'];
const keyKinds = ['text', 'one of', 'boolean', 'integer'];
const measureKinds = ['integer', 'micros', 'decimal'];

/** What is wrong with a count, each with what is allowed. The contract has to be sound. */
export function checkCount(given: unknown, contract: Contract): string[] {
  if (!isObject(given)) return [`count is ${shown(given)}, allowed is an object with by and measures`];
  const faults = Object.keys(given)
    .filter((key) => !['by', 'measures', 'where', 'fold'].includes(key))
    .map((key) => `count has '${key}', allowed are by, measures, where, fold`);
  checkBy(given['by'], contract, faults);
  checkMeasures(given['measures'], contract, faults);
  checkWhere(given['where'], contract, faults);
  if (given['fold'] !== undefined && typeof given['fold'] !== 'boolean')
    faults.push(`count.fold is ${shown(given['fold'])}, allowed are true and false`);
  if (given['fold'] === true && given['where'] !== undefined)
    faults.push('count has where beside fold, allowed is one of them: the fold passes records over itself');
  return faults;
}

function checkBy(by: unknown, { fields }: Contract, faults: string[]): void {
  const allowed = Object.entries(fields)
    .filter(([, { kind, optional, personal }]) => keyKinds.includes(kind) && !optional && !personal)
    .map(([name]) => name);
  const names: unknown[] = Array.isArray(by) ? by : [];
  if (names.length < 1 || names.length > BY_MAX || new Set(names).size !== names.length)
    return void faults.push(
      `count.by is ${shown(by)}, allowed are 1 to ${BY_MAX} different fields of ${allowed.join(', ')}`,
    );
  for (const name of names) {
    const field = Object.hasOwn(fields, String(name)) ? fields[String(name)] : undefined;
    if (allowed.includes(String(name))) continue;
    faults.push(`count.by names ${shown(name)}, ${whyNoKey(field)}; allowed are ${allowed.join(', ')}`);
  }
  if (faults.length > 0) return;
  const bytes = names.reduce<number>((sum, name) => sum + countKeyBytes(fields[String(name)] as Field), 0);
  if (bytes > KEY_BYTES_MAX)
    faults.push(
      `count.by makes keys of up to ${bytes} bytes, allowed are ${KEY_BYTES_MAX}: lower max of a text, or give it a pattern`,
    );
}

function whyNoKey(field: Field | undefined): string {
  if (field === undefined) return 'which is no field of the contract';
  if (field.personal) return 'which is personal';
  if (field.optional) return 'which may be absent';
  return `which is of kind '${field.kind}'`;
}

/** Escaped, a character of any text may take six bytes, of a text with a pattern five; then a comma. */
function countKeyBytes(field: Field): number {
  if (field.kind === 'text') return field.max * (field.pattern === undefined ? 6 : 5) + 1;
  if (field.kind === 'one of') return Math.max(...field.values.map((value) => value.length * 6)) + 1;
  return 20;
}

function checkMeasures(measures: unknown, { fields }: Contract, faults: string[]): void {
  const named = isObject(measures) ? Object.entries(measures) : [];
  if (named.length < 1 || named.length > MEASURES_MAX)
    return void faults.push(
      `count.measures is ${shown(measures)}, allowed are 1 to ${MEASURES_MAX} sums by name`,
    );
  const allowed = Object.entries(fields)
    .filter(([, { kind, personal }]) => measureKinds.includes(kind) && !personal)
    .map(([name]) => name);
  for (const [name, amount] of named) {
    if (!measureName.test(name) || reserved.includes(name) || name in Object.prototype)
      faults.push(
        `count.measures has the name '${name}', allowed are 1 to 64 letters and digits, the first a small letter, but not ${reserved.join(', ')}`,
      );
    if (amount === 1) continue;
    if (typeof amount !== 'string' || !allowed.includes(amount)) {
      faults.push(
        `count.measures.${name} is ${shown(amount)}, allowed are 1 and ${allowed.join(', ') || 'no field of this contract'}`,
      );
      continue;
    }
    const { min = 0, max } = fields[amount] as { readonly min?: number; readonly max: number };
    if (Math.max(Math.abs(min), Math.abs(max)) > AMOUNT_MAX)
      faults.push(
        `count.measures.${name} sums '${amount}', which may be ${Math.abs(min) > max ? min : max}: ${BATCH_RECORDS_MAX} of a batch could pass 2^53; allowed is a field within ${AMOUNT_MAX}`,
      );
  }
}

function checkWhere(where: unknown, { fields }: Contract, faults: string[]): void {
  if (where === undefined) return;
  if (!isObject(where))
    return void faults.push(`count.where is ${shown(where)}, allowed are conditions by field`);
  for (const [name, condition] of Object.entries(where)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined)
      faults.push(`count.where names '${name}', allowed are ${Object.keys(fields).join(', ')}`);
    else if (field.personal)
      faults.push(`count.where names '${name}', which is personal; allowed are fields that are not`);
    else if (!isCondition(condition, field))
      faults.push(`count.where.${name} is ${shown(condition)}, allowed ${allowedConditions(field)}`);
  }
}

function isCondition(condition: unknown, field: Field): boolean {
  if (!isObject(condition)) return isValue(condition, field);
  const [[key, value] = [], ...more] = Object.entries(condition);
  if (more.length > 0) return false;
  if (key === 'oneOf')
    return Array.isArray(value) && value.length > 0 && value.every((each) => isValue(each, field));
  return key === 'atLeast' && isNumeric(field) && Number.isSafeInteger(value);
}

function isValue(value: unknown, field: Field): boolean {
  if (field.kind === 'boolean') return typeof value === 'boolean';
  if (field.kind === 'one of') return (field as OneOfField).values.includes(value as string);
  return isNumeric(field)
    ? Number.isSafeInteger(value)
    : typeof value === 'string' && value.length <= TEXT_MAX;
}

function allowedConditions(field: Field): string {
  const value = isNumeric(field)
    ? 'a whole number'
    : field.kind === 'boolean'
      ? 'true or false'
      : field.kind === 'one of'
        ? `one of ${field.values.join(', ')}`
        : 'a text';
  return `is ${value}, { oneOf: [ … ] }${isNumeric(field) ? ' or { atLeast: … }' : ''}`;
}

function isNumeric({ kind }: Field): boolean {
  return measureKinds.includes(kind) || kind === 'time';
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function shown(given: unknown): string {
  return given === undefined ? 'missing' : typeof given === 'string' ? `'${given}'` : JSON.stringify(given);
}
