/**
 * The context of an evaluation: all templates, the generated secrets, and the place of the value, which every refusal
 * names. The account is invented. Names that contain it look like AWS's, but are never used to call anything.
 */
import { UserError } from '../../terminal/user-error.ts';
import type { Resource, Stack, Templates } from './cloud-assembly.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'eu-west-1';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** The form of a secret that CloudFormation would generate (AWS Secrets Manager docs: GetRandomPassword). */
interface SecretSpec {
  readonly length: number;
  readonly exclude: string;
}

/** Returns the same value for the same id, also after a restart. */
export type SecretLookup = (id: string, spec: SecretSpec) => string;

/** @param published the value in the template */
export type ParameterLookup = (name: string, published: string) => string;

export interface TemplateScope {
  readonly templates: Templates;
  readonly secrets: SecretLookup;
  /** Replaces values of SSM parameters that the templates publish. */
  readonly parameter?: ParameterLookup | undefined;
}

/** The place of the value that is being evaluated. */
export interface Place {
  readonly stack: Stack;
  /** The logical id, or the section of the template. */
  readonly owner: string;
  readonly property: string;
  /** How many references were followed, and objects and lists entered. A limit detects templates that refer to themselves. */
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

/** The same place, one level deeper. Refuses a value that refers to itself, or is too deep for the stack. */
export function descend(place: Place, how = 'in objects and lists'): Place {
  if (place.depth >= DEPTH_MAX)
    refuse(place, `refers to itself, or is more than ${DEPTH_MAX} levels deep, ${how}`);
  return { ...place, depth: place.depth + 1 };
}

export function refuse(place: Place, met: string): never {
  throw new UserError(`${place.stack.name} ${place.owner}.${place.property}: ${met}`);
}

/** A resource's name for people. */
export function formatLabel(resource: Resource): string {
  return `${resource.stack.name} ${resource.id}`;
}
