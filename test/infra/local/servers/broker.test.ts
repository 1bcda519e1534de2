import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import {
  type BrokerOptions,
  type RunningBroker,
  startBroker,
} from '../../../../infra/local/servers/broker.ts';
import { createMissingTopics, createTopics } from '../../../../infra/local/servers/broker-topics.ts';
import type { PlannedTopic } from '../../../../infra/local/template/planned.ts';
import { localJars } from '../../../support/local-jars.ts';
import { isOpen, ownAddresses } from '../../../support/own-addresses.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const clicks: PlannedTopic = {
  name: 'clicks',
  partitions: 2,
  configs: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '1000000' },
};

async function partitionsAndSettings(bootstrap: string, topic: string) {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [bootstrap] });
  try {
    const { topics } = await admin.metadata({ topics: [topic] });
    const [described] = await admin.describeConfigs({
      resources: [{ resourceType: 2, resourceName: topic }],
    });
    const own = (described?.configs ?? []).filter(({ configSource }) => configSource === 1);
    return {
      partitions: topics.get(topic)?.partitionsCount,
      configs: Object.fromEntries(own.map(({ name, value }) => [name, value])),
    };
  } finally {
    await admin.close();
  }
}

async function produce(bootstrap: string, count: number): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [bootstrap], autocreateTopics: false });
  const messages = Array.from({ length: count }, (_, index) => ({
    topic: 'clicks',
    partition: index % 2,
    value: Buffer.from(String(index)),
  }));
  await producer.send({ acks: -1, messages });
  await producer.close();
}

async function consume(bootstrap: string, count: number): Promise<number[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: 'readers',
    bootstrapBrokers: [bootstrap],
    autocommit: false,
    maxWaitTime: 50,
  });
  const stream = await consumer.consume({ topics: ['clicks'], mode: 'earliest' });
  const values: number[] = [];
  for await (const { value } of stream) if (values.push(Number(value)) === count) break;
  await consumer.close(true);
  return values.sort((a, b) => a - b);
}

describe('the Kafka broker', { timeout: 120_000 }, () => {
  let broker: RunningBroker;
  let options: BrokerOptions;
  after(() => broker?.stop());
  const folder = temporaryFolder({ after });

  before(async () => {
    options = {
      jars: await localJars(),
      dataFolder: join(folder, 'a folder with spaces', 'kafka'),
      logFile: join(folder, 'logs/broker.log'),
      settings: {
        'message.max.bytes': '2000000',
        'min.insync.replicas': '2',
        listeners: 'PLAINTEXT://0.0.0.0:1',
      },
    };
    broker = await startBroker(options);
  });

  it('listens on no address that a neighbour can reach', async () => {
    assert.match(broker.bootstrap, /^127\.0\.0\.1:\d+$/);
    assert.equal(await isOpen('127.0.0.1', broker.port), true);
    for (const address of ownAddresses()) assert.equal(await isOpen(address, broker.port), false, address);
  });

  it('has the topics of the plan, and a second run changes nothing', async () => {
    await createTopics([broker.bootstrap], [clicks]);
    await createTopics([broker.bootstrap], [clicks]);

    assert.deepEqual(await partitionsAndSettings(broker.bootstrap, 'clicks'), {
      partitions: 2,
      configs: clicks.configs,
    });
  });

  it('follows a changed template: adds partitions, sets and resets settings', async () => {
    await createTopics(
      [broker.bootstrap],
      [{ name: 'growing', partitions: 1, configs: { 'retention.ms': '1000', 'cleanup.policy': 'compact' } }],
    );
    const changed = { name: 'growing', partitions: 3, configs: { 'retention.ms': '2000' } };
    // A broker tells of a change somewhat later than its controller has made it.
    const is = (wanted: object) => async () => {
      const { partitions, configs } = await partitionsAndSettings(broker.bootstrap, 'growing');
      return isDeepStrictEqual({ partitions, configs }, wanted);
    };
    const first = { 'retention.ms': '1000', 'cleanup.policy': 'compact' };
    await until('the topic is there', is({ partitions: 1, configs: first }));

    await createTopics([broker.bootstrap], [changed]);

    await until('it is changed', is({ partitions: 3, configs: { 'retention.ms': '2000' } }));
  });

  it("leaves a user's own topic unchanged, and says what the groups will refuse of it", async () => {
    const wanted = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '604800000' };
    await createTopics(
      [broker.bootstrap],
      [{ name: 'theirs', partitions: 2, configs: { 'message.timestamp.type': 'CreateTime' } }],
    );
    const isThere = async () => (await partitionsAndSettings(broker.bootstrap, 'theirs')).partitions === 2;
    await until('the topic is there', isThere);

    const notes = await createMissingTopics(
      [broker.bootstrap],
      [{ name: 'theirs', partitions: 3, configs: wanted }],
    );

    assert.deepEqual(notes, [
      "topic 'theirs' exists already and is left unchanged, with 2 partitions instead of 3",
      "topic 'theirs' exists already and is left unchanged, with message.timestamp.type CreateTime instead of LogAppendTime: groups that count by the broker's times refuse its records (event.timestamps); set it to LogAppendTime, or say timestamps: 'producer' for the topic",
    ]);
  });

  it("refuses a template with fewer partitions, which Kafka can't remove", async () => {
    await createTopics([broker.bootstrap], [{ name: 'shrinking', partitions: 3, configs: {} }]);

    const shrink = createTopics([broker.bootstrap], [{ name: 'shrinking', partitions: 2, configs: {} }]);

    await assert.rejects(shrink, /topic 'shrinking' has 3 partitions here and 2 in the template/);
  });

  it('refuses a folder that Kafka would read as two', async () => {
    const start = startBroker({ ...options, dataFolder: join(folder, 'a,b') });

    await assert.rejects(start, /a,b has a comma, and Kafka would read it as two folders/);
  });

  it('refuses a second broker on its data, in a sentence', async () => {
    const second = startBroker(options);

    await assert.rejects(second, /the Kafka broker ended \(code 1\).*\n.*is in use by another process/s);
  });

  it('keeps everything acknowledged through a SIGKILL, and restarts on its port', async () => {
    await createTopics([broker.bootstrap], [clicks]);
    await produce(broker.bootstrap, 1000);

    process.kill(broker.pid, 'SIGKILL');
    const exit = await broker.exited;
    broker = await startBroker({ ...options, port: broker.port });

    assert.equal(exit.signal, 'SIGKILL');
    assert.deepEqual(
      await consume(broker.bootstrap, 1000),
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });

  it('is gone after a stop', async () => {
    await broker.stop();

    assert.equal(await isOpen('127.0.0.1', broker.port), false);
    assert.throws(() => process.kill(broker.pid, 0), { code: 'ESRCH' });
  });
});
