/**
 * What a name in a template stands for: a pseudo parameter, a parameter, a resource or its attribute, another stack's
 * export, or a dynamic reference `{{resolve:…}}` (AWS CloudFormation docs: dynamic-references). An SSM parameter is
 * the value that one of the templates publishes; a generated secret is whatever the scope's secrets say.
 */
import { UserError } from '../../terminal/user-error.ts';
import { isJsonObject, type Json, type Resource } from './cloud-assembly.ts';
import { evaluate, isConditionTrue, resolveText } from './intrinsics.ts';
import { buildAttribute, buildIdentity } from './physical.ts';
import {
  ACCOUNT,
  buildPlace,
  buildPlaceBehind,
  formatLabel,
  PARTITION,
  type Place,
  REGION,
  refuse,
  type TemplateScope,
  URL_SUFFIX,
} from './scope.ts';

const pseudoParameters: Readonly<Record<string, Json>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': PARTITION,
  'AWS::Region': REGION,
  'AWS::URLSuffix': URL_SUFFIX,
  'AWS::NotificationARNs': [],
};

export function resolveReference(scope: TemplateScope, place: Place, name: string): Json | undefined {
  if (name === 'AWS::NoValue') return undefined;
  if (name === 'AWS::StackName') return place.stack.name;
  if (name === 'AWS::StackId')
    return `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${place.stack.name}/0`;
  const pseudo = pseudoParameters[name];
  if (pseudo !== undefined) return pseudo;
  const parameter = place.stack.parameters[name];
  if (parameter !== undefined) return parameterValue(scope, place, name, parameter);
  return buildIdentity(scope, place, resourceNamed(scope, place, name));
}

export function resolveAttribute(scope: TemplateScope, place: Place, id: string, name: string): Json {
  const resource = resourceNamed(scope, place, id);
  if (resource.type === 'AWS::SSM::Parameter' && name === 'Value')
    return publishedValue(scope, place, resource);
  return buildAttribute(scope, place, resource, name);
}

export function resolveImport(scope: TemplateScope, place: Place, name: string): Json {
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

/** Replaces each `{{resolve:…}}` by what it stands for. */
export function dereference(scope: TemplateScope, place: Place, text: string): string {
  return text.replaceAll(/\{\{resolve:([^{}]*)\}\}/g, (whole, reference: string) => {
    const [, name] = /^ssm:([^:]+)(?::\d+)?$/.exec(reference) ?? [];
    if (name !== undefined) return parameterPublished(scope, place, name);
    const [, secret, key] =
      /^secretsmanager:(.+?)(?::SecretString(?::([^:]*)(?::.*)?)?)?$/.exec(reference) ?? [];
    if (secret !== undefined) return secretValue(scope, place, secret, key ?? '');
    return refuse(place, `the dynamic reference ${whole} is not understood here`);
  });
}

function resourceNamed(scope: TemplateScope, place: Place, id: string): Resource {
  const resource = place.stack.resources.get(id);
  if (resource === undefined) return refuse(place, `there is no '${id}' in this template`);
  if (!exists(scope, resource)) return refuse(place, `'${id}' is not there, as its condition does not hold`);
  return resource;
}

function exists(scope: TemplateScope, { stack, condition }: Resource): boolean {
  return condition === undefined || isConditionTrue(scope, stack, condition);
}

/** The default: nobody passes parameters to a synthesized template here. */
function parameterValue(scope: TemplateScope, place: Place, name: string, parameter: Json): Json {
  const { Type: type, Default: given } = isJsonObject(parameter) ? parameter : {};
  if (given === undefined || given === null || typeof type !== 'string')
    return refuse(place, `the parameter '${name}' has no default, and nobody is asked for a value here`);
  const text = type.startsWith('AWS::SSM::Parameter::Value<')
    ? parameterPublished(scope, place, String(given))
    : String(given);
  return type.includes('List<') || type === 'CommaDelimitedList'
    ? text.split(',').map((item) => item.trim())
    : text;
}

function parameterPublished(scope: TemplateScope, place: Place, name: string): string {
  for (const resource of listResources(scope, 'AWS::SSM::Parameter')) {
    if (buildIdentity(scope, place, resource) === name) return publishedValue(scope, place, resource);
  }
  return refuse(place, `reads the SSM parameter '${name}', which no template creates`);
}

/** What the templates publish as SSM parameters, by name; what can't be told here (another stack's secret, say) is left out. */
export function listPublishedParameters(scope: TemplateScope): Map<string, string> {
  const published = new Map<string, string>();
  for (const resource of listResources(scope, 'AWS::SSM::Parameter')) {
    const place = buildPlace(resource, 'Value');
    try {
      published.set(String(buildIdentity(scope, place, resource)), publishedValue(scope, place, resource));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return published;
}

function publishedValue(scope: TemplateScope, place: Place, resource: Resource): string {
  const at = buildPlaceBehind(place, resource.stack, resource.id, 'Value');
  const value = resolveText(scope, at, resource.properties['Value'] ?? null);
  return scope.parameter?.(String(buildIdentity(scope, place, resource)), value) ?? value;
}

function secretValue(scope: TemplateScope, place: Place, reference: string, key: string): string {
  const resource = listResources(scope, 'AWS::SecretsManager::Secret').find(
    (secret) =>
      buildIdentity(scope, place, secret) === reference ||
      buildAttribute(scope, place, secret, 'Name') === reference,
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
  const wish = evaluate(scope, buildPlace(resource, 'GenerateSecretString'), asked);
  const { PasswordLength, ExcludeCharacters, SecretStringTemplate, GenerateStringKey } = isJsonObject(wish)
    ? wish
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

/** Without those whose condition does not hold. */
export function filterResources(scope: TemplateScope, isOfType: (type: string) => boolean): Resource[] {
  return scope.templates.stacks
    .flatMap((stack) => [...stack.resources.values()])
    .filter((resource) => isOfType(resource.type) && exists(scope, resource));
}
