import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  CLICKS_PER_MINUTE_MAX,
  createVelocityFold,
  ONCE_MAX,
  TRACKED_MAX,
} from '../../../functions/fraud/fold.ts';
import { Delta } from '../../../shared/fold/delta.ts';
import { CARRIED_BYTES_MAX } from '../../../shared/fold/fold.ts';
import { aRecord, START_MS } from '../../support/builders.ts';
import { type Click, counting, decode } from '../../support/clicks.ts';

const key = 'a secret of the fraud team';

function clickAt(offset: number, seconds: number, ip: string | undefined, adId = 'ad-1'): Click {
  return decode(
    aRecord({ offset, timestamp: START_MS + Math.round(seconds * 1000), click: { ip, adId } }),
  ) as Click;
}

/** Folds the clicks, cut into batches of the given sizes. */
function foldAll(clicks: readonly Click[], batchSizes: readonly number[] = [clicks.length]) {
  const fold = createVelocityFold(key);
  const flagged: number[] = [];
  let carried = '';
  let counted = 0;
  for (let next = 0, batch = 0; next < clicks.length; batch++) {
    const delta = new Delta(counting);
    const state = fold.open(carried);
    const size = batchSizes[batch] ?? clicks.length;
    for (const click of clicks.slice(next, next + size)) fold.click(state, click, delta);
    carried = fold.close(state);
    flagged.push(...delta.flags.map(({ offset }) => offset));
    counted += delta.totals[0] ?? 0;
    next += size;
  }
  return { flagged, carried, counted };
}

