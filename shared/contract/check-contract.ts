/**
 * What is wrong with a contract, all of it at once: for synthesis, which refuses it. In: anything, as plain JavaScript may have
 * written it. Out: sentences of what was given and what is allowed; none for a sound contract.
 */
import {
  type Contract,
  FIELDS_MAX,
  type Field,
  type NumberField,
  PATH_LEVELS_MAX,
  readPath,
  readVersionPath,
  SCALE_MAX,
  TEXT_MAX,
} from './contract.ts';
import { parseTextPattern } from './text-pattern.ts';

const contractKeys = ['format', 'version', 'fields', 'codes'];
const shared = ['kind', 'path', 'optional', 'personal', 'code'];
const kinds: Readonly<Record<string, readonly string[]>> = {
  text: ['min', 'max', 'pattern'],
  integer: ['min', 'max', 'quoted'],
  micros: ['min', 'max', 'quoted'],
  decimal: ['scale', 'min', 'max', 'quoted'],
  boolean: [],
  time: ['unit', 'quoted'],
  'one of': ['values'],
};
const units = ['milliseconds', 'seconds', 'text'];
const flags = ['optional', 'personal', 'quoted'];
const fieldName = /^[a-z][A-Za-z0-9]{0,63}$/;
const codePattern = /^[a-z][a-zA-Z0-9]{0,63}\.[a-zA-Z][a-zA-Z0-9]{0,63}$/;

export function checkContract(given: unknown): string[] {
  if (!isObject(given))
    return [`the contract is ${shown(given)}, allowed is an object with format and fields`];
  const faults = unknownKeys('the contract', given, contractKeys);
  checkFormat(given['format'], faults);
  const { fields } = given;
  if (!isObject(fields) || Object.keys(fields).length === 0)
    return [...faults, `fields is ${shown(fields)}, allowed are 1 to ${FIELDS_MAX} fields by name`];
  const named = Object.entries(fields);
  if (named.length > FIELDS_MAX) faults.push(`fields has ${named.length}, allowed are ${FIELDS_MAX}`);
  for (const [name, field] of named) checkField(name, field, faults);
  checkCodes(given['codes'], faults);
  checkVersion(given['version'], faults);
  if (faults.length === 0) checkPaths(given as unknown as Contract, faults);
  return faults;
}

function checkField(name: string, field: unknown, faults: string[]): void {
  const of = `field '${name}'`;
  if (!fieldName.test(name) || name === 'record' || name === 'rejected' || name in Object.prototype)
    faults.push(
      `${of} has a name that is not allowed: 1 to 64 letters and digits, the first a small letter, and not 'record' or 'rejected'`,
    );
  if (!isObject(field)) return void faults.push(`${of} is ${shown(field)}, allowed is an object with a kind`);
  const own = kinds[String(field['kind'])];
  if (own === undefined || typeof field['kind'] !== 'string')
    return void faults.push(
      `${of} is of kind ${shown(field['kind'])}, allowed are ${Object.keys(kinds).join(', ')}`,
    );
  faults.push(...unknownKeys(of, field, [...shared, ...own]));
  for (const flag of flags)
    if (own.includes(flag) || flag !== 'quoted')
      if (field[flag] !== undefined && typeof field[flag] !== 'boolean')
        faults.push(`${of} has ${flag} ${shown(field[flag])}, allowed are true and false`);
  if (field['path'] !== undefined && !isPath(field['path']))
    faults.push(`${of} has path ${shown(field['path'])}, allowed is a list of 1 to ${PATH_LEVELS_MAX} names`);
  const { code } = field;
  const codes = isObject(code) ? [code['missing'], code['kind'], code['bounds']] : [code];
  if (code !== undefined && !codes.every(isCode))
    faults.push(
      `${of} has code ${shown(code)}, allowed is one like 'event.${name}', or { missing, kind, bounds } of such`,
    );
  checkKind(of, field as unknown as Field, faults);
}

function checkKind(of: string, field: Field, faults: string[]): void {
  switch (field.kind) {
    case 'text': {
      checkBounds(of, { ...field, min: field.min ?? 1 }, [0, TEXT_MAX], faults);
      if (field.pattern !== undefined) checkPattern(of, field.pattern, faults);
      break;
    }
    case 'decimal':
      if (!isWhole(field.scale) || field.scale < 0 || field.scale > SCALE_MAX)
        faults.push(
          `${of} has scale ${shown(field.scale)}, allowed is a whole number from 0 to ${SCALE_MAX}`,
        );
      checkNumber(of, field, faults);
      break;
    case 'integer':
    case 'micros':
      checkNumber(of, field, faults);
      break;
    case 'time':
      if (!units.includes(field.unit))
        faults.push(`${of} has unit ${shown(field.unit)}, allowed are ${units.join(', ')}`);
      if (field.unit === 'text' && field.quoted === false)
        faults.push(`${of} has unit 'text' and quoted false, allowed is to leave quoted out`);
      break;
    case 'one of': {
      const { values } = field;
      const texts =
        Array.isArray(values) && values.every((value) => typeof value === 'string' && value !== '');
      if (!texts || values.length === 0 || new Set(values).size !== values.length)
        faults.push(`${of} has values ${shown(values)}, allowed is a list of different texts`);
      break;
    }
    default:
  }
}

