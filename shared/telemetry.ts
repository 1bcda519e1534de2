/**
 * Logs and metrics of the functions, by Powertools: one JSON line per event, metrics in the embedded metric format.
 * Names of metrics stand here once, because alarms and dashboards are built on them. Nothing from a record's key, value
 * or headers is ever logged: positions, reasons and digests only.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Outcome } from './ledger.ts';
import { countOffsets, gapsOf } from './offsets.ts';

export const METRICS_NAMESPACE = 'Clickledger';

/** The dimension is `service`, its value the ledger. */
export const metricUnits = {
  Applied: MetricUnit.Count,
  Duplicates: MetricUnit.Count,
  Parked: MetricUnit.Count,
  Entries: MetricUnit.Count,
  Conflicts: MetricUnit.Count,
  /** Age of the oldest record of a delivery when its invocation ends: what Lambda's IteratorAge is for other sources. */
  RecordAge: MetricUnit.Milliseconds,
  /** Offsets passed over in a partition and not resolved. */
  OpenGap: MetricUnit.Count,
  /** Parked records of a partition that nobody has redriven. */
  OpenParked: MetricUnit.Count,
  PartitionsFailed: MetricUnit.Count,
  LogMismatch: MetricUnit.Count,
  /** Entries that a rollup folded, and journals whose head it did not reach in its time. */
  RolledUp: MetricUnit.Count,
  RollupBehind: MetricUnit.Count,
} as const;

export type MetricName = keyof typeof metricUnits;

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function telemetryOf(ledger: string): Telemetry {
  return {
    logger: new Logger({ serviceName: ledger }),
    metrics: new Metrics({ namespace: METRICS_NAMESPACE, serviceName: ledger }),
  };
}

export function measure(telemetry: Telemetry, name: MetricName, value: number): void {
  telemetry.metrics.addMetric(name, metricUnits[name], value);
}

/** @param recordAgeMs see `RecordAge` */
export function reportDelivery(
  telemetry: Telemetry,
  journal: string,
  outcome: Outcome,
  recordAgeMs: number,
): void {
  const { failure, state } = outcome;
  measure(telemetry, 'Applied', outcome.applied);
  measure(telemetry, 'Duplicates', outcome.duplicates);
  measure(telemetry, 'Parked', outcome.parked);
  measure(telemetry, 'Entries', outcome.entries);
  measure(telemetry, 'Conflicts', outcome.conflicts);
  measure(telemetry, 'RecordAge', recordAgeMs);
  measure(telemetry, 'PartitionsFailed', failure === undefined ? 0 : 1);
  measure(telemetry, 'LogMismatch', failure?.code === 'log.mismatch' ? 1 : 0);
  if (state !== undefined) {
    measure(telemetry, 'OpenGap', countOffsets(gapsOf(state.resolved)));
    measure(telemetry, 'OpenParked', countOffsets(state.parked));
  }
  if (failure !== undefined)
    telemetry.logger.error('partition failed', { journal, code: failure.code, error: failure });
  if (outcome.parked > 0) telemetry.logger.warn('records parked', { journal, parked: outcome.parked });
}
