/**
 * Logs and metrics of the functions, by Powertools: one JSON line per event, metrics in the embedded metric format. What
 * each metric means is the table in metrics.ts. Nothing from a record's key, value or headers is ever logged: positions,
 * reasons and digests only.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { type AppError, failures } from './errors.ts';
import type { Outcome } from './journal/apply-delivery.ts';
import { METRICS_NAMESPACE, type MetricDimensions, type MetricName, metrics } from './metrics.ts';
import type { RollupProgress } from './statement/rollup.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function createTelemetry(ledger: string, table: string): Telemetry {
  const { service, ...defaultDimensions } = { service: ledger, table } satisfies MetricDimensions;
  return {
    logger: new Logger({ serviceName: ledger }),
    metrics: new Metrics({ namespace: METRICS_NAMESPACE, serviceName: service, defaultDimensions }),
  };
}

/**
 * Beside each invocation's metrics: its request, and by which name the function was called. The mapping calls an alias, everybody else the
 * function; entries name their request.
 */
export function reportInvocation(
  { metrics: to }: Telemetry,
  { awsRequestId, invokedFunctionArn }: Pick<Context, 'awsRequestId' | 'invokedFunctionArn'>,
): void {
  to.addMetadata('function_request_id', awsRequestId);
  to.addMetadata('function_arn', invokedFunctionArn);
}

/** @param recordAgeMs see `RecordAge` */
export function reportDelivery(
  telemetry: Telemetry,
  journal: string,
  outcome: Outcome,
  recordAgeMs: number,
): void {
  const { failure } = outcome;
  const mismatch = failure?.code === 'log.mismatch';
  const halted = failure !== undefined && !mismatch && failures[failure.code].remedy === 'person';
  measure(telemetry, 'Applied', outcome.applied);
  measure(telemetry, 'Duplicates', outcome.duplicates);
  measure(telemetry, 'Parked', outcome.parked);
  measure(telemetry, 'Resolved', outcome.resolved + outcome.duplicates);
  measure(telemetry, 'Entries', outcome.entries);
  measure(telemetry, 'Conflicts', outcome.conflicts);
  measure(telemetry, 'RecordAge', recordAgeMs);
  measure(telemetry, 'PartitionsFailed', failure === undefined ? 0 : 1);
  measure(telemetry, 'PartitionsHalted', halted ? 1 : 0);
  measure(telemetry, 'LogMismatch', mismatch ? 1 : 0);
  if (failure !== undefined)
    telemetry.logger.error('partition failed', { journal, code: failure.code, error: failure });
  if (outcome.parked > 0) telemetry.logger.warn('records parked', { journal, parked: outcome.parked });
  if (outcome.accepted > 0)
    telemetry.logger.warn('offsets accepted', { journal, accepted: outcome.accepted });
}

/** An event that is refused whole: none of its partitions moves until somebody acts. */
export function reportRefusal(telemetry: Telemetry, failure: AppError): void {
  measure(telemetry, 'PartitionsFailed', 1);
  measure(telemetry, 'PartitionsHalted', 1);
  telemetry.logger.error('event refused', { code: failure.code, error: failure });
}

export function reportRollup(telemetry: Telemetry, progress: RollupProgress): void {
  measure(telemetry, 'RolledUp', progress.folded);
  measure(telemetry, 'RollupBehind', progress.behind);
  measure(telemetry, 'RollupAge', progress.ageMs);
  measure(telemetry, 'OpenGap', progress.openGap);
  measure(telemetry, 'OpenParked', progress.openParked);
  measure(telemetry, 'BoundUsed', progress.boundUsed);
}

function measure(telemetry: Telemetry, name: MetricName, value: number): void {
  telemetry.metrics.addMetric(name, metrics[name][0], value);
}
