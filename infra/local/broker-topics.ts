/**
 * The plan's topics on the broker. In: the brokers' addresses and the topics. Out: each topic exists as the templates
 * say; a second run changes nothing. What MSK would do on an update is done here too: more partitions are added,
 * settings are set and those no longer named go back to their default. Fewer partitions are refused, as Kafka has no
 * such operation.
 */
import {
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka';
import { GroundError } from './ground-error.ts';
import type { PlannedTopic, Settings } from './plan.ts';

/** As many as the broker makes by default: one of ours, or what a user's own cluster prefers (Kafka docs: KIP-464). */
const REPLICAS_BY_DEFAULT = -1;
const RETRIES = 20;
const RETRY_DELAY_MS = 150;

export async function createTopics(
  bootstrap: readonly string[],
  topics: readonly PlannedTopic[],
): Promise<void> {
  const admin = new Admin({
    clientId: 'ground-topics',
    bootstrapBrokers: [...bootstrap],
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
  });
  try {
    const existing = new Set(await admin.listTopics());
    for (const topic of topics) {
      if (existing.has(topic.name)) await adjust(admin, topic);
      else await create(admin, topic);
    }
  } finally {
    await admin.close();
  }
}

async function create(admin: Admin, { name, partitions, configs }: PlannedTopic): Promise<void> {
  const settings = Object.entries(configs).map(([setting, value]) => ({ name: setting, value }));
  await admin.createTopics({ topics: [name], partitions, replicas: REPLICAS_BY_DEFAULT, configs: settings });
}

async function adjust(admin: Admin, { name, partitions, configs }: PlannedTopic): Promise<void> {
  const metadata = await admin.metadata({ topics: [name], forceUpdate: true });
  const standing = metadata.topics.get(name)?.partitionsCount ?? 0;
  if (standing > partitions)
    throw new GroundError(
      `topic '${name}' has ${standing} partitions here and ${partitions} in the template, and Kafka can't take any away: raise the template's number, or make the topic anew`,
    );
  if (standing < partitions)
    await admin.createPartitions({ topics: [{ name, count: partitions, assignments: null }] });
  await adjustSettings(admin, name, configs);
}

async function adjustSettings(admin: Admin, topic: string, wanted: Settings): Promise<void> {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
  const [described] = await admin.describeConfigs({ resources: [{ ...resource, configurationKeys: null }] });
  const own = (described?.configs ?? []).filter(
    ({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
  );
  const standing = new Map(own.map(({ name, value }) => [name, value]));
  const { SET, DELETE } = IncrementalAlterConfigOperationTypes;
  const changes = [
    ...Object.entries(wanted)
      .filter(([name, value]) => standing.get(name) !== value)
      .map(([name, value]) => ({ name, configOperation: SET, value })),
    ...[...standing.keys()]
      .filter((name) => wanted[name] === undefined)
      .map((name) => ({ name, configOperation: DELETE, value: null })),
  ];
  if (changes.length > 0)
    await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: changes }] });
}
