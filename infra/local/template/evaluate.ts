/**
 * Evaluates values of templates: the intrinsic functions of CloudFormation that CDK writes, and references. A name may refer to a pseudo
 * parameter, a parameter, a resource or its attribute, another stack's export, or a dynamic reference `{{resolve:…}}` (AWS
 * CloudFormation docs: dynamic-references). An SSM parameter has the value that one of the templates publishes. A generated secret comes
 * from the scope's secrets.
 *
 * In: a value of a template and its place. Out: the value that CloudFormation would pass to the service, or undefined if
 * `AWS::NoValue` removes the property. An unknown value is refused with its place and name, never guessed. CDK often assembles
 * dynamic references from parts, so they are looked up when the text is complete (`resolve`). Left out: Fn::Transform, Fn::ForEach,
 * Fn::Cidr and other functions that no function's environment or mapping needs.
 */
import { UserError } from '../../terminal/user-error.ts';
import { isJsonObject, type Json, type JsonObject, type Resource, type Stack } from './cloud-assembly.ts';
import { buildAttribute, buildIdentity, buildPhysicalName, type Naming } from './names.ts';
import {
  ACCOUNT,
  buildPlace,
  buildPlaceBehind,
  descend,
  formatLabel,
  PARTITION,
  type Place,
  REGION,
  refuse,
  type TemplateScope,
  URL_SUFFIX,
} from './scope.ts';

type Intrinsic = (scope: TemplateScope, place: Place, argument: Json) => Json | undefined;

/** The value that the service gets: intrinsics are evaluated, then dynamic references are looked up. */
export function resolve(scope: TemplateScope, place: Place, value: Json): Json | undefined {
  const evaluated = evaluate(scope, place, value);
  return evaluated === undefined ? undefined : withoutReferences(scope, place, evaluated);
}

/** The value as text, for names, keys and references. */
function resolveText(scope: TemplateScope, place: Place, value: Json): string {
  const resolved = resolve(scope, place, value);
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean')
    return String(resolved);
  return refuse(place, `needs a text, got ${JSON.stringify(resolved)}`);
}

function evaluate(scope: TemplateScope, from: Place, value: Json): Json | undefined {
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
    if (intrinsic === undefined) return refuse(place, `${name} is not supported here`);
    return intrinsic(scope, place, value[name] ?? null);
  }
  const evaluated: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    const result = evaluate(scope, within(place, key), item);
    if (result !== undefined) evaluated[key] = result;
  }
  return evaluated;
}

/** Whether a condition of the template is true. A resource whose condition is false does not exist. */
function isConditionTrue(scope: TemplateScope, stack: Stack, name: string): boolean {
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
  if (name !== 'Fn::Equals') return refuse(place, `${name} is not supported as a condition`);
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

const pseudoParameters: Readonly<Record<string, Json>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': PARTITION,
  'AWS::Region': REGION,
  'AWS::URLSuffix': URL_SUFFIX,
  'AWS::NotificationARNs': [],
};

function resolveReference(scope: TemplateScope, place: Place, name: string): Json | undefined {
  if (name === 'AWS::NoValue') return undefined;
  if (name === 'AWS::StackName') return place.stack.name;
  if (name === 'AWS::StackId')
    return `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${place.stack.name}/0`;
  const pseudo = pseudoParameters[name];
  if (pseudo !== undefined) return pseudo;
  const parameter = place.stack.parameters[name];
  if (parameter !== undefined) return parameterValue(scope, place, name, parameter);
  return resolveIdentity(scope, place, resourceNamed(scope, place, name));
}

function resolveAttribute(scope: TemplateScope, place: Place, id: string, name: string): Json {
  const resource = resourceNamed(scope, place, id);
  if (resource.type === 'AWS::SSM::Parameter' && name === 'Value')
    return publishedValue(scope, place, resource);
  return buildAttribute(namingAt(scope, place), resource, name);
}

function resolveImport(scope: TemplateScope, place: Place, name: string): Json {
  for (const stack of scope.templates.stacks) {
    for (const [id, output] of Object.entries(stack.outputs)) {
      const exported =
        isJsonObject(output) && isJsonObject(output['Export']) ? output['Export']['Name'] : undefined;
      if (!isJsonObject(output) || exported === undefined) continue;
      const at = buildPlaceBehind(place, stack, 'Outputs', id);
      if (resolveText(scope, at, exported) === name)
        return evaluate(scope, at, output['Value'] ?? null) ?? refuse(at, 'exports no value');
    }
  }
  return refuse(place, `imports '${name}', which no template exports`);
}

/** Replaces each `{{resolve:…}}` by its value. */
function dereference(scope: TemplateScope, place: Place, text: string): string {
  return text.replaceAll(/\{\{resolve:([^{}]*)\}\}/g, (whole, reference: string) => {
    const [, name] = /^ssm:([^:]+)(?::\d+)?$/.exec(reference) ?? [];
    if (name !== undefined) return parameterPublished(scope, place, name);
    const [, secret, key] =
      /^secretsmanager:(.+?)(?::SecretString(?::([^:]*)(?::.*)?)?)?$/.exec(reference) ?? [];
    if (secret !== undefined) return secretValue(scope, place, secret, key ?? '');
    return refuse(place, `the dynamic reference ${whole} is not supported here`);
  });
}

