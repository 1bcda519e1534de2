import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Standstill } from '../../../infra/ops/standstill.ts';

function looks(steps: readonly (readonly [now: number, seen: unknown])[]): boolean[] {
  let now = 0;
  const standstill = new Standstill(10_000, () => now);
  return steps.map(([at, seen]) => {
    now = at;
    return standstill.lasts(seen);
  });
}

describe('a standstill', () => {
  it('lasts once nothing has changed for longer than the bound', () => {
    assert.deepEqual(
      looks([
        [0, [1]],
        [5_000, [1]],
        [10_000, [1]],
        [10_001, [1]],
      ]),
      [false, false, false, true],
    );
  });

  it('ends with any change, however long all of it takes', () => {
    const steps = Array.from({ length: 1_000 }, (_, i) => [i * 4_000, [Math.floor(i / 3)]] as const);

    assert.equal(looks(steps).length, 1_000);
    assert.ok(looks(steps).every((lasts) => !lasts));
  });

  it('does not count the time in which nobody looked', () => {
    assert.deepEqual(
      looks([
        [0, 'a'],
        [3_600_000, 'a'],
        [3_604_000, 'a'],
        [7_200_000, 'a'],
      ]),
      [false, false, false, true],
    );
  });
});
