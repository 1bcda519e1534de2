/**
 * The definition of an alarm: plain data, except for the metric. All definitions follow these rules:
 *
 * - M of N, never N of N where several services publish: their newest minutes arrive at different times, and an expression that fills them
 *   in would judge data that is not there yet (Amazon CloudWatch docs: using-metric-math, FILL).
 *   It also lets an alarm outlast a rebalance: it stays in alarm as long as M of the last N minutes were bad.
 * - 1 of N where an event is the alarm: it stays in alarm for N periods instead of toggling with every retry.
 * - Comparison is always "at least"; the description has to say the same.
 */
import { type IMetric, MathExpression, type Metric, type TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Severity } from '../../../shared/alarm-spec.ts';

/** Periods that must be bad, among how many of the last. */
export interface Window {
  readonly bad: number;
  readonly of: number;
}

export interface AlarmDefinition<Name extends string> {
  /** Also the name of its page in docs/runbook/. */
  readonly name: Name;
  readonly severity: Severity;
  /** What it means, in one sentence. */
  readonly says: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** Of two windows, both have to be bad: one alarm each, which notifies nobody, and a composite alarm that does. */
  readonly periods: Window | readonly [long: Window, short: Window];
  readonly missing: TreatMissingData;
}

export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);
export const HOUR = Duration.hours(1);

/** @param label shown beside the value in the console, which shows no description */
export function createExpression(
  label: string,
  formula: string,
  metrics: Readonly<Record<string, Metric>>,
  period: Duration = MINUTE,
): MathExpression {
  const usingMetrics = Object.fromEntries(
    Object.entries(metrics).map(([id, metric]) => [id, metric.with({ period })]),
  );
  return new MathExpression({ label, expression: formula, usingMetrics, period });
}

/** Sum of sparse counters, 0 where none says anything. */
export function createSum(
  label: string,
  counters: Readonly<Record<string, Metric>>,
  period: Duration = MINUTE,
): MathExpression {
  const formula = Object.keys(counters)
    .map((id) => `FILL(${id}, 0)`)
    .join(' + ');
  return createExpression(label, formula, counters, period);
}
