/**
 * Fraud's fold: the same totals as billing, and clicks flagged where one address clicks one ad too often in a minute.
 *
 * The minute slides in six slots of ten seconds, so what is counted is the last 50 to 60 seconds. At most PAIRS_MAX pairs of
 * (address, ad) are tracked, after Misra and Gries: when a new pair finds no room, every tracked one loses a click and
 * the new click is forgotten. The count of a pair is therefore never too high, and too low by at most N / (PAIRS_MAX + 1)
 * of the N clicks of that minute. Nobody is flagged who did not do it; a pair is certain to be flagged once it exceeds
 * the limit by that error.
 *
 * No address is kept: the carried state holds 48 bits of its HMAC-SHA256. The outcome depends on the log and the key
 * alone, not on how the log was cut into batches.
 */
import { createHmac, hash } from 'node:crypto';
import type { Click } from '../../shared/decode.ts';
import type { Fold } from '../../shared/fold.ts';

export const CLICKS_PER_MINUTE_MAX = 20;
export const PAIRS_MAX = 200;

const SLOT_MS = 10_000;
const SLOTS = 6;
/** Three digits in base 36: with all counts at it, 200 pairs still fit the 8 KB of carried state. */
const SLOT_COUNT_MAX = 36 ** 3 - 1;
/** Digests are remembered, since hashing every address anew would cost more than all the rest. */
const REMEMBERED_MAX = 50_000;

interface Velocity {
  /** Number of the newest slot seen, in units of SLOT_MS since 1970. */
  slot: number;
  /** By pair: counts per slot, newest first. */
  readonly pairs: Map<string, number[]>;
}

/** @param key the secret under which addresses are hashed */
export function velocityFold(key: string): Fold<Velocity> {
  const addressDigest = remembered((ip) =>
    createHmac('sha256', key).update(ip).digest('base64url').slice(0, 8),
  );
  const adDigest = remembered((ad) => hash('sha256', ad, 'base64url').slice(0, 8));
  return {
    open: readVelocity,
    click(velocity, click, delta) {
      delta.bill(click);
      if (click.ip === undefined) return;
      const clicks = countClick(velocity, click, addressDigest(click.ip) + adDigest(click.adId));
      if (clicks > CLICKS_PER_MINUTE_MAX) delta.flag(click, 'velocity', clicks);
    },
    close: formatVelocity,
  };
}

/** Counts the click of a pair and returns the pair's clicks of the last minute; 0 for one that is older or has no room. */
function countClick(velocity: Velocity, click: Click, pair: string): number {
  const slot = Math.floor(click.record.timestamp / SLOT_MS);
  turnTo(velocity, slot);
  const age = velocity.slot - slot;
  if (age >= SLOTS) return 0;
  let counts = velocity.pairs.get(pair);
  if (counts === undefined) {
    if (velocity.pairs.size >= PAIRS_MAX) {
      for (const [other, otherCounts] of velocity.pairs) loseOne(velocity, other, otherCounts);
      return 0;
    }
    counts = new Array<number>(SLOTS).fill(0);
    velocity.pairs.set(pair, counts);
  }
  counts[age] = Math.min(SLOT_COUNT_MAX, (counts[age] ?? 0) + 1);
  return sum(counts);
}

/** Forgets the slots that fell out of the minute, and the pairs with them. */
function turnTo(velocity: Velocity, slot: number): void {
  if (slot <= velocity.slot) return;
  const turned = Math.min(slot - velocity.slot, SLOTS);
  for (const [pair, counts] of velocity.pairs) {
    counts.splice(SLOTS - turned, turned);
    counts.unshift(...new Array<number>(turned).fill(0));
    if (sum(counts) === 0) velocity.pairs.delete(pair);
  }
  velocity.slot = slot;
}

/** Takes one click from the oldest slot that has any. */
function loseOne(velocity: Velocity, pair: string, counts: number[]): void {
  const oldest = counts.findLastIndex((count) => count > 0);
  counts[oldest] = (counts[oldest] ?? 0) - 1;
  if (sum(counts) === 0) velocity.pairs.delete(pair);
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** `<slot>;<pair>=<count>.<count>.…;…`, numbers in base 36. */
function formatVelocity({ slot, pairs }: Velocity): string {
  const texts = Array.from(
    pairs,
    ([pair, counts]) => `${pair}=${counts.map((count) => count.toString(36)).join('.')}`,
  );
  return [slot.toString(36), ...texts].join(';');
}

function readVelocity(carried: string): Velocity {
  const [slot, ...texts] = carried.split(';');
  const pairs = new Map<string, number[]>();
  for (const text of texts) {
    const [pair = '', counts = ''] = text.split('=');
    pairs.set(
      pair,
      counts.split('.').map((count) => Number.parseInt(count, 36)),
    );
  }
  return { slot: slot ? Number.parseInt(slot, 36) : 0, pairs };
}

function remembered(digest: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      if (known.size >= REMEMBERED_MAX) known.clear();
      found = digest(text);
      known.set(text, found);
    }
    return found;
  };
}
