/**
 * What the laptop ground runs, read from the synthesized templates and from nothing else. In: the folder `cdk.out`.
 * Out: plain data for the broker, the tables, the pollers, the workers and the schedules, and `notes`: by name,
 * everything of the templates that changes how things run on AWS and is not imitated here. What can't be run
 * truthfully is refused with a UserError.
 *
 * Nothing here starts or stores anything; generated secrets come in by a lookup.
 */

import { type Json, readTemplates } from './cloud-assembly.ts';
import { readFunctions } from './functions.ts';
import { readMappings } from './mappings.ts';
import { filterResources, listPublishedParameters } from './references.ts';
import { readSchedules } from './schedules.ts';
import { formatLabel, type ParameterLookup, type SecretLookup, type TemplateScope } from './scope.ts';
import { readTables } from './tables.ts';
import { readBroker, readTopics } from './topics.ts';

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

interface PlanOptions {
  readonly secrets: SecretLookup;
  readonly parameter?: ParameterLookup | undefined;
}

/** Resource types that are read. */
const read = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::MSK::Cluster',
  'AWS::MSK::Configuration',
  'AWS::MSK::Topic',
  'AWS::Scheduler::Schedule',
]);

/** By service: rights, keys, networks, logs, alarms, files and messages. Nothing that runs here asks for one. */
const servicesWithoutEffect = new Set([
  'ApplicationAutoScaling',
  'Backup',
  'Budgets',
  'CDK',
  'CE',
  'CloudTrail',
  'CloudWatch',
  'Config',
  'EC2',
  'IAM',
  'KMS',
  'Logs',
  'ResourceGroups',
  'S3',
  'SNS',
  'SQS',
  'SSM',
  'SecretsManager',
  'XRay',
]);
const typesWithoutEffect = new Set([
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::MSK::BatchScramSecret',
  'AWS::MSK::ClusterPolicy',
  'AWS::MSK::ServerlessCluster',
  'AWS::MSK::VpcConnection',
  'AWS::Scheduler::ScheduleGroup',
]);

export function readPlan(folder: string, options: PlanOptions): RuntimePlan {
  const scope: TemplateScope = { templates: readTemplates(folder), ...options };
  const notes: string[] = [];
  const { kafkaVersion, settings: brokerSettings } = readBroker(scope, notes);
  const topics = readTopics(scope, notes);
  const tables = readTables(scope, notes);
  const topicNames = new Set(topics.map(({ name }) => name));
  const mappings = readMappings(scope, topicNames, notes);
  const schedules = readSchedules(scope, notes);
  const invoked = new Set([...mappings, ...schedules].map(({ functionId }) => functionId));
  const functions = readFunctions(scope, invoked, notes);
  notes.push(...unread(scope));
  const published = listPublishedParameters(scope);
  return { kafkaVersion, brokerSettings, topics, tables, functions, mappings, schedules, published, notes };
}

function unread(scope: TemplateScope): string[] {
  const matters = (type: string) =>
    !read.has(type) && !typesWithoutEffect.has(type) && !servicesWithoutEffect.has(type.split('::')[1] ?? '');
  return filterResources(scope, matters).map(
    (resource) => `${formatLabel(resource)}: ${resource.type} has no counterpart here`,
  );
}
