/**
 * An alarm before anything is made of it: plain data, but for the metric. The rules that all keep to:
 *
 * - M of N, never N of N where several services publish: their newest minutes arrive at different times, and an
 *   expression that fills them in would judge what has not been said yet (Amazon CloudWatch docs: using-metric-math, FILL).
 *   It also lets an alarm outlast a rebalance: it stays as long as M of the last N minutes were bad.
 * - 1 of N where an event is the alarm: it holds for N periods instead of going on and off with every retry.
 * - Comparison is always "at least"; the words of the description must fit that.
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
  /** Where there are two, both have to be bad: one alarm each, which call nobody, and a composite alarm that does. */
  readonly periods: Window | readonly [long: Window, short: Window];
  readonly missing: TreatMissingData;
}

export const MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);
export const HOUR = Duration.hours(1);

/** @param label stands beside the value in the console, where there is no description */
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
