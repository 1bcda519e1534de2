/**
 * Evaluates and checks the properties of one resource. In: a resource and a schema. Out: the schema's output. Only properties
 * in the schema are evaluated, so that a role or a key that nothing here needs can't stop the local runtime. All faults of a
 * resource are reported together, each with the given value. CloudFormation also accepts numbers and booleans as
 * text, and so do the schemas below.
 */

import * as v from 'valibot';
import { UserError } from '../../terminal/user-error.ts';
import type { Json, Resource } from './cloud-assembly.ts';
import { resolve } from './evaluate.ts';
import { buildPlace, formatLabel, type TemplateScope } from './scope.ts';

export function parseWholeNumber(from: number, to: number) {
  const allowed = `must be a whole number from ${from} to ${to}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/, allowed))], allowed),
    v.transform(Number),
    v.integer(allowed),
    v.minValue(from, allowed),
    v.maxValue(to, allowed),
  );
}

export const truth = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])], 'must be true or false'),
  v.transform((given) => given === true || given === 'true'),
);

export const text = v.string('must be a text');

export function readProperties<Entries extends v.ObjectEntries>(
  scope: TemplateScope,
  resource: Resource,
  schema: v.ObjectSchema<Entries, undefined>,
): v.InferOutput<v.ObjectSchema<Entries, undefined>> {
  const given: Record<string, Json> = {};
  for (const name of Object.keys(schema.entries)) {
    const property = resource.properties[name];
    const value = property === undefined ? undefined : resolve(scope, buildPlace(resource, name), property);
    if (value !== undefined) given[name] = value;
  }
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => {
    const name = v.getDotPath(issue) ?? '';
    return issue.input === undefined
      ? `${name} is missing`
      : `${name} is ${JSON.stringify(issue.input)} and ${issue.message}`;
  });
  throw new UserError(`${formatLabel(resource)} (${resource.type}): ${faults.join('; ')}`);
}
