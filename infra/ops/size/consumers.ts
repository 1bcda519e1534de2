/**
 * What one group needs to consume: pollers, event poller units, invocations, concurrency, memory. Every figure is for the live load; where
 * a backlog needs more, a second figure says so.
 */

import { buildFigure, type Figure, formatNumber } from './figure.ts';
import type { Inputs } from './inputs.ts';
import { limits, MONTH_HOURS } from './limits.ts';
import type { PartitionPlan } from './partitions.ts';

export interface ConsumerPlan {
  readonly pollers: Figure;
  readonly pollersMax: Figure;
  readonly epus: Figure;
  readonly epusMax: Figure;
  readonly epuHours: Figure;
  readonly clicksPerInvocation: Figure;
  readonly invocationsPerSecond: Figure;
  readonly durationMs: Figure;
  readonly concurrency: Figure;
  readonly concurrencyMax: Figure;
  readonly memoryNeededMb: Figure;
}

export function planConsumers(inputs: Inputs, partitions: PartitionPlan): ConsumerPlan {
  const { clicksPerSecond: load, handlerClicksPerSecond: speed, commitMs, windowSeconds, headroom } = inputs;
  const mbps = partitions.bytesPerSecond.value;
  const count = partitions.partitions.value;
  const { pollerMbps, pollerInvocations, pollersMax, epuMbps, epuPollers } = limits;
  const pollersMost = Math.min(count, pollersMax.value);
  const handled = partitions.handlerCapacity.value;
  const pollers = Math.min(
    count,
    Math.max(1, Math.ceil(mbps / pollerMbps.value), Math.ceil(load / handled / pollerInvocations.value)),
  );
  const epus = Math.max(Math.ceil(pollers / epuPollers.value), Math.ceil(mbps / epuMbps.value));
  const perPoller = (load * windowSeconds) / pollers;
  const clicks = Math.min(partitions.batch.value, Math.max(1, perPoller));
  const perSecond = load / clicks;
  const duration = clicks / speed + commitMs / 1000;
  return {
    pollers: buildFigure(
      pollers,
      'pollers',
      `max(1, ceil(${formatNumber(mbps)} / ${pollerMbps.value} MB/s), ceil(${formatNumber(load)} / ${formatNumber(handled)} / ${pollerInvocations.value} invocations)), at most ${count} partitions: the mapping's minimum`,
    ),
    pollersMax: buildFigure(
      pollersMost,
      'pollers',
      `one for each of ${count} partitions, at most ${formatNumber(pollersMax.value)}: the mapping's maximum, for a backlog`,
    ),
    epus: buildFigure(
      epus,
      'EPU',
      `max(ceil(${pollers} / ${epuPollers.value} pollers), ceil(${formatNumber(mbps)} / ${epuMbps.value} MB/s))`,
    ),
    epusMax: buildFigure(
      Math.max(Math.ceil(pollersMost / epuPollers.value), Math.ceil((headroom * mbps) / epuMbps.value)),
      'EPU',
      `max(ceil(${pollersMost} / ${epuPollers.value} pollers), ceil(${headroom} × ${formatNumber(mbps)} / ${epuMbps.value} MB/s)), while a backlog lasts`,
    ),
    epuHours: epuHours(inputs, epus, pollers, mbps),
    clicksPerInvocation: buildFigure(
      clicks,
      'clicks',
      `min(${formatNumber(partitions.batch.value)}, ${formatNumber(load)} × ${windowSeconds} s / ${pollers} pollers), at least 1`,
    ),
    invocationsPerSecond: buildFigure(
      perSecond,
      'invocations/s',
      `${formatNumber(load)} / ${formatNumber(clicks)}`,
    ),
    durationMs: buildFigure(
      duration * 1000,
      'ms',
      `${formatNumber(clicks)} / ${formatNumber(speed)} + ${commitMs} ms of commit`,
    ),
    concurrency: buildFigure(
      Math.ceil(perSecond * duration),
      'at once',
      `ceil(${formatNumber(perSecond)}/s × ${formatNumber(duration * 1000)} ms)`,
    ),
    concurrencyMax: buildFigure(
      count + 1,
      'at once',
      `one for each of ${count} partitions, and the rollup: what to reserve`,
    ),
    memoryNeededMb: memoryFor(inputs, partitions),
  };
}

/** A group's part of them, where all groups share the units of one poller group. */
function epuHours(inputs: Inputs, own: number, pollers: number, mbps: number): Figure {
  const { groups, sharedPollers } = inputs;
  if (!sharedPollers) return buildFigure(own * MONTH_HOURS, 'EPU-hours/month', `${own} × ${MONTH_HOURS} h`);
  const units = Math.max(
    Math.ceil((groups * pollers) / limits.epuPollers.value),
    Math.ceil((groups * mbps) / limits.epuMbps.value),
  );
  return buildFigure(
    (units * MONTH_HOURS) / groups,
    'EPU-hours/month',
    `max(ceil(${groups} × ${pollers} / ${limits.epuPollers.value} pollers), ceil(${groups} × ${formatNumber(mbps)} / ${limits.epuMbps.value} MB/s)) = ${units} shared by ${groups} groups × ${MONTH_HOURS} h`,
  );
}

/** CPU comes with memory up to one vCPU, beyond which one thread gets no faster (AWS Lambda docs: configuration-memory). */
function memoryFor(inputs: Inputs, { hottestPartition }: PartitionPlan): Figure {
  const { memoryMb, handlerClicksPerSecond: speed, headroom } = inputs;
  const needed = Math.ceil((memoryMb * headroom * hottestPartition.value) / speed);
  const over =
    needed > limits.vcpuMb.value ? `; more than ${limits.vcpuMb.value} MB makes one thread no faster` : '';
  return buildFigure(
    Math.max(128, needed),
    'MB',
    `${memoryMb} MB × ${headroom} × ${formatNumber(hottestPartition.value)} / ${formatNumber(speed)}, for the CPU of the hottest partition${over}`,
  );
}
