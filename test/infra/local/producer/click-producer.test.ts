import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { contracts } from '../../../../functions/index.ts';
import { type Child, Children } from '../../../../infra/local/children.ts';
import { ClickProducer } from '../../../../infra/local/producer/click-producer.ts';
import { ClickSource } from '../../../../infra/local/producer/clicks.ts';
import { RecordSource } from '../../../../infra/local/producer/made-records.ts';
import { LocalBroker } from '../../../support/local-broker.ts';
import { isAlive } from '../../../support/pids.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 60_000;
const market = { seed: 7, advertisers: 500 };

describe('the click producer', { timeout: 200_000 }, () => {
  const broker = new LocalBroker({ before, after });
  const children = new Children();
  after(() => children.killAll());
  const logFolder = temporaryFolder({ after });

  function producing(topic: string, partitions: number, clicks: number | undefined, rate?: number) {
    const said: string[] = [];
    const assignment = { ...market, bootstrap: broker.bootstrap, topic, partitions, clicks, rate };
    const producer = new ClickProducer({
      assignment,
      children,
      logFolder,
      say: (line) => said.push(line),
      fail: assert.fail,
    });
    return { producer, said };
  }

  // 3,001 in four partitions: shares are rounded, and one of 3,000 is greater than its of 3,001.
  it('adds exactly the given number of clicks, with the documented distribution', async () => {
    await broker.topic('counted', 4);

    const { producer } = producing('counted', 4, 3_001);
    await until('it is done', () => producer.done && children.list().length === 0, WITHIN_MS);

    const ends = await Promise.all([0, 1, 2, 3].map((partition) => broker.end('counted', partition)));
    assert.equal(
      ends.reduce((sum, end) => sum + end),
      3_001,
    );
    const shares = new ClickSource({ ...market, partitions: 4 }).shares(3_001);
    for (const [partition, end] of ends.entries())
      assert.ok(Math.abs(end - (shares[partition] ?? 0)) <= 1, `${ends}`);
    assert.equal(producer.produced, 3_001);
    producer.stop();
  });

  it('continues at the end of the log after a kill: each click once, in its place', async () => {
    await broker.topic('resumed', 2);
    const { producer, said } = producing('resumed', 2, undefined, 2_000);
    await until('it produces', () => producer.produced > 0, WITHIN_MS);

    const [first] = children.list();
    process.kill((first as Child).pid, 'SIGKILL');
    const killedAt = producer.produced;
    await until('another goes on', () => said.length > 0 && producer.produced > killedAt + 500, WITHIN_MS);
    producer.stop();
    await until('it has ended', () => children.list().length === 0, WITHIN_MS);

    const source = new ClickSource({ ...market, partitions: 2 });
    for (const partition of [0, 1]) {
      const values = await broker.values('resumed', partition);
      assert.ok(values.length > 100, `${values.length} in partition ${partition}`);
      assert.deepEqual(
        values,
        values.map((_, n) => source.click(partition, n).value),
      );
    }
    assert.match(said.join('\n'), /^the click producer \(pid \d+\) ended with SIGKILL; another one starts$/);
  });

  it('makes records of another topic by its contract, under a name of its own', async () => {
    await broker.topic('viewed', 2);
    const contract = contracts.ad_impressions;
    const producer = new ClickProducer({
      assignment: {
        ...market,
        bootstrap: broker.bootstrap,
        topic: 'viewed',
        partitions: 2,
        clicks: 301,
        rate: undefined,
        contract,
      },
      children,
      logFolder,
      say: assert.fail,
      fail: assert.fail,
    });
    assert.deepEqual(
      children.list().map(({ role, name }) => [role, name]),
      [['producer', 'producer of viewed']],
    );
    await until('it is done', () => producer.done && children.list().length === 0, WITHIN_MS);

    const source = new RecordSource({ seed: market.seed, partitions: 2, contract });
    for (const [partition, records] of [151, 150].entries())
      assert.deepEqual(
        await broker.values('viewed', partition),
        Array.from({ length: records }, (_, n) => source.click(partition, n).value),
      );
    producer.stop();
  });

  it('changes its pace while it runs; a heated key adds clicks of one advertiser', async () => {
    await broker.topic('paced', 3);
    const { producer } = producing('paced', 3, undefined, 300);
    await until('it produces', () => producer.produced > 30, WITHIN_MS);

    producer.setPace({ rate: 3_000, heated: true });
    await until('far more came', () => producer.produced > 9_000, WITHIN_MS);
    producer.stop();
    await until('it has ended', () => children.list().length === 0, WITHIN_MS);

    const [hot = [], ...others] = await Promise.all([0, 1, 2].map((at) => broker.values('paced', at)));
    const ofFirst = hot.filter((value) => JSON.parse(value).advertiserId === 'adv-1').length;
    const ids = [hot, ...others].flat().map((value) => JSON.parse(value).clickId);
    assert.ok(hot.length > 2.5 * Math.max(...others.map(({ length }) => length)), `${hot.length}`);
    assert.ok(ofFirst > 0.7 * hot.length, `${ofFirst} of ${hot.length}`);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('ends when stopped, and is not restarted', async () => {
    await broker.topic('endless', 1);
    const { producer, said } = producing('endless', 1, undefined, 200);
    await until('it produces', () => producer.produced > 0, WITHIN_MS);
    const [running] = children.list();

    producer.stop();
    await until(
      'it has ended',
      () => !isAlive(running?.pid ?? -1) && children.list().length === 0,
      WITHIN_MS,
    );

    assert.deepEqual(said, []);
    assert.equal(producer.done, false);
  });
});
