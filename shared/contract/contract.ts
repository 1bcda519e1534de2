/**
 * What a record of a topic is, as data: a contract. The decoder, what is counted, the local producer and the auditor are made of
 * it; the auditor by code of its own, from the same data.
 *
 *   export const adClick = { format: 'json', fields: { clickId: { kind: 'text', max: 128 }, … } } as const satisfies Contract;
 *
 * A contract is plain data, free of functions, so that it can stand in a template. `checkContract` says what contradicts itself.
 */
import type { KafkaRecord } from '../event/event.ts';

export interface Contract {
  /** How producers write a value. A schema registry of the mapping turns Avro and Protobuf into JSON for the function. */
  readonly format: 'json' | RegistryFormat;
  /** The field that says by which version a record is written, and the only value that is taken. */
  readonly version?: { readonly path: string | Path; readonly value: number | string };
  /** By name. They are checked in this order; the first that is broken names the reason. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Reasons under another name than `event.object` and `event.version`. */
  readonly codes?: { readonly object?: string; readonly version?: string };
}

/** AWS Lambda docs: services-consume-kafka-events (schema registries). */
export interface RegistryFormat {
  readonly name: 'avro' | 'protobuf';
  readonly registry: GlueRegistry | ConfluentRegistry;
  /** The schema's file beside the contract, for the local runtime's producer. */
  readonly schema?: string;
}

export interface GlueRegistry {
  /** `arn:aws:glue:<region>:<account>:registry/<name>` */
  readonly arn: string;
}

/** Any registry with Confluent's interface. */
export interface ConfluentRegistry {
  readonly url: string;
  /** ARN of the secret with user and password; none where the registry asks for none. */
  readonly secretArn?: string;
}

/** Names from the outermost object inwards. */
export type Path = readonly [string, ...string[]];

export type Field = TextField | NumberField | DecimalField | BooleanField | TimeField | OneOfField;

interface AnyField {
  /** Where the value is; under the field's own name unless given. */
  readonly path?: Path;
  /** May be left out or `null`; otherwise a record without it is parked. */
  readonly optional?: boolean;
  /** A fold may use it and must not keep it. Nothing is counted by it. */
  readonly personal?: boolean;
  /** The reason's name instead of `event.<field>`; or one each for: left out, of another kind, out of bounds. */
  readonly code?: string | { readonly missing: string; readonly kind: string; readonly bounds: string };
}

export interface TextField extends AnyField {
  readonly kind: 'text';
  /** Characters, as JavaScript counts them; at least 1 unless given. */
  readonly min?: number;
  /** At most 4,096. */
  readonly max: number;
  /** What the whole text has to match, see text-pattern.ts; any text unless given. */
  readonly pattern?: string;
}

/** A whole number, written with digits only; `micros` is one that counts millionths of a currency unit. */
export interface NumberField extends AnyField {
  readonly kind: 'integer' | 'micros';
  /** 0 unless given. */
  readonly min?: number;
  readonly max: number;
  /** Written as a text, as JSON from Protobuf has its 64-bit integers. */
  readonly quoted?: boolean;
}

/** A number like 12.34, read exactly as micros: `event.price` is 12340000. */
export interface DecimalField extends AnyField {
  readonly kind: 'decimal';
  /** Digits after the point at most, 0 to 6. */
  readonly scale: number;
  /** In micros; 0 unless given. */
  readonly min?: number;
  /** In micros. */
  readonly max: number;
  /** Written as a text. */
  readonly quoted?: boolean;
}

export interface BooleanField extends AnyField {
  readonly kind: 'boolean';
}

/** A time between 1970 and 9999, read as epoch milliseconds. */
export interface TimeField extends AnyField {
  readonly kind: 'time';
  /** `text` is like 2026-11-21T10:00:00Z, with up to nine digits after a point. */
  readonly unit: 'milliseconds' | 'seconds' | 'text';
  /** A number that is written as a text. */
  readonly quoted?: boolean;
}

export interface OneOfField extends AnyField {
  readonly kind: 'one of';
  readonly values: readonly string[];
}

/** A record that keeps to its contract. */
export type EventOf<C extends Contract> = { readonly record: KafkaRecord } & {
  readonly [F in keyof C['fields']]: C['fields'][F] extends { readonly optional: true }
    ? ValueOf<C['fields'][F]> | undefined
    : ValueOf<C['fields'][F]>;
};

/** Of a contract that is not known to the compiler. */
export interface AnyEvent {
  readonly record: KafkaRecord;
  readonly [field: string]: unknown;
}

type ValueOf<F> = F extends TextField
  ? string
  : F extends NumberField | DecimalField | TimeField
    ? number
    : F extends BooleanField
      ? boolean
      : F extends { readonly values: readonly (infer V)[] }
        ? V
        : never;

/** A text of so many characters is the longest that a field takes. */
export const TEXT_MAX = 4_096;
export const FIELDS_MAX = 100;
export const PATH_LEVELS_MAX = 8;
export const SCALE_MAX = 6;

/** The path of a field, its own name unless it says another. */
export function readPath(name: string, { path }: Pick<AnyField, 'path'>): Path {
  return path ?? [name];
}

/** The path of the version. */
export function readVersionPath({ path }: NonNullable<Contract['version']>): Path {
  return typeof path === 'string' ? [path] : path;
}
