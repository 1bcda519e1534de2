/** Alarms and dashboards of a synthesized template, with the metrics they are made of, as CloudWatch would read them. */
import { type CfnTemplate, evaluated, resourcesOf } from '../templates.ts';

export interface UsedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface Watched {
  readonly name: string;
  readonly description: string;
  /** Evaluated properties. */
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and the assertions say which.
  readonly properties: any;
  readonly metrics: readonly UsedMetric[];
}

export function alarmsOf(template: CfnTemplate): Watched[] {
  return resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
    const properties = evaluated(template, Properties);
    const queries = properties.Metrics ?? [{ MetricStat: { Metric: properties } }];
    const metrics = queries
      .filter(({ MetricStat }: { MetricStat?: unknown }) => MetricStat !== undefined)
      .map(({ MetricStat: { Metric } }: { MetricStat: { Metric: CfnMetric } }) => ({
        namespace: Metric.Namespace,
        name: Metric.MetricName,
        dimensions: Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value])),
      }));
    return { name: properties.AlarmName, description: properties.AlarmDescription, properties, metrics };
  });
}

/** Alarms that call somebody: composite ones too, and no windows of those. */
export function callersOf(template: CfnTemplate): Pick<Watched, 'name' | 'description' | 'properties'>[] {
  const composite = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm').map(([, { Properties }]) => {
    const properties = evaluated(template, Properties);
    return { name: properties.AlarmName, description: properties.AlarmDescription, properties };
  });
  return [...alarmsOf(template), ...composite].filter(({ properties }) => properties.AlarmActions);
}

interface CfnMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

interface DashboardWidgets {
  readonly texts: readonly string[];
  readonly metrics: readonly UsedMetric[];
  readonly expressions: readonly string[];
}

/** A line of a widget is `[namespace, name, dimension, value, …, {how it is drawn}]`, or only how, with an expression. */
export function dashboardOf(template: CfnTemplate): DashboardWidgets {
  const dashboards = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
  if (dashboards.length !== 1) throw new Error(`${dashboards.length} dashboards`);
  const { widgets } = JSON.parse(evaluated(template, dashboards[0]![1].Properties.DashboardBody));
  const texts: string[] = [];
  const metrics: UsedMetric[] = [];
  const expressions: string[] = [];
  for (const { properties } of widgets) {
    if (properties.markdown !== undefined) texts.push(properties.markdown);
    for (const line of properties.metrics ?? []) {
      const [namespace, name, ...rest] = line;
      if (typeof namespace === 'string') metrics.push({ namespace, name, dimensions: pairsOf(rest) });
      else expressions.push(namespace.expression);
    }
  }
  return { texts, metrics, expressions };
}

function pairsOf(rest: readonly unknown[]): Record<string, string> {
  const texts = rest.filter((part) => typeof part === 'string');
  const dimensions: Record<string, string> = {};
  for (let i = 0; i + 1 < texts.length; i += 2) dimensions[texts[i]!] = texts[i + 1]!;
  return dimensions;
}
