/**
 * Fraud's fold: the same totals as billing, and clicks flagged where one address clicks one ad too often in a minute.
 *
 * The minute slides in six slots of ten seconds, so what is counted is the last 50 to 60 seconds. A pair of (address, ad) that clicks for the
 * first time is remembered as one of the newest ONCE_MAX; with its second click it is tracked, and counted exactly from there on. So
 * a crowd of people who click once pushes only each other out. Where it is so large that it would push out a bot of 1,000 clicks a minute
 * between two of its clicks, only a share of the newcomers is remembered, chosen by a digest of pair and offset, so that those stay long enough.
 * At 33,000 newcomers a second such a bot is caught after six clicks on average (docs/fraud-rule.md). Of at most
 * TRACKED_MAX tracked pairs the one with the fewest clicks makes room. A count is never too high, so nobody is flagged who did not
 * click that often.
 *
 * A clock may be ahead, the broker's or a producer's: a click more than a minute away from the minute at hand gets a minute of its own,
 * so that those before and after it still count together. Two minutes are kept at most; a third takes the place of the one that was
 * used less recently, and one that two turns of the other have passed over is forgotten. Pairs of both share the room.
 *
 * No address is kept: the carried state holds 36 bits of its keyed digest. The outcome depends on the log and the key
 * alone, not on how the log was cut into batches.
 */
import { hash } from 'node:crypto';
import type { Fold } from '../../shared/fold/fold.ts';
import type { Click } from '../events/ad-click.ts';

export const CLICKS_PER_MINUTE_MAX = 20;
/** Both together, with counts of three digits each, fit the 8 KB that a fold should keep to. */
export const TRACKED_MAX = 100;
export const ONCE_MAX = 380;

const SLOT_MS = 10_000;
const SLOTS = 6;
/** Three digits in base 36. */
const SLOT_COUNT_MAX = 36 ** 3 - 1;
const ADDRESS_CHARACTERS = 6;
const AD_CHARACTERS = 4;
const PAIR_CHARACTERS = ADDRESS_CHARACTERS + AD_CHARACTERS;
/** Newcomers are timed in blocks of so many. */
const BLOCK = 10_000;
/** How long a newcomer is to be remembered at least: longer than the 60 ms between two clicks of a bot of 1,000 a minute. */
const GAP_MS = 70;
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
  readonly tracked: Map<string, number[]>;
  /** By pair that has clicked once, oldest first: its slot. */
  readonly once: Map<string, number>;
  /** Of the block of newcomers at hand: when it began, in epoch milliseconds, and how many it has. */
  blockBegan: number;
  blockSize: number;
  /** What the block before took, in milliseconds; longer than any while there was none. */
  blockTook: number;
}

const NO_BLOCK_YET = SLOT_MS * SLOTS;

/** @param key the secret under which addresses are hashed */
export function createVelocityFold(key: string): Fold<Velocity, Click> {
  // As safe as an HMAC, at a sixth of its cost: nobody can continue a digest that is cut to 36 bits.
  const addressDigest = remembered((ip) =>
    hash('sha256', `${key}\n${ip}`, 'base64url').slice(0, ADDRESS_CHARACTERS),
  );
  const adDigest = remembered((ad) => hash('sha256', ad, 'base64url').slice(0, AD_CHARACTERS));
  return {
    open: readVelocity,
    click(velocity, click, delta) {
      delta.count(click);
      if (click.ip === undefined) return;
      const clicks = countClick(velocity, click, addressDigest(click.ip) + adDigest(click.adId));
      if (clicks > CLICKS_PER_MINUTE_MAX) delta.flag(click, 'velocity', clicks);
    },
    close: formatVelocity,
  };
}

/** Counts the click of a pair and returns the pair's clicks of the last minute, as far as they are known. */
function countClick(velocity: Velocity, click: Click, pair: string): number {
  const slot = Math.floor(click.record.timestamp / SLOT_MS);
  const minute = minuteOf(velocity, slot);
  const age = minute.slot - slot;
  let counts = minute.tracked.get(pair);
  if (counts === undefined) {
    const before = minute.once.get(pair);
    if (before === undefined) {
      if (isRemembered(minute, pair, click)) rememberOnce(velocity, minute, pair, slot);
      return 1;
    }
    minute.once.delete(pair);
    counts = new Array<number>(SLOTS).fill(0);
    counts[minute.slot - before] = 1;
    track(velocity, minute, pair, counts);
  }
  counts[age] = Math.min(SLOT_COUNT_MAX, (counts[age] ?? 0) + 1);
  return sum(counts);
}

/** All newcomers while those of GAP_MS find room, else as large a share of them as does. */
function isRemembered(minute: Minute, pair: string, { record }: Click): boolean {
  if (minute.blockSize === 0) minute.blockBegan = record.timestamp;
  const took = Math.max(0, record.timestamp - minute.blockBegan);
  const share = (ONCE_MAX * Math.max(took, minute.blockTook)) / (BLOCK * GAP_MS);
  minute.blockSize += 1;
  if (minute.blockSize === BLOCK) {
    minute.blockTook = Math.min(took, NO_BLOCK_YET);
    minute.blockSize = 0;
  }
  return share >= 1 || mix(pair, record.offset) < share * 2 ** 32;
}

