/**
 * Fraud's fold: the same totals as billing, and clicks flagged where one address clicks one ad too often in a minute.
 *
 * The minute slides in six slots of ten seconds, so what is counted is the last 50 to 60 seconds. At most PAIRS_MAX pairs of
 * (address, ad) are tracked, after Misra and Gries: when a new pair finds no room, every tracked one loses a click and
 * the new click is forgotten. The count of a pair is therefore never too high, and too low by at most N / (PAIRS_MAX + 1)
 * of the N clicks of that minute. Nobody is flagged who did not do it; a pair is certain to be flagged once it exceeds
 * the limit by that error.
 *
 * A clock may be ahead, the broker's or a producer's: a click more than a minute away from the minute at hand gets a minute of its own,
 * so that those before and after it still count together. Two minutes are kept at most; a third takes the place of the one that was
 * used less recently, and one that two turns of the other have passed over is forgotten. Pairs of both share the room, and N above are
 * the clicks of both.
 *
 * No address is kept: the carried state holds 48 bits of its HMAC-SHA256. The outcome depends on the log and the key
 * alone, not on how the log was cut into batches.
 */
import { createHmac, hash } from 'node:crypto';
import type { Click } from '../../shared/contract/decode.ts';
import type { Fold } from '../../shared/fold/fold.ts';

export const CLICKS_PER_MINUTE_MAX = 20;
export const PAIRS_MAX = 200;

const SLOT_MS = 10_000;
const SLOTS = 6;
/** Three digits in base 36: with all counts at it, 200 pairs still fit the 8 KB of carried state. */
const SLOT_COUNT_MAX = 36 ** 3 - 1;
/** Digests are remembered, since hashing every address anew would cost more than all the rest. */
const REMEMBERED_MAX = 50_000;

/** At most two minutes, the one used last at the front. */
type Velocity = Minute[];

interface Minute {
  /** Number of the newest slot seen, in units of SLOT_MS since 1970. */
  slot: number;
  /** The other minute has turned since this one was used. */
  idle: boolean;
  /** By pair: counts per slot, newest first. */
  readonly pairs: Map<string, number[]>;
}

/** @param key the secret under which addresses are hashed */
export function createVelocityFold(key: string): Fold<Velocity> {
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

/** Counts the click of a pair and returns the pair's clicks of the last minute; 0 for one that has no room. */
function countClick(velocity: Velocity, click: Click, pair: string): number {
  const slot = Math.floor(click.record.timestamp / SLOT_MS);
  const minute = minuteOf(velocity, slot);
  const age = minute.slot - slot;
  let counts = minute.pairs.get(pair);
  if (counts === undefined) {
    if (velocity.reduce((tracked, { pairs }) => tracked + pairs.size, 0) >= PAIRS_MAX) {
      for (const each of velocity)
        for (const [other, otherCounts] of each.pairs) loseOne(each, other, otherCounts);
      return 0;
    }
    counts = new Array<number>(SLOTS).fill(0);
    minute.pairs.set(pair, counts);
  }
  counts[age] = Math.min(SLOT_COUNT_MAX, (counts[age] ?? 0) + 1);
  return sum(counts);
}

/** The minute that a slot is in or follows on, moved to the front; a new one if there is none. */
function minuteOf(velocity: Velocity, slot: number): Minute {
  const [front] = velocity;
  if (front !== undefined && slot <= front.slot && front.slot - slot < SLOTS) return front;
  const at = velocity.findIndex((minute) => Math.abs(minute.slot - slot) < SLOTS);
  const [found] = at === -1 ? [] : velocity.splice(at, 1);
  const minute = found ?? { slot, idle: false, pairs: new Map<string, number[]>() };
  minute.idle = false;
  const [other] = velocity;
  velocity.splice(0, velocity.length, minute);
  if (other === undefined || other.pairs.size === 0) {
    turnTo(minute, slot);
    return minute;
  }
  const passedOver = slot > minute.slot && other.idle;
  other.idle ||= slot > minute.slot;
  if (!passedOver) velocity.push(other);
  turnTo(minute, slot);
  return minute;
}

/** Forgets the slots that fell out of the minute, and the pairs with them. */
function turnTo(velocity: Minute, slot: number): void {
  if (slot <= velocity.slot) return;
  const turned = slot - velocity.slot;
  for (const [pair, counts] of velocity.pairs) {
    counts.splice(SLOTS - turned, turned);
    counts.unshift(...new Array<number>(turned).fill(0));
    if (sum(counts) === 0) velocity.pairs.delete(pair);
  }
  velocity.slot = slot;
}

/** Takes one click from the oldest slot that has any. */
function loseOne(velocity: Minute, pair: string, counts: number[]): void {
  const oldest = counts.findLastIndex((count) => count > 0);
  counts[oldest] = (counts[oldest] ?? 0) - 1;
  if (sum(counts) === 0) velocity.pairs.delete(pair);
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** `<slot>;<pair>=<count>.<count>.…;…`, numbers in base 36; a second minute follows after `|`, `-` behind its slot says that it is idle. */
function formatVelocity(velocity: Velocity): string {
  return velocity.map(formatMinute).join('|');
}

function formatMinute({ slot, idle, pairs }: Minute): string {
  const texts = Array.from(
    pairs,
    ([pair, counts]) => `${pair}=${counts.map((count) => count.toString(36)).join('.')}`,
  );
  return [slot.toString(36) + (idle ? '-' : ''), ...texts].join(';');
}

function readVelocity(carried: string): Velocity {
  return carried === '' ? [] : carried.split('|').map(readMinute);
}

function readMinute(written: string): Minute {
  const [slot = '', ...texts] = written.split(';');
  const pairs = new Map<string, number[]>();
  for (const text of texts) {
    const [pair = '', counts = ''] = text.split('=');
    pairs.set(
      pair,
      counts.split('.').map((count) => Number.parseInt(count, 36)),
    );
  }
  return { slot: Number.parseInt(slot, 36), idle: slot.endsWith('-'), pairs };
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