function checkNumber(of: string, field: Pick<NumberField, 'min' | 'max'>, faults: string[]): void {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  checkBounds(of, { min: field.min ?? 0, max: field.max }, [MIN_SAFE_INTEGER, MAX_SAFE_INTEGER], faults);
}

function checkBounds(
  of: string,
  { min, max }: { readonly min: number; readonly max: number },
  [least, most]: readonly [number, number],
  faults: string[],
): void {
  for (const [name, bound] of Object.entries({ min, max }))
    if (!isWhole(bound) || bound < least || bound > most)
      faults.push(`${of} has ${name} ${shown(bound)}, allowed is a whole number from ${least} to ${most}`);
  if (isWhole(min) && isWhole(max) && min > max)
    faults.push(`${of} has min ${min} above max ${max}, allowed is a min of at most the max`);
}

function checkPattern(of: string, pattern: unknown, faults: string[]): void {
  try {
    if (typeof pattern !== 'string' || pattern === '')
      throw new RangeError('is empty or no text, allowed is one like [A-Z]{2}');
    parseTextPattern(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.push(`the pattern ${shown(pattern)} of ${of} ${error.message}`);
  }
}

function checkFormat(format: unknown, faults: string[]): void {
  if (format === 'json') return;
  const allowed = "'json', or { name: 'avro' | 'protobuf', registry }";
  if (!isObject(format) || (format['name'] !== 'avro' && format['name'] !== 'protobuf'))
    return void faults.push(
      `format is ${shown(format)}, allowed is ${allowed}${format === 'avro' || format === 'protobuf' ? ': it needs a schema registry' : ''}`,
    );
  faults.push(...unknownKeys('format', format, ['name', 'registry', 'schema']));
  const registry = isObject(format['registry']) ? format['registry'] : {};
  const { arn, url, secretArn } = registry;
  const isGlue = typeof arn === 'string' && /^arn:aws[a-z-]*:glue:[a-z0-9-]+:\d{12}:registry\/.+$/.test(arn);
  const isUrl = typeof url === 'string' && /^https?:\/\/[^\s]+$/.test(url);
  const hasSecret =
    secretArn === undefined || (typeof secretArn === 'string' && secretArn.startsWith('arn:'));
  if (!(isGlue && url === undefined && secretArn === undefined) && !(isUrl && arn === undefined && hasSecret))
    faults.push(
      `format.registry is ${shown(format['registry'])}, allowed is { arn } of a Glue registry, or { url, secretArn? } of a Confluent-compatible one`,
    );
}

function checkCodes(codes: unknown, faults: string[]): void {
  if (codes === undefined) return;
  const sound = isObject(codes) && Object.values(codes).every(isCode);
  if (!sound || unknownKeys('codes', codes, ['object', 'version']).length > 0)
    faults.push(`codes is ${shown(codes)}, allowed are object and version, each like 'event.object'`);
}

function checkVersion(version: unknown, faults: string[]): void {
  if (version === undefined) return;
  const { path, value } = isObject(version) ? version : {};
  if (typeof path !== 'string' && !isPath(path))
    faults.push(
      `version.path is ${shown(path)}, allowed is a name, or a list of 1 to ${PATH_LEVELS_MAX} names`,
    );
  if (!isWhole(value) && (typeof value !== 'string' || value === ''))
    faults.push(`version.value is ${shown(value)}, allowed is a whole number or a text`);
}

/** No two fields read one place, and none reads inside of another's value. */
function checkPaths({ fields, version }: Contract, faults: string[]): void {
  const paths = Object.entries(fields).map(([name, field]) => ({
    of: `field '${name}'`,
    path: readPath(name, field),
  }));
  if (version !== undefined) paths.push({ of: 'version', path: readVersionPath(version) });
  for (const [i, one] of paths.entries())
    for (const other of paths.slice(i + 1)) {
      const [short, long] = one.path.length <= other.path.length ? [one, other] : [other, one];
      if (short.path.every((name, level) => long.path[level] === name))
        faults.push(
          `${long.of} is at ${long.path.join('.')} and ${short.of} at ${short.path.join('.')}, allowed are paths of which none begins with another`,
        );
    }
}

function unknownKeys(of: string, given: object, allowed: readonly string[]): string[] {
  const unknown = Object.keys(given).filter((key) => !allowed.includes(key));
  return unknown.map((key) => `${of} has '${key}', allowed are ${allowed.join(', ')}`);
}

function isPath(given: unknown): boolean {
  const names = Array.isArray(given) ? given : [];
  return (
    names.length >= 1 &&
    names.length <= PATH_LEVELS_MAX &&
    names.every((name) => typeof name === 'string' && name !== '' && name.isWellFormed())
  );
}

function isCode(given: unknown): boolean {
  return given === undefined || (typeof given === 'string' && codePattern.test(given));
}

function isWhole(given: unknown): given is number {
  return Number.isSafeInteger(given);
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function shown(given: unknown): string {
  return given === undefined ? 'missing' : typeof given === 'string' ? `'${given}'` : JSON.stringify(given);
}