function resourceNamed(scope: TemplateScope, place: Place, id: string): Resource {
  const resource = place.stack.resources.get(id);
  if (resource === undefined) return refuse(place, `there is no '${id}' in this template`);
  if (!exists(scope, resource))
    return refuse(place, `'${id}' does not exist, because its condition is false`);
  return resource;
}

function exists(scope: TemplateScope, { stack, condition }: Resource): boolean {
  return condition === undefined || isConditionTrue(scope, stack, condition);
}

/** The parameter's default, because nobody passes parameters to a template here. */
function parameterValue(scope: TemplateScope, place: Place, name: string, parameter: Json): Json {
  const { Type: type, Default: given } = isJsonObject(parameter) ? parameter : {};
  if (given === undefined || given === null || typeof type !== 'string')
    return refuse(
      place,
      `the parameter '${name}' has no default: give it one, because nothing here asks for a value`,
    );
  const text = type.startsWith('AWS::SSM::Parameter::Value<')
    ? parameterPublished(scope, place, String(given))
    : String(given);
  return type.includes('List<') || type === 'CommaDelimitedList'
    ? text.split(',').map((item) => item.trim())
    : text;
}

function parameterPublished(scope: TemplateScope, place: Place, name: string): string {
  for (const resource of listResources(scope, 'AWS::SSM::Parameter')) {
    if (resolveIdentity(scope, place, resource) === name) return publishedValue(scope, place, resource);
  }
  return refuse(place, `reads the SSM parameter '${name}', which no template creates`);
}

/** The SSM parameters that the templates publish, by name, without those that can't be evaluated here. */
export function listPublishedParameters(scope: TemplateScope): Map<string, string> {
  const published = new Map<string, string>();
  for (const resource of listResources(scope, 'AWS::SSM::Parameter')) {
    const place = buildPlace(resource, 'Value');
    try {
      published.set(String(resolveIdentity(scope, place, resource)), publishedValue(scope, place, resource));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return published;
}

function publishedValue(scope: TemplateScope, place: Place, resource: Resource): string {
  const at = buildPlaceBehind(place, resource.stack, resource.id, 'Value');
  const value = resolveText(scope, at, resource.properties['Value'] ?? null);
  return scope.parameter?.(String(resolveIdentity(scope, place, resource)), value) ?? value;
}

function secretValue(scope: TemplateScope, place: Place, reference: string, key: string): string {
  const resource = listResources(scope, 'AWS::SecretsManager::Secret').find(
    (secret) =>
      resolveIdentity(scope, place, secret) === reference ||
      buildAttribute(namingAt(scope, place), secret, 'Name') === reference,
  );
  if (resource === undefined)
    return refuse(place, `reads the secret '${reference}', which no template creates`);
  const text = wholeSecret(scope, place, resource);
  if (key === '') return text;
  const fields: unknown = JSON.parse(text);
  const field = isJsonObject(fields) ? fields[key] : undefined;
  return typeof field === 'string'
    ? field
    : refuse(place, `the secret ${formatLabel(resource)} has no field '${key}'`);
}

const PASSWORD_LENGTH = 32;

function wholeSecret(scope: TemplateScope, from: Place, resource: Resource): string {
  const place = buildPlaceBehind(from, resource.stack, resource.id, 'SecretString');
  const { SecretString: given, GenerateSecretString: asked = {} } = resource.properties;
  if (given !== undefined) return resolveText(scope, place, given);
  const spec = evaluate(scope, buildPlace(resource, 'GenerateSecretString'), asked);
  const { PasswordLength, ExcludeCharacters, SecretStringTemplate, GenerateStringKey } = isJsonObject(spec)
    ? spec
    : {};
  const password = scope.secrets(`${resource.stack.name}/${resource.id}`, {
    length: Number(PasswordLength ?? PASSWORD_LENGTH),
    exclude: String(ExcludeCharacters ?? ''),
  });
  if (typeof SecretStringTemplate !== 'string' || typeof GenerateStringKey !== 'string') return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: password });
}

export function listResources(scope: TemplateScope, ...types: string[]): Resource[] {
  return filterResources(scope, (type) => types.includes(type));
}

/** Without resources whose condition is false. */
export function filterResources(scope: TemplateScope, isOfType: (type: string) => boolean): Resource[] {
  return scope.templates.stacks
    .flatMap((stack) => [...stack.resources.values()])
    .filter((resource) => isOfType(resource.type) && exists(scope, resource));
}

/** What `Ref` returns for a resource: its name or ARN. */
export function resolveIdentity(scope: TemplateScope, place: Place, resource: Resource): string {
  return buildIdentity(namingAt(scope, place), resource);
}

export function resolvePhysicalName(scope: TemplateScope, place: Place, resource: Resource): string {
  return buildPhysicalName(namingAt(scope, place), resource);
}

function namingAt(scope: TemplateScope, place: Place): Naming {
  return {
    textAt: (resource, property) => {
      const at = buildPlaceBehind(place, resource.stack, resource.id, property);
      return resolveText(scope, at, resource.properties[property] ?? null);
    },
    refuse: (met) => refuse(place, met),
  };
}
