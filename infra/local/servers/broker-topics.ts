/**
 * Creates the plan's topics on the broker. In: the brokers' addresses and the topics. Out: on our own broker, each topic exists as
 * the templates say; a second run changes nothing. An update works as on MSK: it adds partitions, sets settings, and resets
 * settings that the template no longer names. Fewer partitions are refused, because Kafka can't remove any. On the user's broker,
 * missing topics are created, and existing topics are left unchanged.
 */

import {
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';
import type { PlannedTopic, Settings } from '../template/planned.ts';

/** The broker's default number of replicas (Kafka docs: KIP-464). */
const REPLICAS_BY_DEFAULT = -1;
/** Our own broker has just answered. The user's broker may be silent, and an error after minutes would be too late. */
const RETRIES = 20;
export const RETRIES_ELSEWHERE = 1;
const RETRY_DELAY_MS = 150;
const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 3_000;
/** Settings that the ledgers rely on: a halt on a rewritten log (I10) and statement hours use the broker's append time. */
const RELIED_ON = ['message.timestamp.type', 'retention.ms'];

/** The consequence of records with producers' timestamps. */
const REFUSED =
  ": groups that count by the broker's times refuse its records (event.timestamps); set it to LogAppendTime, or say timestamps: 'producer' for the topic";

/** For our own broker. */
export async function createTopics(
  bootstrap: readonly string[],
  topics: readonly PlannedTopic[],
): Promise<void> {
  await useAdmin(bootstrap, RETRIES, async (admin) => {
    const existing = new Set(await admin.listTopics());
    for (const topic of topics)
      await (existing.has(topic.name) ? adjust(admin, topic) : create(admin, topic));
  });
}

/** For the user's broker. Returns how existing topics differ from the template in settings that the ledgers rely on. */
export async function createMissingTopics(
  bootstrap: readonly string[],
  topics: readonly PlannedTopic[],
): Promise<string[]> {
  return await useAdmin(bootstrap, RETRIES_ELSEWHERE, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const notes: string[] = [];
    for (const topic of topics) {
      if (existing.has(topic.name)) notes.push(...(await differences(admin, topic)));
      else await create(admin, topic);
    }
    return notes;
  });
}

/** Opens an admin client for one piece of work. Throws a `UserError` if the brokers can't be reached or refuse the work. */
export async function useAdmin<Result>(
  bootstrap: readonly string[],
  retries: number,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = new Admin({
    clientId: 'clickledger-topics',
    bootstrapBrokers: [...bootstrap],
    connectTimeout: CONNECT_WITHIN_MS,
    requestTimeout: ANSWER_WITHIN_MS,
    retries,
    retryDelay: RETRY_DELAY_MS,
  });
  try {
    return await work(admin);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `Kafka at ${bootstrap.join(',')} failed (${findInnermostMessage(error)}): check that it runs there and accepts connections without TLS and password`,
      error,
    );
  } finally {
    await admin.close();
  }
}

async function create(admin: Admin, { name, partitions, configs }: PlannedTopic): Promise<void> {
  const settings = Object.entries(configs).map(([setting, value]) => ({ name: setting, value }));
  await admin.createTopics({ topics: [name], partitions, replicas: REPLICAS_BY_DEFAULT, configs: settings });
}

async function adjust(admin: Admin, { name, partitions, configs }: PlannedTopic): Promise<void> {
  const current = await partitionsOf(admin, name);
  if (current > partitions)
    throw new UserError(
      `topic '${name}' has ${current} partitions here and ${partitions} in the template, and Kafka can't remove any: raise the template's number, or recreate the topic`,
    );
  if (current < partitions)
    await admin.createPartitions({ topics: [{ name, count: partitions, assignments: null }] });
  await adjustSettings(admin, name, configs);
}

async function differences(admin: Admin, { name, partitions, configs }: PlannedTopic): Promise<string[]> {
  const current = await partitionsOf(admin, name);
  const settings = await settingsOf(admin, name);
  const faults = current === partitions ? [] : [`${current} partitions instead of ${partitions}`];
  for (const setting of RELIED_ON) {
    const found = settings.find((each) => each.name === setting)?.value;
    const wanted = configs[setting];
    if (wanted !== undefined && found !== wanted)
      faults.push(`${setting} ${found} instead of ${wanted}${found === 'CreateTime' ? REFUSED : ''}`);
  }
  return faults.map((fault) => `topic '${name}' exists already and is left unchanged, with ${fault}`);
}

async function adjustSettings(admin: Admin, topic: string, wanted: Settings): Promise<void> {
  const own = (await settingsOf(admin, topic)).filter(
    ({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
  );
  const current = new Map(own.map(({ name, value }) => [name, value]));
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
  const changes = [
    ...Object.entries(wanted)
      .filter(([name, value]) => current.get(name) !== value)
      .map(([name, value]) => ({ name, configOperation: SET, value })),
    ...[...current.keys()]
      .filter((name) => wanted[name] === undefined)
      .map((name) => ({ name, configOperation: DELETE, value: null })),
  ];
  if (changes.length > 0)
    await admin.incrementalAlterConfigs({ resources: [{ ...topicResource(topic), configs: changes }] });
}

async function partitionsOf(admin: Admin, topic: string): Promise<number> {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  return metadata.topics.get(topic)?.partitionsCount ?? 0;
}

/** All effective settings of the topic, including defaults. */
async function settingsOf(admin: Admin, topic: string) {
  const resources = [{ ...topicResource(topic), configurationKeys: null }];
  const [described] = await admin.describeConfigs({ resources });
  return described?.configs ?? [];
}

function topicResource(topic: string) {
  return { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
}
