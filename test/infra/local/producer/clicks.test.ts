import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ClickSource, type Market } from '../../../../infra/local/producer/clicks.ts';
import { isRejected } from '../../../../shared/contract/decode.ts';
import { aRecord } from '../../../support/builders.ts';
import { decode } from '../../../support/clicks.ts';

const market: Market = { seed: 7, partitions: 3, advertisers: 500 };

function advertiserOf(source: ClickSource, partition: number, n: number): string {
  return source.click(partition, n).key;
}

/** How often each advertiser is clicked, in so many clicks of the whole market. */
function clicksByAdvertiser(source: ClickSource, clicks: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [partition, share] of source.shares(clicks).entries()) {
    for (let n = 0; n < share; n++) {
      const advertiser = advertiserOf(source, partition, n);
      counts.set(advertiser, (counts.get(advertiser) ?? 0) + 1);
    }
  }
  return counts;
}

describe('generated clicks', () => {
  it('depend only on seed, partition and number, so that a killed producer continues at the end of the log', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(2), fc.nat(1_000_000), (seed, partition, n) => {
        const before = new ClickSource({ ...market, seed });
        before.click(partition, n + 1);

        assert.deepEqual(
          new ClickSource({ ...market, seed }).click(partition, n),
          before.click(partition, n),
        );
      }),
    );
  });

  it('of other seeds, partitions and numbers are other clicks', () => {
    const places = [1, 2, 3].flatMap((seed) =>
      [0, 1, 2].flatMap((partition) => Array.from({ length: 400 }, (_, n) => ({ seed, partition, n }))),
    );

    const values = places.map(
      ({ seed, partition, n }) =>
        new ClickSource({ ...market, seed, advertisers: 20 }).click(partition, n).value,
    );

    assert.equal(new Set(values).size, places.length);
  });

  it('are clicks to the decoder, keyed by their advertiser', () => {
    const source = new ClickSource(market);
    for (let n = 0; n < 1_000; n++) {
      const { key, value } = source.click(n % 3, n);

      const click = decode(aRecord({ text: value }));

      assert.ok(!isRejected(click), value);
      assert.equal(click.advertiserId, key);
      assert.ok(click.priceMicros >= 10_000 && click.priceMicros < 1_000_000);
    }
  });

  it('take about 284 bytes each, as the figures assume', () => {
    const source = new ClickSource(market);
    let bytes = 0;
    for (let n = 0; n < 9_000; n++) bytes += source.click(n % 3, n * 37).value.length;

    assert.ok(Math.abs(bytes / 9_000 - 284) < 3, `${bytes / 9_000} bytes`);
  });

  it('give an advertiser one partition, as a key has', () => {
    const source = new ClickSource({ ...market, advertisers: 40 });
    const partitionOf = new Map<string, number>();
    for (let n = 0; n < 6_000; n++) {
      const advertiser = advertiserOf(source, n % 3, n);

      assert.equal(partitionOf.get(advertiser) ?? n % 3, n % 3, advertiser);
      partitionOf.set(advertiser, n % 3);
    }
    assert.equal(partitionOf.size, 40);
  });

  it('go to partition 0 by a third, and evenly to the others', () => {
    const source = new ClickSource({ ...market, partitions: 4 });

    const shares = source.shares(1_000_000);

    assert.equal(
      shares.reduce((sum, share) => sum + share),
      1_000_000,
    );
    const expected = [1 / 3, 2 / 9, 2 / 9, 2 / 9];
    for (const [partition, share] of expected.entries())
      assert.ok(Math.abs((shares[partition] ?? 0) / 1_000_000 - share) < 0.001, shares.join());
  });

  it('are distributed without remainder, for any number of clicks, partitions and advertisers', () => {
    const sizes = fc.record({
      partitions: fc.integer({ min: 1, max: 9 }),
      advertisers: fc.integer({ min: 1, max: 50 }),
    });

    fc.assert(
      fc.property(sizes, fc.nat(100_000), (size, clicks) => {
        const shares = new ClickSource({ seed: 1, ...size }).shares(clicks);

        assert.equal(shares.length, size.partitions);
        assert.equal(
          shares.reduce((sum, share) => sum + share),
          clicks,
        );
      }),
    );
  });

  it("follow Zipf's law: the tenth advertiser has a tenth of the clicks of the first", () => {
    const counts = clicksByAdvertiser(new ClickSource(market), 100_000);

    const first = counts.get('adv-1') ?? 0;
    for (const rank of [2, 3, 10, 30]) {
      const ratio = (counts.get(`adv-${rank}`) ?? 0) / first;
      assert.ok(Math.abs(ratio * rank - 1) < 0.15, `adv-${rank} has ${ratio} of the first`);
    }
    assert.equal(counts.size, 500);
  });

  it('come from a bot once in two hundred', () => {
    const source = new ClickSource(market);
    let bots = 0;
    for (let n = 0; n < 40_000; n++) if (source.click(n % 3, n).value.includes('"ip":"198.51.100.')) bots++;

    assert.ok(bots > 120 && bots < 280, `${bots} of 40000`);
  });
});
