/** A month's bill, by part: of one group, and of the cluster that a stage has and all groups share. */
import { metrics } from '../../../shared/metrics.ts';
import type { ConsumerPlan } from './consumers.ts';
import { buildFigure, type Figure, formatNumber } from './figure.ts';
import type { Inputs } from './inputs.ts';
import type { LedgerLoad } from './ledger-load.ts';
import { brokerLimits, limits, MONTH_HOURS, MONTH_SECONDS } from './limits.ts';
import type { PartitionPlan } from './partitions.ts';
import { getPrice } from './prices.ts';

/** USD by part. */
export type Bill = Readonly<Record<string, Figure>>;

/** Measured on billing's handler with one partition: 704 bytes of metrics; and Lambda's own three lines, about 300. */
const LOG_BYTES_PER_INVOCATION = 1_000;

export function computeGroupBill(inputs: Inputs, consumers: ConsumerPlan, ledger: LedgerLoad): Bill {
  const { prices } = inputs;
  const invocations = consumers.invocationsPerSecond.value * MONTH_SECONDS;
  const gbSeconds = invocations * (consumers.durationMs.value / 1000) * (inputs.memoryMb / 1024);
  const rollupGbSeconds = (MONTH_SECONDS / 60) * ledger.rollupSeconds.value;
  const writes = ledger.writeUnitsPerSecond.value * MONTH_SECONDS;
  const reads = ledger.readUnitsPerSecond.value * MONTH_SECONDS;
  const storedGb = ledger.entriesGb.value + ledger.linesGb.value;
  const metricCount = Object.keys(metrics).length;
  const logsGb = (invocations * LOG_BYTES_PER_INVOCATION) / 1e9;
  return {
    'event pollers': cost(
      consumers.epuHours.value,
      getPrice(prices, 'event-poller-unit'),
      `${formatNumber(consumers.epuHours.value)} EPU-hours`,
    ),
    'Lambda requests': cost(invocations, getPrice(prices, 'lambda-request'), formatNumber(invocations)),
    'Lambda compute': cost(
      gbSeconds,
      getPrice(prices, 'lambda-gb-second'),
      `${formatNumber(invocations)} × ${formatNumber(consumers.durationMs.value)} ms × ${inputs.memoryMb} / 1024 GB`,
    ),
    'Lambda rollups': cost(
      rollupGbSeconds,
      getPrice(prices, 'lambda-gb-second'),
      `${formatNumber(MONTH_SECONDS / 60)} × ${formatNumber(ledger.rollupSeconds.value)} s × 1 GB`,
    ),
    'DynamoDB writes': cost(writes, getPrice(prices, 'dynamodb-write-unit'), `${formatNumber(writes)} units`),
    'DynamoDB reads': cost(reads, getPrice(prices, 'dynamodb-read-unit'), `${formatNumber(reads)} units`),
    'DynamoDB storage': cost(
      storedGb,
      getPrice(prices, 'dynamodb-storage') + getPrice(prices, 'dynamodb-recovery'),
      `(${formatNumber(ledger.entriesGb.value)} GB of entries + ${formatNumber(ledger.linesGb.value)} GB of lines, with point-in-time recovery)`,
    ),
    metrics: cost(metricCount, getPrice(prices, 'metric'), `${metricCount} of shared/metrics.ts`),
    alarms: cost(inputs.alarmMetrics, getPrice(prices, 'alarm'), String(inputs.alarmMetrics)),
    dashboard: cost(1, getPrice(prices, 'dashboard'), '1'),
    logs: cost(
      logsGb,
      getPrice(prices, 'logs-in'),
      `${formatNumber(invocations)} × ${formatNumber(LOG_BYTES_PER_INVOCATION)} B = ${formatNumber(logsGb)} GB`,
    ),
    key: cost(1, getPrice(prices, 'key'), '1'),
  };
}

/** Brokers are billed as the stage has them, whatever the load. */
export function computeClusterBill(inputs: Inputs, partitions: PartitionPlan): Bill {
  const { prices } = inputs;
  const { instanceType, brokers, volumeGb } = inputs.cluster;
  const { keptGb, kept, writtenGb } = volumesOf(inputs, partitions);
  const hours = cost(
    brokers * MONTH_HOURS,
    getPrice(prices, instanceType),
    `${brokers} ${instanceType} × ${MONTH_HOURS} h`,
  );
  if (volumeGb !== undefined) {
    const volumes = cost(
      brokers * volumeGb,
      getPrice(prices, 'standard-storage'),
      `${brokers} × ${volumeGb} GB`,
    );
    return { brokers: hours, storage: volumes };
  }
  return {
    brokers: hours,
    'data in': cost(writtenGb, getPrice(prices, 'express-data-in'), `${formatNumber(writtenGb)} GB`),
    storage: cost(keptGb, getPrice(prices, 'express-storage'), `${kept} = ${formatNumber(keptGb)} GB`),
  };
}

/**
 * How many brokers of the stage's instance type the load needs, in multiples of the zones. Undefined for a type whose limits are
 * not in limits.ts.
 */
export function countBrokersNeeded(inputs: Inputs, partitions: PartitionPlan): Figure | undefined {
  const { groups, headroom } = inputs;
  const { instanceType, volumeGb } = inputs.cluster;
  const limit = brokerLimits[instanceType];
  if (limit === undefined) return undefined;
  const { mbps, keptGb } = volumesOf(inputs, partitions);
  const replicas = partitions.partitions.value * limits.replicas.value;
  const needs: Record<string, number> = {
    [`in: ${formatNumber(mbps)} / ${limit.inMbps.value} MB/s`]: mbps / limit.inMbps.value,
    [`replicas: ${replicas} / ${limit.replicas.value}`]: replicas / limit.replicas.value,
  };
  if (limit.outMbps !== undefined)
    needs[`out: ${groups} groups × ${headroom} × ${formatNumber(mbps)} / ${limit.outMbps.value} MB/s`] =
      (groups * headroom * mbps) / limit.outMbps.value;
  if (volumeGb !== undefined) {
    const diskGb = (keptGb * limits.replicas.value) / limits.diskShare.value;
    needs[`disk: ${formatNumber(diskGb)} / ${formatNumber(volumeGb)} GB`] = diskGb / volumeGb;
  }
  const [[because, needed] = ['', 0]] = Object.entries(needs).sort(([, a], [, b]) => b - a);
  const zones = limits.zones.value;
  return buildFigure(
    zones * Math.ceil(needed / zones),
    'brokers',
    `${because} = ${formatNumber(needed)}, up to a multiple of ${zones} zones`,
  );
}

export function sumBill(bill: Bill): number {
  return Object.values(bill).reduce((sum, { value }) => sum + value, 0);
}

function cost(count: number, usd: number, what: string): Figure {
  return buildFigure(count * usd, 'USD', `${what} × ${usd}`);
}

/** Gigabytes of the log as its retention leaves it, one copy, and those written in a month. */
function volumesOf({ retentionHours }: Inputs, { bytesPerSecond }: PartitionPlan) {
  const mbps = bytesPerSecond.value;
  return {
    mbps,
    keptGb: (mbps * retentionHours * 3600) / 1000,
    kept: `${formatNumber(mbps)} MB/s × ${retentionHours} h`,
    writtenGb: (mbps * MONTH_SECONDS) / 1000,
  };
}
