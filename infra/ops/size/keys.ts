/**
 * How clicks are spread over keys, and what that does to partitions. A key lives on one partition (Kafka's default partitioner:
 * murmur2 of the key, modulo the number of partitions), so the heat of one key is a floor that no number of partitions and no
 * number of consumers lowers.
 */
import { murmur2 } from '@platformatic/kafka';
import { formatPercent } from './figure.ts';

export interface Keys {
  readonly count: number;
  /** Share of all clicks by rank, hottest first; they add up to 1. */
  readonly shares: Float64Array;
  readonly described: string;
}

/** The n-th key gets clicks as 1 / n^exponent. */
export function buildZipfKeys(count: number, exponent: number): Keys {
  const shares = Float64Array.from({ length: count }, (_, i) => (i + 1) ** -exponent);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return {
    count,
    shares: shares.map((share) => share / total),
    described: `${advertisers(count)}, Zipf ${exponent}`,
  };
}

function advertisers(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'advertiser' : 'advertisers'}`;
}

/** One key has that share, all others the same. */
export function buildHottestKey(count: number, share: number): Keys {
  const shares = new Float64Array(count).fill(count > 1 ? (1 - share) / (count - 1) : 0);
  shares[0] = share;
  const described =
    count === 1
      ? `${advertisers(count)} with all clicks`
      : `${advertisers(count)}, the hottest with ${formatPercent(share)} of all clicks`;
  return { count, shares, described };
}

/** The same clicks, where each key above that share is cut into as many equal ones as bring it below. */
export function splitKeys(keys: Keys, shareMax: number): Keys {
  const shares: number[] = [];
  for (const share of keys.shares) {
    const parts = countParts(share, shareMax);
    for (let part = 0; part < parts; part++) shares.push(share / parts);
  }
  const sorted = Float64Array.from(shares).sort().reverse();
  return { count: sorted.length, shares: sorted, described: `${keys.described}, hot ones split` };
}

export function countParts(share: number, shareMax: number): number {
  return Math.max(1, Math.ceil(share / shareMax - 1e-9));
}

export function findHottestShare({ shares }: Keys): number {
  return shares[0] ?? 1;
}

/** Expected number of different keys among so many clicks: Σ 1 − (1 − share)^clicks. */
export function countDistinctKeys({ shares }: Keys, clicks: number): number {
  return shares.reduce((sum, share) => sum - Math.expm1(clicks * Math.log1p(-Math.min(share, 1 - 1e-15))), 0);
}

/** The rest of the keys is so many and so even that chance makes no partition hotter. */
const DEALT_MAX = 20_000;

/** The largest share that one partition gets, if keys are named adv-1, adv-2, … by rank. */
export function findHottestPartition({ shares }: Keys, partitions: number): number {
  const rest = shares.subarray(DEALT_MAX).reduce((sum, share) => sum + share, 0);
  const loads = new Float64Array(partitions).fill(rest / partitions);
  for (const [rank, share] of shares.subarray(0, DEALT_MAX).entries()) {
    const partition = (murmur2(`adv-${rank + 1}`) & 0x7fffffff) % partitions;
    loads[partition] = (loads[partition] ?? 0) + share;
  }
  return loads.reduce((most, load) => Math.max(most, load), 0);
}

/** Share of keys that stay on their partition when `from` partitions become `to`: min / lcm, since hash mod from = hash mod to. */
export function computeKeysThatStay(from: number, to: number): number {
  return Math.min(from, to) / ((from / greatestCommonDivisor(from, to)) * to);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
