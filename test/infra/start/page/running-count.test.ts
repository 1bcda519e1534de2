import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RunningCount } from '../../../../infra/start/page/running-count.ts';

/** A record at each offset: every fifth is no click, the others are worth their offset. */
async function* records({ start, end }: { start: number; end: number }) {
  for (let offset = start; offset < end; offset++) {
    const click = { v: 1, clickId: 'c', advertiserId: 'adv-1', adId: 'ad-1', priceMicros: offset };
    yield { offset, time: 1, value: Buffer.from(offset % 5 === 0 ? '[]' : JSON.stringify(click)) };
  }
}

function worthOf(offsets: readonly number[]) {
  const clicks = offsets.filter((offset) => offset % 5 !== 0);
  const micros = clicks.reduce((sum, offset) => sum + BigInt(offset), 0n);
  return { clicks: clicks.length, micros, refused: offsets.length - clicks.length };
}

describe('the running count', () => {
  it('is what the resolved records are worth, in whichever steps and order they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.nat(60), { maxLength: 12 }), { maxLength: 6 }),
        async (steps) => {
          const count = new RunningCount(records, 0);
          const resolved = new Set<number>();
          for (const step of steps) {
            for (const offset of step) resolved.add(offset);
            const ascending = [...resolved].sort((a, b) => a - b);

            const worth = await count.upTo(
              1 + (ascending.at(-1) ?? -1),
              ascending.flatMap((at) => [at, at]),
            );

            assert.deepEqual(worth, worthOf(ascending));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
