import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Assignor, cooperative, type Ownership, range, roundRobin, sticky } from './strategies.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 8 });
const partitionCount = fc.integer({ min: 0, max: 24 });
/** What members may believe to own: also of those who are gone, twice, and beyond the topic. */
const beliefs = (members: readonly string[]) =>
  fc
    .array(
      fc.tuple(
        fc.constantFrom(...members, 'gone'),
        fc.array(fc.integer({ min: -1, max: 26 }), { maxLength: 12 }),
      ),
    )
    .map((pairs): Ownership => new Map(pairs));

const anyDeal = names.chain((members) => fc.tuple(fc.constant(members), partitionCount, beliefs(members)));
const all: Readonly<Record<string, Assignor>> = { range, 'round robin': roundRobin, sticky };

function moved(before: Ownership, after: Ownership): number {
  return [...after].flatMap(([member, own]) =>
    own.filter((partition) => !before.get(member)?.includes(partition)),
  ).length;
}

/** The fewest that can move, found by trying every sharing of the larger shares. */
function fewestMoves(members: readonly string[], partitions: number, before: Ownership): number {
  const each = Math.floor(partitions / members.length);
  const more = partitions % members.length;
  const shares = members.map((member) => before.get(member)?.length ?? 0);
  let most = 0;
  for (let chosen = 0; chosen < 2 ** members.length; chosen++) {
    const larger = members.filter((_, i) => (chosen >> i) % 2 === 1).length;
    if (larger !== more) continue;
    const kept = shares.map((share, i) => Math.min(share, each + ((chosen >> i) % 2)));
    most = Math.max(
      most,
      kept.reduce((sum, each) => sum + each, 0),
    );
  }
  return partitions - most;
}

describe('assignment', () => {
  for (const [name, assignor] of Object.entries(all)) {
    it(`${name}: gives every partition exactly one owner, whatever was before`, () => {
      fc.assert(
        fc.property(anyDeal, ([members, partitions, before]) => {
          const owned = assignor(members, partitions, before);

          assert.deepEqual([...owned.keys()], [...members].sort());
          assert.deepEqual(
            [...owned.values()].flat().sort((a, b) => a - b),
            Array.from({ length: partitions }, (_, partition) => partition),
          );
        }),
      );
    });

    it(`${name}: gives no member two partitions more than another`, () => {
      fc.assert(
        fc.property(anyDeal, ([members, partitions, before]) => {
          const shares = [...assignor(members, partitions, before).values()].map(({ length }) => length);

          assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `${shares}`);
        }),
      );
    });

    it(`${name}: does not depend on the order in which the broker lists the members`, () => {
      fc.assert(
        fc.property(anyDeal, ([members, partitions, before]) => {
          assert.deepEqual(
            assignor([...members].reverse(), partitions, before),
            assignor(members, partitions, before),
          );
        }),
      );
    });
  }

  it('range: a member has neighbours; round robin: never, while there are others', () => {
    assert.deepEqual(
      [...range(['a', 'b'], 5)],
      [
        ['a', [0, 1, 2]],
        ['b', [3, 4]],
      ],
    );
    assert.deepEqual(
      [...roundRobin(['a', 'b'], 5)],
      [
        ['a', [0, 2, 4]],
        ['b', [1, 3]],
      ],
    );
  });

  it('sticky: moves as few as balance allows, through any joins, leaves and crashes', () => {
    fc.assert(
      fc.property(
        fc.array(names, { minLength: 1, maxLength: 6 }),
        partitionCount,
        (generations, partitions) => {
          let before: Ownership = new Map();
          for (const members of generations) {
            const after = sticky(members, partitions, before);

            assert.equal(moved(before, after), fewestMoves(members, partitions, before), `${members}`);
            before = after;
          }
        },
      ),
    );
  });

  it('sticky: where nobody came or went, nothing moves', () => {
    fc.assert(
      fc.property(names, partitionCount, (members, partitions) => {
        const before = sticky(members, partitions, new Map());

        assert.deepEqual(sticky(members, partitions, before), before);
      }),
    );
  });

  it('cooperative: is where the sticky one is after two rounds, and never gives what another still owns', () => {
    fc.assert(
      fc.property(names, names, partitionCount, (earlier, later, partitions) => {
        const before = sticky(earlier, partitions, new Map());

        const first = cooperative(later, partitions, before);
        const second = cooperative(later, partitions, first);

        for (const [member, own] of first)
          for (const partition of own)
            assert.ok(later.every((other) => other === member || !before.get(other)?.includes(partition)));
        assert.equal([...second.values()].flat().length, partitions);
        assert.equal(moved(before, second), fewestMoves(later, partitions, before));
      }),
    );
  });

  it('sticky: what two members claim is given to one of them or to another, once', () => {
    const owned = sticky(
      ['a', 'b'],
      2,
      new Map([
        ['a', [0, 1]],
        ['b', [0, 1]],
      ]),
    );

    assert.deepEqual([...owned.values()].flat().sort(), [0, 1]);
  });
});
