import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogEnds } from '../../../../infra/start/page/log-ends.ts';

describe('the ends of the log', () => {
  it('tell how fast a partition grows, and that one is hot', () => {
    const ends = new LogEnds();
    for (let second = 0; second <= 10; second++)
      ends.note(second * 1_000, [second * 900, second * 100, second * 200]);

    const [first, second] = ends.partitions();

    assert.deepEqual(first, { partition: 0, end: 9_000, rate: 900, hot: true });
    assert.deepEqual(second, { partition: 1, end: 1_000, rate: 100, hot: false });
  });

  it('of even partitions none is hot, and a single one never is', () => {
    const even = new LogEnds();
    const single = new LogEnds();
    for (const at of [0, 1_000, 2_000]) {
      even.note(at, [at, at]);
      single.note(at, [at]);
    }

    assert.deepEqual(
      [...even.partitions(), ...single.partitions()].map(({ hot }) => hot),
      [false, false, false],
    );
  });

  it('tell how old a record is that waits; nothing of what came before anybody looked', () => {
    const ends = new LogEnds();
    for (let second = 0; second <= 10; second++) ends.note(second * 1_000, [100 + second * 10]);

    assert.equal(ends.ageMs(0, 150, 10_000), 4_000);
    assert.equal(ends.ageMs(0, 200, 10_000), 0);
    assert.equal(ends.ageMs(0, 50, 10_000), undefined);
  });
});
