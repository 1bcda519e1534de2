import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Commits } from '../../../../infra/local/mapping/commits.ts';
import type { Membership } from '../../../../infra/local/mapping/membership.ts';
import { PartitionQueue } from '../../../../infra/local/mapping/partition-queue.ts';
import { until } from '../../../support/until.ts';

/** Commits whose requests a test answers. */
function held() {
  const requests: { readonly offsets: Record<number, number>; readonly answer: (error?: Error) => void }[] =
    [];
  const logged: string[] = [];
  const commit = (offsets: ReadonlyMap<PartitionQueue, number>) =>
    new Promise<void>((resolve, reject) => {
      requests.push({
        offsets: Object.fromEntries(Array.from(offsets, ([{ partition }, next]) => [partition, next])),
        answer: (error) => (error === undefined ? resolve() : reject(error)),
      });
    });
  const commits = new Commits({ commit } as unknown as Membership, (message) => logged.push(message));
  return { commits, requests, logged };
}

const sent = (requests: ReturnType<typeof held>['requests'], count: number) =>
  until(`${count} requests`, () => requests.length >= count, 10_000);

/** Whatever has been answered has been taken note of. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('commits', () => {
  it('are one request at a time, with the newest that is known of each partition', async () => {
    const { commits, requests } = held();
    const [one, two] = [new PartitionQueue('t', 0, 0, undefined), new PartitionQueue('t', 1, 0, undefined)];
    one.push([], 3);
    commits.add(one);
    assert.equal(commits.pending, true);
    one.push([], 5);
    two.push([], 7);
    commits.add(one);
    one.push([], 6);
    commits.add(one);
    commits.add(two);

    assert.deepEqual(
      requests.map(({ offsets }) => offsets),
      [{ 0: 3 }],
    );
    requests[0]?.answer();
    await sent(requests, 2);
    assert.deepEqual(requests[1]?.offsets, { 0: 6, 1: 7 });
    requests[1]?.answer();
    await until('nothing is pending', () => !commits.pending, 10_000);
    assert.equal(requests.length, 2);
  });

  it('tell nothing that the group knows, and nothing of what another member has', () => {
    const { commits, requests } = held();
    const known = new PartitionQueue('t', 0, 5, 5);
    const fresh = new PartitionQueue('t', 1, 5, undefined);
    const revoked = new PartitionQueue('t', 2, 5, undefined);
    revoked.push([], 9);
    revoked.revoked = true;
    const behind = new PartitionQueue('t', 3, 5, 8);
    behind.push([], 7);
    for (const queue of [known, fresh, revoked, behind]) commits.add(queue);

    assert.deepEqual([requests, commits.pending], [[], false]);
    known.push([], 6);
    commits.add(known);
    assert.deepEqual(requests[0]?.offsets, { 0: 6 });
  });

  it('are made again where one failed, but not of what was revoked, and not older than what came meanwhile', async (t) => {
    const { commits, requests, logged } = held();
    const queues = [0, 1, 2].map((partition) => new PartitionQueue('t', partition, 0, undefined));
    const [kept, newer, revoked] = queues as [PartitionQueue, PartitionQueue, PartitionQueue];
    kept.push([], 1);
    commits.add(kept);
    for (const queue of queues) {
      queue.push([], 2);
      commits.add(queue);
    }
    requests[0]?.answer();
    await sent(requests, 2);
    newer.push([], 3);
    commits.add(newer);
    revoked.revoked = true;
    t.mock.timers.enable({ apis: ['setTimeout'] });
    requests[1]?.answer(new Error('not the coordinator'));
    await settled();
    assert.deepEqual(logged, ['commit failed: not the coordinator']);
    t.mock.timers.tick(199);
    await settled();
    assert.equal(requests.length, 2);
    t.mock.timers.tick(1);
    t.mock.timers.reset();
    await sent(requests, 3);

    assert.deepEqual(requests[2]?.offsets, { 0: 2, 1: 3 });
    assert.equal(requests.length, 3);
  });
});
