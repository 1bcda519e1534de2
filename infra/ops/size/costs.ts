/** A month's bill of one group, by part. What all groups share, the cluster, is in clusters.ts. */
import { metrics } from '../../../shared/metrics.ts';
import type { ConsumerPlan } from './consumers.ts';
import { MONTH_SECONDS } from './facts.ts';
import { type Figure, figure, plain } from './figure.ts';
import type { Inputs } from './inputs.ts';
import type { LedgerLoad } from './ledger-load.ts';

/** Measured on billing's handler with one partition: 704 bytes of metrics; and Lambda's own three lines, about 300. */
const LOG_BYTES_PER_INVOCATION = 1_000;

export function groupCosts(
  inputs: Inputs,
  consumers: ConsumerPlan,
  ledger: LedgerLoad,
): Readonly<Record<string, Figure>> {
  const { prices } = inputs;
  const each = (count: number, price: number, what: string): Figure =>
    figure(count * price, 'USD', `${what} × ${price}`);
  const invocations = consumers.invocationsPerSecond.value * MONTH_SECONDS;
  const gbSeconds = invocations * (consumers.durationMs.value / 1000) * (inputs.memoryMb / 1024);
  const rollupGbSeconds = (MONTH_SECONDS / 60) * ledger.rollupSeconds.value;
  const writes = ledger.writeUnitsPerSecond.value * MONTH_SECONDS;
  const reads = ledger.readUnitsPerSecond.value * MONTH_SECONDS;
  const storedGb = ledger.entriesGb.value + ledger.linesGb.value;
  const metricCount = Object.keys(metrics).length;
  const logsGb = (invocations * LOG_BYTES_PER_INVOCATION) / 1e9;
  return {
    'event pollers': each(
      consumers.epuHours.value,
      prices['epu-hour'],
      `${plain(consumers.epuHours.value)} EPU-hours`,
    ),
    'Lambda requests': each(invocations, prices['lambda-request'], plain(invocations)),
    'Lambda compute': each(
      gbSeconds,
      prices['lambda-gb-second'],
      `${plain(invocations)} × ${plain(consumers.durationMs.value)} ms × ${inputs.memoryMb} / 1024 GB`,
    ),
    'Lambda rollups': each(
      rollupGbSeconds,
      prices['lambda-gb-second'],
      `${plain(MONTH_SECONDS / 60)} × ${plain(ledger.rollupSeconds.value)} s × 1 GB`,
    ),
    'DynamoDB writes': each(writes, prices['dynamodb-write-unit'], `${plain(writes)} units`),
    'DynamoDB reads': each(reads, prices['dynamodb-read-unit'], `${plain(reads)} units`),
    'DynamoDB storage': each(
      storedGb,
      prices['dynamodb-storage-gb-month'] + prices['dynamodb-recovery-gb-month'],
      `${plain(ledger.entriesGb.value)} GB of entries + ${plain(ledger.linesGb.value)} GB of lines, with point-in-time recovery`,
    ),
    metrics: each(metricCount, prices['metric-month'], `${metricCount} of shared/metrics.ts`),
    alarms: each(inputs.alarmMetrics, prices['alarm-month'], String(inputs.alarmMetrics)),
    dashboard: each(1, prices['dashboard-month'], '1'),
    logs: each(
      logsGb,
      prices['logs-in-gb'],
      `${plain(invocations)} × ${plain(LOG_BYTES_PER_INVOCATION)} B = ${plain(logsGb)} GB`,
    ),
    key: each(1, prices['key-month'], '1'),
  };
}

export function total(costs: Readonly<Record<string, Figure>>): number {
  return Object.values(costs).reduce((sum, { value }) => sum + value, 0);
}
