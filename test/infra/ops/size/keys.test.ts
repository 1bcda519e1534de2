/** How clicks spread over keys, and keys over partitions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { murmur2 } from '@platformatic/kafka';
import fc from 'fast-check';
import {
  buildHottestKey,
  buildZipfKeys,
  computeKeysThatStay,
  countDistinctKeys,
  findHottestPartition,
  findHottestShare,
  splitKeys,
} from '../../../../infra/ops/size/keys.ts';

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, expected), `${actual}, not ${expected}`);

describe('keys', () => {
  it('shares follow Zipf: 1, 1/2, 1/3 of the hottest', () => {
    const { shares } = buildZipfKeys(3, 1);

    [6 / 11, 3 / 11, 2 / 11].forEach((share, rank) => {
      near(shares[rank]!, share);
    });
  });

  it('an exponent of 0 is no skew, and one key has all', () => {
    near(findHottestShare(buildZipfKeys(8, 0)), 1 / 8);
    near(findHottestShare(buildZipfKeys(1, 1)), 1);
    near(buildHottestKey(5, 0.6).shares[4]!, 0.1);
  });

  it('among one click there is one key, and among very many all', () => {
    near(countDistinctKeys(buildZipfKeys(500, 1), 1), 1);
    near(countDistinctKeys(buildHottestKey(1, 1), 33_000), 1);
    near(countDistinctKeys(buildZipfKeys(4, 0), 1_000), 4);
    near(countDistinctKeys(buildZipfKeys(2, 0), 2), 1.5);
  });

  it("hashes as Kafka's own partitioner does", () => {
    // From UtilsTest.testMurmur2 of Apache Kafka.
    assert.deepEqual(
      ['21', 'foobar', 'a-little-bit-long-string'].map((text) => murmur2(text)),
      [-973932308, -790332482, -985981536],
    );
  });

  it('a partition has at least the hottest key, and no less than its even part', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (count, exponent, partitions) => {
          const keys = buildZipfKeys(count, exponent);

          const share = findHottestPartition(keys, partitions);

          assert.ok(
            share >= findHottestShare(keys) - 1e-12 && share >= 1 / partitions - 1e-12 && share <= 1 + 1e-9,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('split keys stay below the bound and carry the same clicks', () => {
    const keys = splitKeys(buildHottestKey(4, 0.7), 0.2);

    assert.equal(keys.count, 7);
    near(findHottestShare(keys), 0.7 / 4);
    near(
      keys.shares.reduce((sum, share) => sum + share, 0),
      1,
    );
  });

  it('counts the keys that stay when partitions are added: those of equal remainder', () => {
    for (const [from, to] of [
      [3, 6],
      [9, 12],
      [12, 18],
      [5, 7],
    ] as const) {
      const hashes = Array.from({ length: from * to }, (_, hash) => hash);
      const staying = hashes.filter((hash) => hash % from === hash % to).length;

      near(computeKeysThatStay(from, to), staying / (from * to));
    }
  });
});
