/**
 * How many partitions a topic needs, and which keys are too hot for any number of them.
 *
 * One partition is read by one poller, which takes 5 MB/s, and its batches are handled one after the other (inferred from AWS Lambda docs:
 * kafka-scaling-modes), so a partition passes on
 *
 *   capacity = min( 5 MB/s / bytes of a click, batch / (batch / handler speed + commit time) )      clicks/s
 *
 * A partition with the hottest key gets that key and its part of the rest: share(P) = hottest + (1 − hottest) / P. Wanted is headroom ×
 * load × share(P) ≤ capacity, hence P = headroom × load × (1 − hottest) / (capacity − headroom × load × hottest). Where the hottest key
 * alone is above the capacity there is no such P, and where it nearly is, P runs away (more than PARTITIONS_TIMES what an even spread
 * takes). Such keys are named, and the rest of the plan takes them as split into keys of half a partition each.
 */

import { buildFigure, type Figure, formatNumber, formatPercent } from './figure.ts';
import type { Inputs } from './inputs.ts';
import {
  computeKeysThatStay,
  countParts,
  findHottestPartition,
  findHottestShare,
  type Keys,
  splitKeys,
} from './keys.ts';
import { limits } from './limits.ts';

export interface PartitionPlan {
  readonly bytesPerSecond: Figure;
  /** Records of the largest batch that Lambda hands over. */
  readonly batch: Figure;
  /** Clicks/s of one partition, and what the handler alone would pass on. */
  readonly capacity: Figure;
  readonly handlerCapacity: Figure;
  readonly hottestKey: Figure;
  /** Whether a group can keep up with the hottest key, and with headroom. */
  readonly verdict: 'fits' | 'no headroom' | 'impossible';
  /** The keys of the rest of the plan: as given, or with the hot ones split. */
  readonly keys: Keys;
  /** Keys, hottest first, that are too hot for one partition, at the live load and with headroom. */
  readonly keysTooHot: Figure;
  readonly keysWithoutHeadroom: Figure;
  /** Into how many keys the hottest has to be split. */
  readonly splits: Figure;
  readonly partitions: Figure;
  readonly hottestPartition: Figure;
  readonly keysThatStay: Figure;
}

const BYTES_PER_MB = 1e6;
const PARTITIONS_TIMES = 4;

export function planPartitions(inputs: Inputs): PartitionPlan {
  const { clicksPerSecond: load, clickBytes, headroom } = inputs;
  const batch = largestBatch(inputs);
  const handlerCapacity = handlerCapacityOf(inputs, batch.value);
  const capacity = capacityOf(inputs, handlerCapacity);
  const hottest = findHottestShare(inputs.keys);
  const heat = load * hottest;
  const runsAway =
    wanted(inputs, inputs.keys, capacity.value) >
    PARTITIONS_TIMES * Math.ceil((headroom * load) / capacity.value);
  const verdict = heat > capacity.value ? 'impossible' : runsAway ? 'no headroom' : 'fits';
  const halfPartition = capacity.value / 2 / headroom / load;
  const keys = verdict === 'fits' ? inputs.keys : splitKeys(inputs.keys, halfPartition);
  const partitions = partitionsFor(inputs, keys, capacity.value);
  const count = partitions.value;
  const dealt = findHottestPartition(keys, count);
  const hotter = (clicks: number, words: string) =>
    buildFigure(
      inputs.keys.shares.filter((share) => share * load > clicks).length,
      'keys',
      `with more than ${formatNumber(clicks)} clicks/s each${words}`,
    );
  return {
    bytesPerSecond: buildFigure(
      (load * clickBytes) / BYTES_PER_MB,
      'MB/s',
      `${formatNumber(load)} clicks/s × ${clickBytes} B`,
    ),
    batch,
    handlerCapacity,
    capacity,
    hottestKey: buildFigure(
      heat,
      'clicks/s',
      `${formatNumber(load)} × ${formatPercent(hottest)} (${inputs.keys.described})`,
    ),
    verdict,
    keys,
    keysTooHot: hotter(capacity.value, ''),
    keysWithoutHeadroom: hotter(
      load * halfPartition,
      `, half of what a partition passes on, at ${headroom} × the load`,
    ),
    splits: buildFigure(
      countParts(hottest, halfPartition),
      'keys',
      `ceil(${headroom} × ${formatNumber(heat)} / (${formatNumber(capacity.value)} / 2))`,
    ),
    partitions,
    hottestPartition: buildFigure(
      load * dealt,
      'clicks/s',
      `${formatPercent(dealt)} of ${formatNumber(load)}, as murmur2 distributes keys named adv-1 … adv-${keys.count} to ${count} partitions`,
    ),
    keysThatStay: buildFigure(
      computeKeysThatStay(count, 2 * count),
      'of keys',
      `min / lcm of ${count} and ${2 * count}`,
    ),
  };
}

