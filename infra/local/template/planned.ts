/** What the templates ask for, as plain data: what read-plan.ts returns and the local runtime runs. */
import type { Json } from './cloud-assembly.ts';

export type Settings = Readonly<Record<string, string>>;

export interface PlannedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Settings;
}

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
  /** Items end at the epoch second that stands in this attribute. */
  readonly expiryAttribute: string | undefined;
}

export interface PlannedFunction {
  readonly id: string;
  readonly name: string;
  readonly stack: string;
  readonly logicalId: string;
  /** Absolute: the folder of the bundle, and the file in it that exports the handler. */
  readonly codeFolder: string;
  readonly file: string;
  /** As the template gives it, like `index.handler`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

export type StartingPosition =
  | { readonly from: 'TRIM_HORIZON' | 'LATEST' }
  | { readonly from: 'AT_TIMESTAMP'; readonly timestampMs: number };

export interface PlannedMapping {
  /** Looks like the UUID that AWS would give; the same at every start. */
  readonly id: string;
  readonly stack: string;
  readonly logicalId: string;
  readonly functionId: string;
  readonly topic: string;
  /** The cluster's ARN, as it stands in the event. */
  readonly sourceArn: string;
  readonly groupId: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly startingPosition: StartingPosition;
  readonly partialResponses: boolean;
  /** -1: without end. */
  readonly retryAttempts: number;
  /** -1: of any age. */
  readonly maxAgeSeconds: number;
  readonly bisect: boolean;
  /** An ARN, or `kafka://<topic>`. */
  readonly destination: string | undefined;
  /** undefined: on-demand. */
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
  /** As the cluster gives it, like `4.1.x.kraft`. */
  readonly kafkaVersion: string | undefined;
  /** The cluster's own settings, as far as one broker can have them. */
  readonly brokerSettings: Settings;
  readonly topics: readonly PlannedTopic[];
  readonly tables: readonly PlannedTable[];
  readonly functions: readonly PlannedFunction[];
  readonly mappings: readonly PlannedMapping[];
  readonly schedules: readonly PlannedSchedule[];
  /** What the stacks publish for each other and for operators: values of SSM parameters by name. */
  readonly published: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}
