import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Seeded } from '../../../infra/local/seeded.ts';

const DRAWS = 20_000;
const draws = <Drawn>(draw: () => Drawn, count = DRAWS): Drawn[] => Array.from({ length: count }, draw);
const sequence = (seed: number) => {
  const random = new Seeded(seed);
  return draws(() => random.next(), 50);
};

/** How often each came. */
function tally(drawn: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of drawn) counts[each] = (counts[each] ?? 0) + 1;
  return counts;
}

describe('seeded choices', () => {
  it('are the same for the same seed, and differ for another', () => {
    assert.deepEqual(sequence(7), sequence(7));
    assert.notDeepEqual(sequence(7), sequence(8));
    assert.notDeepEqual(sequence(0), sequence(2 ** 32 - 1));
  });

  it('stay the same across releases, so that a printed seed stays useful', () => {
    const random = new Seeded(7);

    const drawn = draws(() => Math.floor(random.next() * 1_000_000), 4);

    assert.deepEqual(drawn, [11704, 61958, 976907, 699028]);
  });

  it('lie in [0, 1), evenly', () => {
    const random = new Seeded(1);

    const numbers = draws(() => random.next());

    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const tenths = Object.values(tally(numbers.map((number) => String(Math.floor(number * 10)))));
    assert.equal(tenths.length, 10);
    for (const count of tenths) assert.ok(Math.abs(count - DRAWS / 10) < DRAWS / 100, String(tenths));
  });

  it('stay between two bounds and come near both', () => {
    const random = new Seeded(2);

    const numbers = draws(() => random.between(60, 320)).sort((a, b) => a - b);

    const [least = 0, most = 0] = [numbers[0], numbers.at(-1)];
    assert.ok(least >= 60 && least < 61 && most < 320 && most > 319, `${least} ${most}`);
  });

  it('happen as often as their probability', () => {
    const random = new Seeded(3);

    const happened = draws(() => random.chance(0.7)).filter(Boolean).length;

    assert.ok(Math.abs(happened - 0.7 * DRAWS) < DRAWS / 50, String(happened));
    assert.ok(draws(() => random.chance(0)).every((chance) => !chance));
    assert.ok(draws(() => random.chance(1)).every(Boolean));
  });

  it('pick every element, and nothing from nothing', () => {
    const random = new Seeded(4);

    assert.deepEqual(Object.keys(tally(draws(() => random.pick(['a', 'b', 'c']) as string, 100))).sort(), [
      'a',
      'b',
      'c',
    ]);
    assert.equal(random.pick([]), undefined);
  });

  it('by weight come in proportion to their weights, and never with weight 0', () => {
    const random = new Seeded(5);

    const counts = tally(
      draws(() => random.weighted({ never: 0, often: 6, seldom: 0.5, middle: 3.5, nor: 0 })),
    );

    assert.deepEqual(Object.keys(counts).sort(), ['middle', 'often', 'seldom']);
    for (const [key, share] of [
      ['often', 0.6],
      ['middle', 0.35],
      ['seldom', 0.05],
    ] as const)
      assert.ok(Math.abs((counts[key] ?? 0) - share * DRAWS) < DRAWS / 50, JSON.stringify(counts));
  });
});
