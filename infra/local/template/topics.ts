/**
 * The brokers' part of the plan: the Kafka version, the cluster's own settings, the topics. In: `AWS::MSK::Cluster`,
 * `AWS::MSK::Configuration`, `AWS::MSK::Topic`. Out: what one broker on this machine can imitate, and a note for the
 * rest.
 *
 * A single broker keeps one replica. So settings that ask for more replicas, or for their acknowledgement, are left out and
 * noted: with `min.insync.replicas=2`, no producer that waits for all replicas could write (Kafka docs: topic
 * configs).
 */

import * as v from 'valibot';
import { UserError } from '../../terminal/user-error.ts';
import type { Resource } from './cloud-assembly.ts';
import { listResources, resolveIdentity } from './evaluate.ts';
import type { PlannedContract, PlannedTopic, Settings } from './planned.ts';
import { parseWholeNumber, readProperties, text } from './properties.ts';
import { buildPlace, formatLabel, type TemplateScope } from './scope.ts';

interface PlannedBroker {
  /** As in the cluster, like `4.1.x.kraft`; undefined if no cluster names one. */
  readonly kafkaVersion: string | undefined;
  readonly settings: Settings;
}

const clusterSchema = v.object({
  KafkaVersion: text,
  ConfigurationInfo: v.optional(v.object({ Arn: text })),
});

const configurationSchema = v.object({ ServerProperties: text });

const topicSchema = v.object({
  TopicName: text,
  PartitionCount: parseWholeNumber(1, 100_000),
  ReplicationFactor: v.optional(parseWholeNumber(1, 100), 1),
  Configs: v.optional(text, ''),
});

const anyField = { path: v.optional(v.array(v.string())), optional: v.optional(v.boolean()) };
const bounds = { min: v.optional(v.number()), max: v.number(), quoted: v.optional(v.boolean()) };
const contractSchema = v.object({
  format: v.literal('json'),
  version: v.optional(
    v.object({ path: v.union([v.string(), v.array(v.string())]), value: v.union([v.number(), v.string()]) }),
  ),
  fields: v.record(
    v.string(),
    v.variant('kind', [
      v.object({
        ...{ kind: v.literal('text'), ...anyField, min: v.optional(v.number()), max: v.number() },
        pattern: v.optional(v.string()),
      }),
      v.object({ kind: v.picklist(['integer', 'micros']), ...anyField, ...bounds }),
      v.object({ kind: v.literal('decimal'), ...anyField, ...bounds, scale: v.number() }),
      v.object({ kind: v.literal('boolean'), ...anyField }),
      v.object({
        ...{ kind: v.literal('time'), ...anyField, quoted: v.optional(v.boolean()) },
        unit: v.picklist(['milliseconds', 'seconds', 'text']),
      }),
      v.object({ kind: v.literal('one of'), ...anyField, values: v.array(v.string()) }),
    ]),
  ),
});

const PARTITIONS_NOTED_FROM = 200;

/** Settings that count replicas; kept only if the value is 1. */
const copies = /replication\.factor$|^min\.insync\.replicas$|\.min\.isr$/;

/** Prefixes of settings that concern the machine, the network or tiered storage. */
const notImitated = [
  'advertised.',
  'allow.everyone',
  'authorizer',
  'background.threads',
  'broker.',
  'controller.',
  'listener',
  'local.retention.',
  'log.dir',
  'node.id',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads',
  'num.replica',
  'process.roles',
  'remote.',
  'replica.',
  'sasl.',
  'security.',
  'socket.',
  'ssl.',
  'super.users',
];

export function readBroker(scope: TemplateScope, notes: string[]): PlannedBroker {
  const [first, ...others] = listResources(scope, 'AWS::MSK::Cluster');
  if (first === undefined) return { kafkaVersion: undefined, settings: {} };
  for (const other of others)
    notes.push(
      `${formatLabel(other)}: a second cluster; its topics are on the same broker, which has the settings of ${formatLabel(first)}`,
    );
  const { KafkaVersion: kafkaVersion, ConfigurationInfo } = readProperties(scope, first, clusterSchema);
  const configuration = listResources(scope, 'AWS::MSK::Configuration').find(
    (resource) => resolveIdentity(scope, buildPlace(resource, 'Arn'), resource) === ConfigurationInfo?.Arn,
  );
  if (configuration === undefined) {
    if (ConfigurationInfo !== undefined)
      notes.push(
        `${formatLabel(first)}: the configuration ${ConfigurationInfo.Arn} is in no template, so Kafka's defaults apply`,
      );
    return { kafkaVersion, settings: {} };
  }
  const { ServerProperties } = readProperties(scope, configuration, configurationSchema);
  return { kafkaVersion, settings: honourable(configuration, settingsIn(ServerProperties), notes) };
}

export function readTopics(scope: TemplateScope, notes: string[]): PlannedTopic[] {
  const byName = new Map<string, PlannedTopic>();
  for (const resource of listResources(scope, 'AWS::MSK::Topic')) {
    const {
      TopicName: name,
      PartitionCount: partitions,
      ReplicationFactor,
      Configs,
    } = readProperties(scope, resource, topicSchema);
    if (byName.has(name))
      throw new UserError(
        `${formatLabel(resource)}: a second topic '${name}'; the single broker here can have only one of that name`,
      );
    if (ReplicationFactor > 1)
      notes.push(`${formatLabel(resource)}: ReplicationFactor ${ReplicationFactor} is 1 on a single broker`);
    if (partitions >= PARTITIONS_NOTED_FROM)
      notes.push(`${formatLabel(resource)}: ${partitions} partitions are many for a single broker`);
    const settings = settingsIn(Buffer.from(Configs, 'base64').toString('utf8'));
    const contract = readContract(resource, notes);
    const configs = honourable(resource, settings, notes);
    byName.set(name, { name, partitions, configs, ...(contract && { contract }) });
  }
  return [...byName.values()];
}

/** From the resource's metadata, where infra/aws writes it. */
function readContract(resource: Resource, notes: string[]): PlannedContract | undefined {
  const given = resource.metadata['Contract'];
  if (given === undefined) return undefined;
  const parsed = v.safeParse(contractSchema, given);
  if (parsed.success) return parsed.output;
  notes.push(`${formatLabel(resource)}: its contract is unknown here, so no records are made for it`);
  return undefined;
}

function honourable(resource: Resource, settings: Settings, notes: string[]): Settings {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    const tooManyCopies = copies.test(name) && value !== '1';
    if (tooManyCopies || notImitated.some((start) => name.startsWith(start)))
      notes.push(`${formatLabel(resource)}: ${name}=${value} is not imitated by a single broker`);
    else kept[name] = value;
  }
  return kept;
}

/** Parses lines `name=value` of a Java properties file; MSK uses that format for clusters and topics. */
function settingsIn(properties: string): Settings {
  const lines = properties.split(/\r?\n/).map((line) => line.trim());
  const entries = lines
    .filter((line) => line !== '' && !/^[#!]/.test(line))
    .map((line) => /^([^=:\s]+)\s*[=:]?\s*(.*)$/.exec(line) ?? []);
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, value]));
}
