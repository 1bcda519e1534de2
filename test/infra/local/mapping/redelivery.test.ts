import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LocalBroker, messages } from '../../../support/local-broker.ts';
import { LocalMapping } from '../../../support/local-mapping.ts';
import { isAlive } from '../../../support/pids.ts';
import type { Behaviour } from '../../../support/scripted-function.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 60_000;
const TOPIC = 'clicks';
const BATCH = [0, 1, 2, 3, 4];

const failing: [what: string, behaviour: Behaviour, ends: boolean, logged: RegExp][] = [
  ['throws', { does: 'throw' }, false, /TypeError: as the test wants it/],
  ['ends its process', { does: 'exit' }, true, /the process of the function ended/],
  ['never answers', { does: 'hang' }, true, /Task timed out after 0\.50 seconds/],
  ['blocks its process', { does: 'spin' }, true, /Task timed out after 0\.50 seconds/],
  ['answers a text', { does: 'answer', answer: 'ok' }, false, /not a partial batch response/],
  ['answers what no JSON can hold', { does: 'unwritable' }, false, /TypeError/],
  [
    'names a record that it was not given',
    {
      does: 'answer',
      answer: { batchItemFailures: [{ itemIdentifier: { partition: 'clicks-0', offset: 99 } }] },
    },
    false,
    /names clicks-0 offset 99, which was not in the event/,
  ],
];

describe('a batch whose function', { timeout: 300_000 }, () => {
  const broker = new LocalBroker({ before, after });
  const partitions = failing.length * 2;
  let mapping: LocalMapping;
  after(() => mapping?.stop());
  const folder = temporaryFolder({ after });

  before(async () => {
    await broker.topic(TOPIC, partitions);
    mapping = new LocalMapping({
      folder,
      bootstrap: broker.bootstrap,
      topic: TOPIC,
      batchSize: 100,
      partialResponses: true,
      timeoutSeconds: 0.5,
    });
    await until('it owns its partitions', () => mapping.pollers.owned().size === partitions, WITHIN_MS);
  });

  async function untilCommitted(partition: number): Promise<void> {
    const isReached = async () =>
      (await broker.committed(TOPIC, TOPIC, partitions))[partition] === BATCH.length;
    await until(`partition ${partition} is committed`, isReached, WITHIN_MS);
  }

  for (const [at, [what, behaviour, ends, logged]] of failing.entries())
    it(`${what} is delivered again until it succeeds, and the other partitions continue (I2, I7, I8)`, async () => {
      const [stuck, other] = [2 * at, 2 * at + 1];
      mapping.behave({ ...behaviour, partition: stuck });
      await broker.produce(messages(TOPIC, stuck, 5));
      await until('it is delivered again', () => mapping.calls('begin', stuck).length >= 2, WITHIN_MS);
      await broker.produce(messages(TOPIC, other, 5));

      await untilCommitted(other);
      const committed = (await broker.committed(TOPIC, TOPIC, partitions))[stuck] ?? -1;
      const failed = mapping.calls('begin', stuck);
      mapping.behave({ does: 'succeed' });
      await untilCommitted(stuck);

      const pids = new Set(failed.map(({ pid }) => pid));
      assert.ok(committed <= 0, `${committed} is committed`);
      for (const { offsets } of failed) assert.deepEqual(offsets[stuck], BATCH);
      assert.deepEqual(mapping.calls('end', stuck).at(-1)?.offsets[stuck], BATCH);
      assert.equal(pids.size > 1, ends, `processes: ${[...pids]}`);
      if (ends) assert.equal(isAlive(failed[0]?.pid ?? -1), false);
      assert.match(readFileSync(join(folder, `pollers-${TOPIC}.log`), 'utf8'), logged);
    });

  it('has failed does not end its poller', () => {
    assert.deepEqual(mapping.said, []);
  });
});