/** 32 bits of pair and offset. The pair is a keyed digest, so nobody outside can choose an offset that is passed over. */
function mix(pair: string, offset: number): number {
  let bits = offset | 0;
  for (let i = 0; i < PAIR_CHARACTERS; i++) bits = Math.imul(bits ^ pair.charCodeAt(i), 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  return (bits ^ (bits >>> 13)) >>> 0;
}

/** The oldest newcomer makes room, of the minute that has more of them. */
function rememberOnce(velocity: Velocity, minute: Minute, pair: string, slot: number): void {
  const [front, other] = velocity as [Minute, Minute?];
  if (front.once.size + (other?.once.size ?? 0) >= ONCE_MAX) {
    const { once } = other !== undefined && other.once.size > front.once.size ? other : front;
    const [oldest] = once.keys();
    once.delete(oldest as string);
  }
  minute.once.set(pair, slot);
}

/** The pair with the fewest clicks makes room, the one tracked longest where several have as few. */
function track(velocity: Velocity, minute: Minute, pair: string, counts: number[]): void {
  if (velocity.reduce((size, { tracked }) => size + tracked.size, 0) >= TRACKED_MAX) {
    let fewest = Number.POSITIVE_INFINITY;
    let forget: () => void = () => {};
    for (const { tracked } of velocity)
      for (const [other, otherCounts] of tracked) {
        const clicks = sum(otherCounts);
        if (clicks >= fewest) continue;
        fewest = clicks;
        forget = () => tracked.delete(other);
      }
    forget();
  }
  minute.tracked.set(pair, counts);
}

function emptyMinute(slot: number): Minute {
  return {
    slot,
    idle: false,
    tracked: new Map(),
    once: new Map(),
    blockBegan: 0,
    blockSize: 0,
    blockTook: NO_BLOCK_YET,
  };
}

/** The minute that a slot is in or follows on, moved to the front; a new one if there is none. */
function minuteOf(velocity: Velocity, slot: number): Minute {
  const [front] = velocity;
  if (front !== undefined && slot <= front.slot && front.slot - slot < SLOTS) return front;
  const at = velocity.findIndex((minute) => Math.abs(minute.slot - slot) < SLOTS);
  const [found] = at === -1 ? [] : velocity.splice(at, 1);
  const minute = found ?? emptyMinute(slot);
  minute.idle = false;
  const [other] = velocity;
  velocity.splice(0, velocity.length, minute);
  if (other === undefined || other.tracked.size + other.once.size === 0) {
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
function turnTo(minute: Minute, slot: number): void {
  if (slot <= minute.slot) return;
  const turned = slot - minute.slot;
  for (const [pair, counts] of minute.tracked) {
    counts.splice(SLOTS - turned, turned);
    counts.unshift(...new Array<number>(turned).fill(0));
    if (sum(counts) === 0) minute.tracked.delete(pair);
  }
  for (const [pair, before] of minute.once) if (slot - before >= SLOTS) minute.once.delete(pair);
  minute.slot = slot;
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/**
 * `<slot>,<block>;<pair>=<count>.<count>.…;…~<age><pair><pair>…~…`, numbers in base 36; newcomers follow after `~`, with the age of their slot. A
 * second minute follows after `|`; `-` behind its slot says that it is idle.
 */
function formatVelocity(velocity: Velocity): string {
  return velocity.map(formatMinute).join('|');
}

function formatMinute({ slot, idle, tracked, once, blockBegan, blockSize, blockTook }: Minute): string {
  const texts = Array.from(
    tracked,
    ([pair, counts]) => `${pair}=${counts.map((count) => count.toString(36)).join('.')}`,
  );
  let newcomers = '';
  let at = -1;
  for (const [pair, before] of once) {
    newcomers += before === at ? pair : `~${(slot - before).toString(36)}${pair}`;
    at = before;
  }
  const block = [blockBegan, blockSize, blockTook].map((number) => number.toString(36));
  const first = [slot.toString(36) + (idle ? '-' : ''), ...block].join();
  return [first, ...texts].join(';') + newcomers;
}

function readVelocity(carried: string): Velocity {
  return carried === '' ? [] : carried.split('|').map(readMinute);
}

function readMinute(written: string): Minute {
  const [known = '', ...newcomers] = written.split('~');
  const [first = '', ...texts] = known.split(';');
  const [at = '', began, size, took] = first.split(',');
  const slot = Number.parseInt(at, 36);
  const minute: Minute = { ...emptyMinute(slot), idle: at.endsWith('-') };
  if (began !== undefined && size !== undefined && took !== undefined) {
    minute.blockBegan = Number.parseInt(began, 36);
    minute.blockSize = Number.parseInt(size, 36);
    minute.blockTook = Number.parseInt(took, 36);
  }
  for (const text of texts) {
    const [pair = '', counts = ''] = text.split('=');
    minute.tracked.set(
      pair,
      counts.split('.').map((count) => Number.parseInt(count, 36)),
    );
  }
  for (const text of newcomers) {
    const before = slot - Number.parseInt(text.slice(0, 1), 36);
    for (let from = 1; from < text.length; from += PAIR_CHARACTERS)
      minute.once.set(text.slice(from, from + PAIR_CHARACTERS), before);
  }
  return minute;
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
