/**
 * CloudFormation's intrinsic functions, as far as CDK writes them. In: a value of a template and its place. Out: the
 * value that CloudFormation would hand to the service, or undefined where `AWS::NoValue` takes the property away.
 *
 * Whatever is met and not known is refused by place and name; a value is never guessed. Secrets and parameters come
 * in by dynamic references, which CDK often assembles from parts, so they are looked up when the text is complete
 * (`resolve`). Left out: Fn::Transform, Fn::ForEach, Fn::Cidr and the other functions that no function's environment
 * or mapping needs.
 */
import { isJsonObject, type Json, type JsonObject, type Stack } from './cloud-assembly.ts';
import { dereference, resolveAttribute, resolveImport, resolveReference } from './references.ts';
import { buildPlaceBehind, descend, type Place, REGION, refuse, type TemplateScope } from './scope.ts';

type Intrinsic = (scope: TemplateScope, place: Place, argument: Json) => Json | undefined;

/** A value as the service gets it: intrinsics evaluated, then dynamic references looked up. */
export function resolve(scope: TemplateScope, place: Place, value: Json): Json | undefined {
  const evaluated = evaluate(scope, place, value);
  return evaluated === undefined ? undefined : withoutReferences(scope, place, evaluated);
}

/** The value as text, which is what names, keys and references are. */
export function resolveText(scope: TemplateScope, place: Place, value: Json): string {
  const resolved = resolve(scope, place, value);
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
    return String(resolved);
  return refuse(place, `needs a text, got ${JSON.stringify(resolved)}`);
}

export function evaluate(scope: TemplateScope, from: Place, value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value;
  const place = descend(from);
  if (Array.isArray(value))
    return value
      .map((item: Json) => evaluate(scope, place, item))
      .filter((item): item is Json => item !== undefined);
  if (!isJsonObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = intrinsics[name];
    if (intrinsic === undefined) return refuse(place, `${name} is not understood here`);
    return intrinsic(scope, place, value[name] ?? null);
  }
  const evaluated: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    const result = evaluate(scope, within(place, key), item);
    if (result !== undefined) evaluated[key] = result;
  }
  return evaluated;
}

/** Whether a condition of the template holds; a resource under one that does not is not there. */
export function isConditionTrue(scope: TemplateScope, stack: Stack, name: string): boolean {
  return isTrue(scope, { stack, owner: 'Conditions', property: name, depth: 0 }, { Condition: name });
}

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (scope, place, argument) => resolveReference(scope, place, asText(place, argument)),
  'Fn::GetAtt': (scope, place, argument) => {
    const [id, attribute] =
      typeof argument === 'string' ? splitOnce(argument, '.') : evaluatedList(scope, place, argument);
    return resolveAttribute(scope, place, asText(place, id), asText(place, attribute));
  },
  'Fn::Join': (scope, place, argument) => {
    const [separator, parts] = evaluatedList(scope, place, argument);
    return asList(place, parts)
      .map((part) => asText(place, part))
      .join(asText(place, separator));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (scope, place, argument) => {
    const [index, list] = evaluatedList(scope, place, argument);
    const picked = asList(place, list)[Number(index)];
    return picked ?? refuse(place, `Fn::Select ${index} of ${JSON.stringify(list)} picks nothing`);
  },
  'Fn::Split': (scope, place, argument) => {
    const [separator, text] = evaluatedList(scope, place, argument);
    return asText(place, text).split(asText(place, separator));
  },
  'Fn::Base64': (scope, place, argument) =>
    Buffer.from(asText(place, resolve(scope, place, argument))).toString('base64'),
  'Fn::FindInMap': findInMap,
  'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => REGION + zone),
  'Fn::ImportValue': (scope, place, argument) =>
    resolveImport(scope, place, asText(place, evaluate(scope, place, argument))),
  'Fn::If': (scope, place, argument) => {
    const [condition, whenTrue, whenFalse] = asList(place, argument);
    const branch = isTrue(scope, place, { Condition: asText(place, condition) }) ? whenTrue : whenFalse;
    return branch === undefined ? refuse(place, 'Fn::If lacks a branch') : evaluate(scope, place, branch);
  },
};

function isTrue(scope: TemplateScope, from: Place, condition: Json): boolean {
  const place = descend(from);
  const [entry] = isJsonObject(condition) ? Object.entries(condition) : [];
  if (entry === undefined) return refuse(place, `needs a condition, got ${JSON.stringify(condition)}`);
  const [name, argument] = entry;
  if (name === 'Condition') {
    const id = asText(place, argument);
    const behind = place.stack.conditions[id];
    if (behind === undefined) return refuse(place, `there is no condition '${id}' in this template`);
    return isTrue(scope, buildPlaceBehind(place, place.stack, 'Conditions', id), behind);
  }
  const parts = asList(place, argument);
  if (name === 'Fn::And') return parts.every((part) => isTrue(scope, place, part));
  if (name === 'Fn::Or') return parts.some((part) => isTrue(scope, place, part));
  if (name === 'Fn::Not') return !parts.some((part) => isTrue(scope, place, part));
  if (name !== 'Fn::Equals') return refuse(place, `${name} is not understood as a condition`);
  const [left, right] = parts.map((part) => JSON.stringify(resolve(scope, place, part)));
  return left === right;
}

function substitute(scope: TemplateScope, place: Place, argument: Json): Json {
  const [template, given] = Array.isArray(argument) ? argument : [argument, {}];
  const variables: JsonObject = isJsonObject(given) ? given : {};
  return asText(place, template).replaceAll(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    const variable = variables[name.trim()];
    if (variable !== undefined) return asText(place, evaluate(scope, place, variable));
    const [id, attribute] = splitOnce(name.trim(), '.');
    const value =
      attribute === undefined
        ? resolveReference(scope, place, id)
        : resolveAttribute(scope, place, id, attribute);
    return asText(place, value);
  });
}

function findInMap(scope: TemplateScope, place: Place, argument: Json): Json | undefined {
  const [map, first, second, fallback] = evaluatedList(scope, place, argument);
  const keys = [map, first, second].map((key) => asText(place, key));
  let found: Json | undefined = place.stack.mappings;
  for (const key of keys) found = isJsonObject(found) ? found[key] : undefined;
  if (found !== undefined) return found;
  if (isJsonObject(fallback) && fallback['DefaultValue'] !== undefined) return fallback['DefaultValue'];
  return refuse(place, `there is no ${keys.join(' / ')} in the Mappings of this template`);
}

function evaluatedList(scope: TemplateScope, place: Place, argument: Json): readonly Json[] {
  return asList(place, evaluate(scope, place, argument));
}

function asList(place: Place, value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : refuse(place, `needs a list, got ${JSON.stringify(value)}`);
}

function asText(place: Place, value: Json | undefined): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  return refuse(place, `needs a text, got ${JSON.stringify(value)}`);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function withoutReferences(scope: TemplateScope, place: Place, value: Json): Json {
  if (typeof value === 'string') return dereference(scope, place, value);
  if (Array.isArray(value)) return value.map((item: Json) => withoutReferences(scope, place, item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutReferences(scope, within(place, key), item)]),
  );
}

function within(place: Place, key: string): Place {
  return { ...place, property: `${place.property}.${key}` };
}
