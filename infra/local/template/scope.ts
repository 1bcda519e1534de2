/**
 * What an evaluation knows besides the value at hand: all templates, the generated secrets, and the place it works
 * for, which every refusal names. The account is made up; names that come out of it look like AWS's, and nothing is
 * ever called by them.
 */
import { UserError } from '../../terminal/user-error.ts';
import type { Resource, Stack, Templates } from './cloud-assembly.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'eu-west-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** How a secret that CloudFormation would generate has to look (AWS Secrets Manager docs: GetRandomPassword). */
interface SecretSpec {
  readonly length: number;
  readonly exclude: string;
}

/** The same id gets the same value, also after a restart. */
export type SecretLookup = (id: string, spec: SecretSpec) => string;

/** @param published what the template says */
export type ParameterLookup = (name: string, published: string) => string;

export interface TemplateScope {
  readonly templates: Templates;
  readonly secrets: SecretLookup;
  /** The value of an SSM parameter where it is to be another than the templates publish. */
  readonly parameter?: ParameterLookup | undefined;
}

/** Where a value stands that is being evaluated. */
export interface Place {
  readonly stack: Stack;
  /** The logical id, or the section of the template. */
  readonly owner: string;
  readonly property: string;
  /** References followed, and objects and lists entered, so far: a template that refers to itself is found out by their number. */
  readonly depth: number;
}

const DEPTH_MAX = 400;

export function buildPlace(resource: Resource, property: string): Place {
  return { stack: resource.stack, owner: resource.id, property, depth: 0 };
}

/** The place of a value that `from` refers to. */
export function buildPlaceBehind(from: Place, stack: Stack, owner: string, property: string): Place {
  return { stack, owner, property, depth: descend(from, `by way of ${stack.name} ${owner}`).depth };
}

/** The same place, one level further in. Refuses what never ends, or ends too deep for the stack. */
export function descend(place: Place, how = 'in objects and lists'): Place {
  if (place.depth >= DEPTH_MAX)
    refuse(place, `refers to itself, or is more than ${DEPTH_MAX} levels deep, ${how}`);
  return { ...place, depth: place.depth + 1 };
}

export function refuse(place: Place, met: string): never {
  throw new UserError(`${place.stack.name} ${place.owner}.${place.property}: ${met}`);
}

/** How people find a resource in the templates. */
export function formatLabel(resource: Resource): string {
  return `${resource.stack.name} ${resource.id}`;
}
