/** The auditor's reading of a real topic, and what it says of names that Kafka does not know. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TopicLog } from '../../../infra/kafka/topic-log.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { LocalBroker, messages } from '../../support/local-broker.ts';

describe('a topic to be audited', { timeout: 120_000 }, () => {
  const broker = new LocalBroker({ before, after });
  const opened: TopicLog[] = [];
  after(() => Promise.all(opened.map((log) => log.close())));

  function open(topic: string, group = 'nobody'): TopicLog {
    const log = new TopicLog({ bootstrapBrokers: [...broker.bootstrap] }, topic, group);
    opened.push(log);
    return log;
  }

  it('is read within its bounds', async () => {
    const topic = await broker.topic('read', 2);
    await broker.produce(messages(topic, 1, 5));
    await broker.admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 1, offset: 2n }] }],
    });
    const log = open(topic);

    const bounds = await log.bounds();
    const records = await Array.fromAsync(log.records(1, { start: 2, end: 4 }));

    assert.deepEqual(bounds, [
      { start: 0, end: 0 },
      { start: 2, end: 5 },
    ]);
    assert.deepEqual(
      records.map(({ offset, value }) => `${offset} ${value}`),
      ['2 1-2', '3 1-3'],
    );
  });

  it('is refused where its group is unknown, with those that are known', async () => {
    const topic = await broker.topic('unread', 1);

    await assert.rejects(open(topic, 'biling').committed(1), {
      constructor: UserError,
      message: /^Kafka knows no group 'biling', so its progress is unknown; known are /,
    });
  });

  it('is refused in one sentence where Kafka does not know it, and is not made by being asked for', async () => {
    await assert.rejects(open('ad_clocks').bounds(), {
      constructor: UserError,
      message: /^Kafka at 127\.0\.0\.1:\d+ can't be read: Unknown topic ad_clocks\.$/,
    });
    assert.ok(!(await broker.admin.listTopics()).includes('ad_clocks'));
  });
});