/** An event's JSON of one click: base64 of what the log holds, in the envelope of AWS Lambda docs: with-msk. */
function eventBytes(clickBytes: number): number {
  const envelope = {
    topic: 'ad_clicks',
    partition: 10,
    offset: 1_000_000_000,
    timestamp: 1_795_000_000_000,
    timestampType: 'LOG_APPEND_TIME',
    key: '',
    value: '',
    headers: [],
  };
  return JSON.stringify(envelope).length + 1 + 4 * Math.ceil(clickBytes / 3);
}

function largestBatch({ batchRecords, clickBytes }: Inputs): Figure {
  const each = eventBytes(clickBytes);
  const fit = Math.max(1, Math.floor((limits.payloadMb.value * BYTES_PER_MB) / each));
  return buildFigure(
    Math.min(batchRecords, fit),
    'clicks',
    `min(${formatNumber(batchRecords)} of the mapping, ${limits.payloadMb.value} MB / ${each} B of event JSON = ${formatNumber(fit)})`,
  );
}

function handlerCapacityOf({ handlerClicksPerSecond: speed, commitMs }: Inputs, batch: number): Figure {
  return buildFigure(
    batch / (batch / speed + commitMs / 1000),
    'clicks/s',
    `${formatNumber(batch)} / (${formatNumber(batch)} / ${formatNumber(speed)} + ${commitMs} ms)`,
  );
}

function capacityOf({ clickBytes }: Inputs, byHandler: Figure): Figure {
  const byPoller = (limits.pollerMbps.value * BYTES_PER_MB) / clickBytes;
  return buildFigure(
    Math.min(byPoller, byHandler.value),
    'clicks/s',
    `min(poller: ${limits.pollerMbps.value} MB/s / ${clickBytes} B = ${formatNumber(byPoller)}, handler: ${formatNumber(byHandler.value)})`,
  );
}

/** Partitions by the formula above; infinite where the hottest key takes all that one passes on. */
function wanted({ clicksPerSecond, headroom }: Inputs, keys: Keys, capacity: number): number {
  const hottest = findHottestShare(keys);
  const left = capacity - headroom * clicksPerSecond * hottest;
  return left <= 0 ? Number.POSITIVE_INFINITY : (headroom * clicksPerSecond * (1 - hottest)) / left;
}

function partitionsFor(inputs: Inputs, keys: Keys, capacity: number): Figure {
  const { clicksPerSecond: load, headroom } = inputs;
  const hottest = findHottestShare(keys);
  const zones = limits.zones.value;
  const needed = Math.max(1, Math.ceil(wanted(inputs, keys, capacity) - 1e-9));
  return buildFigure(
    zones * Math.ceil(needed / zones),
    'partitions',
    `ceil(${headroom} × ${formatNumber(load)} × ${formatPercent(1 - hottest)} / (${formatNumber(capacity)} − ${headroom} × ${formatNumber(load)} × ${formatPercent(hottest)})) = ${formatNumber(needed)}, up to a multiple of ${zones} brokers`,
  );
}