describe('fraud: velocity of an address on an ad', () => {
  it('flags the clicks beyond the limit of a minute, and counts them like all others', () => {
    const clicks = Array.from({ length: CLICKS_PER_MINUTE_MAX + 3 }, (_, i) => clickAt(i, i, '203.0.113.7'));

    const { flagged, counted } = foldAll(clicks);

    assert.deepEqual(flagged, [20, 21, 22]);
    assert.equal(counted, clicks.length);
  });

  it('forgets what is older than a minute', () => {
    const slow = Array.from({ length: 100 }, (_, i) => clickAt(i, i * 4, '203.0.113.7'));

    assert.deepEqual(foldAll(slow).flagged, []);
  });

  const YEAR_S = 365 * 86_400;
  for (const [what, away] of [
    ['an hour ahead', 3_600],
    ['a year ahead', YEAR_S],
    ['a year behind', -YEAR_S],
  ] as const) {
    it(`a click ${what} blinds the rule for no other`, () => {
      const burst = Array.from({ length: 100 }, (_, i) => clickAt(i + 1, i / 20, '203.0.113.7'));

      const { flagged } = foldAll([clickAt(0, away, '203.0.113.9'), ...burst]);

      assert.equal(flagged.length, 100 - CLICKS_PER_MINUTE_MAX);
    });

    it(`a producer that is ${what} all the time blinds the rule neither for others nor for itself`, () => {
      const clicks = Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0 ? clickAt(i, i / 2, '203.0.113.7') : clickAt(i, away + i / 2, '203.0.113.9'),
      );

      const whole = foldAll(clicks);

      assert.ok(whole.flagged.some((offset) => offset % 2 === 0));
      assert.ok(whole.flagged.some((offset) => offset % 2 === 1));
      assert.deepEqual(foldAll(clicks, new Array<number>(200).fill(1)), whole);
    });
  }

  it('forgets the minute before a pause, so that it costs no entry anything', () => {
    const clicks = [
      clickAt(0, 0, '203.0.113.1'),
      ...[3_600, 3_611, 3_622].map((s, i) => clickAt(i + 1, s, '203.0.113.2')),
    ];

    assert.ok(!foldAll(clicks).carried.includes('|'));
  });

  it('goes on from what an earlier release has carried', () => {
    const slot = Math.floor(START_MS / 10_000);
    const earlier = `${slot.toString(36)};pairpairpairpair=1.0.0.0.0.0`;
    const now = earlier.replace(';', ',0,0,1aao;');

    assert.equal(createVelocityFold(key).close(createVelocityFold(key).open(earlier)), now);
  });

  it('keeps addresses and ads apart', () => {
    const clicks = Array.from({ length: 80 }, (_, i) =>
      clickAt(i, i / 10, `203.0.113.${i % 2}`, `ad-${i % 4 < 2 ? 1 : 2}`),
    );

    assert.deepEqual(foldAll(clicks).flagged, []);
  });

  it('a click without address is counted and never flagged', () => {
    const { flagged, counted } = foldAll(Array.from({ length: 50 }, (_, i) => clickAt(i, 0, undefined)));

    assert.deepEqual([flagged, counted], [[], 50]);
  });

  it('depends on the log alone, not on how it was cut into batches', () => {
    const someClicks = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -20, max: 90 })), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(someClicks, fc.array(fc.integer({ min: 1, max: 40 })), (given, sizes) => {
        let seconds = 0;
        const clicks = given.map(([ip, step], i) => {
          seconds = Math.max(0, seconds + step / 10);
          return clickAt(i, seconds, `203.0.113.${ip}`);
        });

        const [whole, cut] = [foldAll(clicks), foldAll(clicks, sizes)];

        assert.deepEqual(cut, whole);
      }),
    );
  });

  it('counts exactly from the second click on while fewer newcomers than are remembered come between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(),
        (crowd, bot, seed) => {
          const order = Array.from({ length: crowd + bot }, (_, i) => ({
            bot: i < bot,
            at: (Math.imul(i + 1, 2_654_435_761) ^ seed) >>> 0,
          }));
          order.sort((a, b) => a.at - b.at);
          const clicks = order.map((one, i) =>
            clickAt(i, (i * 9) / order.length, one.bot ? '198.51.100.1' : `10.0.${i >> 8}.${i & 255}`),
          );

          const { flagged } = foldAll(clicks);

          const places = order.flatMap((one, i) => (one.bot ? [i] : []));
          const caught = places.findIndex((at, n) => n > 0 && at - (places[n - 1] as number) <= ONCE_MAX);
          const known = caught === -1 ? [] : places.slice(caught - 1 + CLICKS_PER_MINUTE_MAX);
          assert.deepEqual(flagged, known);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of more pairs than it tracks keeps those that click most, so a crowd of couples hides no bot', () => {
    const clicks: Click[] = [];
    for (let n = 0; n < 3_000; n++) {
      const offset = clicks.length;
      clicks.push(clickAt(offset, n / 100, `10.2.${n >> 8}.${n & 255}`));
      clicks.push(clickAt(offset + 1, n / 100, `10.2.${n >> 8}.${n & 255}`));
      if (n % 30 === 0) clicks.push(clickAt(offset + 2, n / 100, '198.51.100.1'));
    }

    assert.equal(foldAll(clicks).flagged.length, 3_000 / 30 - CLICKS_PER_MINUTE_MAX);
  });

  it('at 33,000 clicks a second of people who click once, flags 95 % of what a bot of 1,000 a minute and more clicks, and nobody else (A21)', () => {
    const [perSecond, seconds] = [33_000, 60];
    const bots = [1_000, 1_000, 1_000, 1_200, 1_500, 2_000, 3_000, 5_000, 10_000];
    const fold = createVelocityFold(key);
    const template = clickAt(0, 0, '203.0.113.7');
    // Metronomes, at a distance that is the worst for a memory of the newest newcomers.
    const next = bots.map((_, bot) => (bot * 0.37) % 1);
    const clicked = bots.map(() => 0);
    const byOffset = new Map<number, number>();
    const flagged = bots.map(() => 0);
    let [offset, honest, honestFlagged, carriedMax] = [0, 0, 0, 0];
    let carried = '';
    const click = (at: number, ip: string, adId: string): Click => ({
      ...template,
      ip,
      adId,
      record: { ...template.record, offset, timestamp: START_MS + Math.floor(at * 1_000) },
    });
    for (let batch = 0; batch < (perSecond * seconds) / 10_000; batch++) {
      const state = fold.open(carried);
      const delta = new Delta(counting);
      for (let n = 0; n < 10_000; n++) {
        const at = (batch * 10_000 + n) / perSecond;
        for (const [bot, rate] of bots.entries())
          while ((next[bot] as number) <= at) {
            byOffset.set(offset, bot);
            fold.click(state, click(at, `198.51.100.${bot}`, `ad-${bot % 3}`), delta);
            clicked[bot] = (clicked[bot] ?? 0) + 1;
            next[bot] = (next[bot] as number) + 60 / rate;
            offset += 1;
          }
        fold.click(
          state,
          click(at, `10.${honest >> 16}.${(honest >> 8) & 255}.${honest & 255}`, `ad-${honest % 50}`),
          delta,
        );
        honest += 1;
        offset += 1;
      }
      for (const flag of delta.flags) {
        const bot = byOffset.get(flag.offset);
        if (bot === undefined) honestFlagged += 1;
        else flagged[bot] = (flagged[bot] ?? 0) + 1;
      }
      carried = fold.close(state);
      carriedMax = Math.max(carriedMax, carried.length);
    }

    assert.ok(honest >= perSecond * seconds - 10_000);
    assert.ok(honestFlagged < honest / 100_000, `${honestFlagged} honest clicks flagged`);
    for (const [bot, rate] of bots.entries())
      assert.ok(
        (flagged[bot] as number) >= 0.95 * (clicked[bot] as number),
        `${flagged[bot]} of ${clicked[bot]} flagged at ${rate} a minute`,
      );
    assert.ok(carriedMax <= CARRIED_BYTES_MAX / 2, `${carriedMax} characters carried`);
  });

  it('carries no address, and never more than the alarm on carried bytes lets pass', () => {
    const pairs = TRACKED_MAX + 20;
    const crowded = Array.from({ length: 30_000 }, (_, i) =>
      clickAt(i, Math.floor(i / 5_000) * 10 + 100, `10.1.${i % pairs}.9`),
    );
    const newcomers = Array.from({ length: 2 * ONCE_MAX }, (_, i) =>
      clickAt(i, 160, `10.3.${i >> 8}.${i & 255}`),
    );
    crowded.sort((a, b) => a.record.timestamp - b.record.timestamp);

    const { carried } = foldAll([...crowded, ...newcomers]);

    assert.ok(
      carried.length <= CARRIED_BYTES_MAX / 2,
      `${carried.length}: the alarm at half of the bound would fire`,
    );
    assert.equal(carried.split('=').length, TRACKED_MAX + 1);
    assert.ok(carried.length > 10 * (TRACKED_MAX + ONCE_MAX));
    assert.doesNotMatch(carried, /10\.[13]\./);
  });

  it('hashes addresses under the key: another key, other digests', () => {
    const one = createVelocityFold('key one');
    const two = createVelocityFold('key two');
    const carried = [one, two].map((fold) => {
      const state = fold.open('');
      fold.click(state, clickAt(0, 0, '203.0.113.7'), new Delta(counting));
      return fold.close(state);
    });

    assert.notEqual(carried[0], carried[1]);
  });
});
