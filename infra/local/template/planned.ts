/** The plan as plain data: read-plan.ts reads it from the templates, and the local runtime runs it. */
import type { Json } from './cloud-assembly.ts';

export type Settings = Readonly<Record<string, string>>;

export interface PlannedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Settings;
  /** What its records are, if the template says so. */
  readonly contract?: PlannedContract;
}

/** How the records of a topic are made. Paths lead from the outermost object inwards; a field is under its own name unless it has one. */
export interface PlannedContract {
  readonly version?:
    | { readonly path: string | readonly string[]; readonly value: number | string }
    | undefined;
  readonly fields: Readonly<Record<string, PlannedField>>;
}

/** Bounds of `decimal` are in micros. A `quoted` number is written as a text. */
export type PlannedField = {
  readonly path?: readonly string[] | undefined;
  readonly optional?: boolean | undefined;
} & (
  | {
      readonly kind: 'text';
      readonly min?: number | undefined;
      readonly max: number;
      readonly pattern?: string | undefined;
    }
  | {
      readonly kind: 'integer' | 'micros';
      readonly min?: number | undefined;
      readonly max: number;
      readonly quoted?: boolean | undefined;
    }
  | {
      readonly kind: 'decimal';
      readonly scale: number;
      readonly min?: number | undefined;
      readonly max: number;
      readonly quoted?: boolean | undefined;
    }
  | { readonly kind: 'boolean' }
  | {
      readonly kind: 'time';
      readonly unit: 'milliseconds' | 'seconds' | 'text';
      readonly quoted?: boolean | undefined;
    }
  | { readonly kind: 'one of'; readonly values: readonly string[] }
);

export interface PlannedIndex {
  readonly name: string;
  readonly keys: PlannedTable['keys'];
  readonly projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  readonly included: readonly string[];
}

export interface PlannedTable {
  readonly name: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly keys: readonly { readonly attribute: string; readonly type: 'HASH' | 'RANGE' }[];
  readonly attributes: readonly { readonly name: string; readonly type: 'S' | 'N' | 'B' }[];
  readonly globalIndexes: readonly PlannedIndex[];
  readonly localIndexes: readonly PlannedIndex[];
  /** The attribute that holds the epoch second at which an item expires. */
  readonly expiryAttribute: string | undefined;
}

export interface PlannedFunction {
  readonly id: string;
  readonly name: string;
  readonly stack: string;
  readonly logicalId: string;
  /** Absolute path of the bundle's folder; `file` is the file in it that exports the handler. */
  readonly codeFolder: string;
  readonly file: string;
  /** As in the template, like `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

export type StartingPosition =
  | { readonly from: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly from: 'AT_TIMESTAMP'; readonly timestampMs: number };

export interface PlannedMapping {
  /** In the form of AWS's UUIDs; the same at every start. */
  readonly id: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly functionId: string;
  readonly topic: string;
  /** The cluster's ARN, as in the event. */
  readonly sourceArn: string;
  readonly groupId: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly startingPosition: StartingPosition;
  readonly partialResponses: boolean;
  /** -1: no limit. */
  readonly retryAttempts: number;
  /** -1: no limit. */
  readonly maxAgeSeconds: number;
  readonly bisect: boolean;
  /** An ARN, or `kafka://<topic>`. */
  readonly destination: string | undefined;
  /** Undefined: on-demand mode. */
  readonly pollers: { readonly min: number; readonly max: number } | undefined;
  readonly filters: readonly string[];
  readonly enabled: boolean;
}

export interface PlannedSchedule {
  readonly id: string;
  readonly functionId: string;
  readonly everyMs: number;
  readonly input: Json;
}

export interface RuntimePlan {
  /** As in the cluster, like `4.1.x.kraft`. */
  readonly kafkaVersion: string | undefined;
  /** The cluster's own settings that a single broker can have. */
  readonly brokerSettings: Settings;
  readonly topics: readonly PlannedTopic[];
  readonly tables: readonly PlannedTable[];
  readonly functions: readonly PlannedFunction[];
  readonly mappings: readonly PlannedMapping[];
  readonly schedules: readonly PlannedSchedule[];
  /** Values of the SSM parameters that the stacks publish for each other and for operators, by name. */
  readonly published: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}
