import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Child } from '../../../../infra/local/children.ts';
import { LocalBroker, messages } from '../../../support/local-broker.ts';
import { LocalMapping, type LocalMappingOptions } from '../../../support/local-mapping.ts';
import { isAlive } from '../../../support/pids.ts';
import type { Call } from '../../../support/scripted-function.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 60_000;
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the pollers of a mapping', { timeout: 300_000, concurrency: true }, () => {
  const broker = new LocalBroker({ before, after });

  async function started(
    t: TestContext,
    topic: string,
    partitions: number,
    options: Partial<LocalMappingOptions> = {},
  ): Promise<LocalMapping> {
    await broker.topic(topic, partitions);
    const owners: { mapping?: LocalMapping } = {};
    t.after(() => owners.mapping?.stop());
    const mapping = new LocalMapping({
      folder: temporaryFolder(t),
      bootstrap: broker.bootstrap,
      topic,
      ...options,
    });
    owners.mapping = mapping;
    const pollers = options.pollers ?? 1;
    await until(
      `${pollers} share ${partitions} partitions`,
      () => {
        const owned = [...mapping.pollers.owned().values()].map(({ poller }) => poller);
        return owned.length === partitions && new Set(owned).size === Math.min(pollers, partitions);
      },
      WITHIN_MS,
    );
    return mapping;
  }

  async function untilCommitted(topic: string, expected: readonly number[]): Promise<void> {
    const isReached = async () =>
      `${await broker.committed(topic, topic, expected.length)}` === `${expected}`;
    await until(`${topic} is committed up to ${expected}`, isReached, WITHIN_MS);
  }

  it('deliver every record in order, and commit what the function has taken (I2, I5, I7)', async (t) => {
    const mapping = await started(t, 'plain', 3, { batchSize: 40 });
    await broker.produce([0, 1, 2].flatMap((partition) => messages('plain', partition, 100)));

    await untilCommitted('plain', [100, 100, 100]);

    for (const partition of [0, 1, 2]) {
      const calls = mapping.calls('end', partition);
      assert.deepEqual(
        calls.flatMap(({ offsets }) => offsets[partition] ?? []),
        upTo(0, 100),
      );
    }
    for (const { offsets } of mapping.calls('begin')) assert.ok(Object.values(offsets).flat().length <= 40);
  });

  it('commit nothing of a batch before its function has succeeded (I7)', async (t) => {
    const mapping = await started(t, 'held', 2);
    mapping.behave({ does: 'hold', partition: 0 });
    await broker.produce(messages('held', 0, 5));
    await until('the function runs', () => mapping.calls('begin', 0).length === 1, WITHIN_MS);
    await broker.produce(messages('held', 1, 5));

    // Commits go one after the other: had there been one of partition 0, it would stand by now.
    await untilCommitted('held', [-1, 5]);
    const endedBefore = mapping.calls('end', 0);
    mapping.behave({ does: 'succeed' });
    await untilCommitted('held', [5, 5]);

    assert.deepEqual(endedBefore, []);
    assert.equal(mapping.calls('begin', 0).length, 1);
  });

  it('commit up to the lowest open record of a partial response, then the whole batch (I2, I8)', async (t) => {
    const mapping = await started(t, 'partial', 2, {
      batchSize: 20,
      windowMs: 60_000,
      partialResponses: true,
    });
    const batchItemFailures = [{ itemIdentifier: { partition: 'partial-0', offset: 3 } }];
    mapping.behave({ does: 'answer', partition: 0, answer: { batchItemFailures } });

    await broker.produce([...messages('partial', 0, 10), ...messages('partial', 1, 10)]);
    await untilCommitted('partial', [3, 10]);
    await until('it is retried again', () => mapping.calls('begin', 0).length >= 3, WITHIN_MS);
    const committedMeanwhile = await broker.committed('partial', 'partial', 2);
    mapping.behave({ does: 'succeed' });
    await untilCommitted('partial', [10, 10]);

    const [first, ...others] = mapping.calls('begin');
    assert.deepEqual(first?.offsets, { 0: upTo(0, 10), 1: upTo(0, 10) });
    for (const { offsets } of others) assert.deepEqual(offsets, { 0: [3] });
    assert.deepEqual(committedMeanwhile, [3, 10]);
  });

  it("own each partition once, and continue at the group's commit when one is killed; its sandbox finishes its work, and is not lent before (I1, I2)", async (t) => {
    const mapping = await started(t, 'killed', 2, { pollers: 2 });
    const owners = [...(await broker.assignments('killed', 'killed')).values()];
    await broker.produce([...messages('killed', 0, 10), ...messages('killed', 1, 10)]);
    await untilCommitted('killed', [10, 10]);
    mapping.behave({ does: 'hold', partition: 0 });
    await broker.produce(messages('killed', 0, 5));
    const held = () => mapping.calls('begin', 0).filter(({ offsets }) => offsets[0]?.includes(10));
    await until('the function runs', () => held().length === 1, WITHIN_MS);
    const zombie = held()[0] as Call;

    killOwner(mapping, 0);
    await until('another delivers it again', () => held().length === 2, WITHIN_MS);
    await broker.produce(messages('killed', 1, 10));
    await untilCommitted('killed', [10, 20]);
    const worksStill = isAlive(zombie.pid) && !hasEnded(mapping, zombie);
    const since = mapping.calls('begin').slice(1 + indexOf(mapping.calls('begin'), zombie));
    mapping.behave({ does: 'succeed' });
    await untilCommitted('killed', [15, 20]);
    await until('the function of the dead has ended as well', () => hasEnded(mapping, zombie), WITHIN_MS);

    assert.deepEqual(
      held().map(({ offsets }) => offsets[0]),
      [upTo(10, 15), upTo(10, 15)],
    );
    assert.deepEqual(owners.sort(), [[0], [1]]);
    assert.equal(worksStill, true);
    assert.ok(since.length >= 2 && since.every(({ pid }) => pid !== zombie.pid));
    assert.match(mapping.said.join(), /poller \d \(pid \d+\) ended with SIGKILL; another one starts/);
  });

  it('keep their number when one is killed, removed and added again at once', async (t) => {
    const mapping = await started(t, 'changed', 2, { pollers: 2 });
    const second = () => mapping.processes('poller').find(({ name }) => name === 'poller 2');
    const killed = (second() as Child).pid;

    process.kill(killed, 'SIGKILL');
    await until('its end is heard', () => second() === undefined, WITHIN_MS);
    await mapping.pollers.remove();
    mapping.pollers.add();
    await broker.produce([...messages('changed', 0, 5), ...messages('changed', 1, 5)]);
    await untilCommitted('changed', [5, 5]);

    const names = mapping.processes('poller').map(({ name }) => name);
    assert.deepEqual(names.sort(), ['poller 1', 'poller 2']);
    assert.equal(mapping.pollers.count, 2);
  });

  it('above their minimum, are not replaced after a kill by choice: the standby takes over', async (t) => {
    const mapping = await started(t, 'standby', 1);
    mapping.pollers.add();
    const dealt = () => mapping.pollers.members().filter(({ generation }) => generation !== undefined);
    const owner = () => mapping.pollers.members().find(({ partitions }) => partitions.length === 1)?.number;
    await until('one owns, one stands by', () => dealt().length === 2 && owner() !== undefined, WITHIN_MS);
    const killed = owner() as number;
    const standby = dealt().find(({ number }) => number !== killed)?.number;

    mapping.pollers.kill(killed);
    await until('the standby owns the partition', () => owner() === standby, WITHIN_MS);

    assert.equal(mapping.pollers.count, 1);
    assert.deepEqual(mapping.said, []);
  });

  it('start no poller after a stop', async (t) => {
    const mapping = await started(t, 'ended', 1);

    await mapping.stop();
    mapping.pollers.add();

    assert.deepEqual([mapping.pollers.count, mapping.pollers.members()], [1, []]);
  });
});

function killOwner(mapping: LocalMapping, partition: number): void {
  const name = `poller ${mapping.pollers.owned().get(partition)?.poller}`;
  const [owner] = mapping.processes('poller').filter((child) => child.name === name);
  process.kill((owner as Child).pid, 'SIGKILL');
}

function indexOf(calls: readonly Call[], { requestId }: Call): number {
  return calls.findIndex((call) => call.requestId === requestId);
}

function hasEnded(mapping: LocalMapping, call: Call): boolean {
  return indexOf(mapping.calls('end'), call) >= 0;
}
