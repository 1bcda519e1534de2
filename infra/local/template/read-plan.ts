/**
 * Reads what the local runtime runs, from the synthesized templates only. In: the folder `cdk.out`. Out: plain data for the
 * broker, the tables, the pollers, the functions and the schedules. `notes` lists by name everything in the templates that
 * matters on AWS and is not imitated here. What can't be run as on AWS is refused with a UserError.
 *
 * This room starts and stores nothing; generated secrets come from a lookup.
 */

import { readTemplates } from './cloud-assembly.ts';
import { filterResources, listPublishedParameters } from './evaluate.ts';
import { readFunctions } from './functions.ts';
import { readMappings } from './mappings.ts';
import type { RuntimePlan } from './planned.ts';
import { readSchedules } from './schedules.ts';
import { formatLabel, type ParameterLookup, type SecretLookup, type TemplateScope } from './scope.ts';
import { readTables } from './tables.ts';
import { readBroker, readTopics } from './topics.ts';

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

/** Services for rights, keys, networks, logs, alarms, files and messages. Nothing that runs here needs them. */
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
