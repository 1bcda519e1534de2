/**
 * When the alarms of a template are in ALARM, minute by minute, given what each metric says. After Amazon CloudWatch docs:
 * alarm-evaluation, alarms-and-missing-data: M of the newest N periods; where some are missing, older ones that are there take their
 * place, as far as CloudWatch looks back (two more, as in the page's example); what is left is treated as the alarm says.
 */
import { type CfnTemplate, evaluated, resourcesOf } from '../templates.ts';
import { compiled } from './metric-math.ts';

/** What a metric says in a minute, by its name, of an alias of a function `<name> by <alias>`; undefined if nothing. */
export type Series = (minute: number, name: string) => number | undefined;

/** Of the newest minutes of MSK nothing is known yet: an assumption, since no page says how late it is. */
const KAFKA_MINUTES_LATE = 2;
const LOOKED_BACK_MORE = 2;

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
type Properties = any;

interface Judge {
  readonly name: string;
  readonly periodMinutes: number;
  /** The value of a period that ends before this minute, as it is known by `now`. */
  readonly valueAt: (end: number, now: number, series: Series) => number | undefined;
  readonly properties: Properties;
}

interface Told {
  /** By the alarm's name without its owner: the minutes in which it is in ALARM. */
  readonly [name: string]: readonly number[];
}

/** @param minutes how many are played, from 0 on; negative minutes are asked for too */
export function alarmed(template: CfnTemplate, owner: string, series: Series, minutes: number): Told {
  const judges = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(
    ([id, { Properties }]) => [id, judgeOf(evaluated(template, Properties))] as const,
  );
  const byId = new Map(judges.map(([id, judge]) => [id, minutesOf(judge, series, minutes)]));
  const told = judges
    .filter(([, { properties }]) => properties.AlarmActions !== undefined)
    .map(([id, { name }]): [string, number[]] => [name, byId.get(id)!]);
  for (const [, { Properties }] of resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm')) {
    const { AlarmName, AlarmRule } = evaluated(template, Properties);
    const [first = [], ...others] = partsOf(AlarmRule).map((id) => byId.get(id)!);
    told.push([AlarmName, first.filter((minute) => others.every((part) => part.includes(minute)))]);
  }
  const prefix = `${owner}-`;
  return Object.fromEntries(told.map(([name, when]) => [name.replace(prefix, ''), when]));
}

/** `(ALARM("{id.Arn}") AND ALARM("{id.Arn}"))`, and nothing else. */
function partsOf(rule: string): string[] {
  const ids = Array.from(rule.matchAll(/ALARM\("\{(\w+)\.Arn\}"\)/g), ([, id = '']) => id);
  if (!/^\(ALARM\(\S+\) AND ALARM\(\S+\)\)$/.test(rule) || ids.length !== 2)
    throw new Error(`what is ${rule}`);
  return ids;
}

function judgeOf(properties: Properties): Judge {
  const { AlarmName: name, Metrics, Period } = properties;
  if (Metrics === undefined)
    return {
      ...{ name, properties, periodMinutes: Period / 60 },
      valueAt: (end, now, series) =>
        aggregated(properties, properties.Statistic, Period / 60, end, now, series),
    };
  const stats = new Map<string, Properties>();
  let expression = '';
  for (const { Id, Expression, MetricStat } of Metrics)
    if (MetricStat === undefined) expression = Expression;
    else stats.set(Id, MetricStat);
  const formula = compiled(expression);
  const periods = new Set(Array.from(stats.values(), ({ Period: seconds }) => seconds));
  const [seconds = 60] = periods;
  if (periods.size !== 1) throw new Error(`${name} has metrics of several periods`);
  return {
    ...{ name, properties, periodMinutes: seconds / 60 },
    valueAt: (end, now, series) =>
      formula({
        seconds,
        read: (id) => {
          const { Metric, Stat } = stats.get(id)!;
          return aggregated(Metric, Stat, seconds / 60, end, now, series);
        },
      }),
  };
}

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

function aggregated(
  { Namespace, MetricName, Dimensions = [] }: Metric,
  statistic: string,
  minutes: number,
  end: number,
  now: number,
  series: Series,
): number | undefined {
  const known = Namespace === 'AWS/Kafka' ? now - KAFKA_MINUTES_LATE : now;
  const alias = Dimensions.find(({ Name }) => Name === 'Resource')
    ?.Value.split(':')
    .at(-1);
  const name = alias === undefined ? MetricName : `${MetricName} by ${alias}`;
  const said: number[] = [];
  for (let minute = end - minutes; minute < Math.min(end, known); minute += 1) {
    const value = series(minute, name);
    if (value !== undefined) said.push(value);
  }
  if (said.length === 0) return undefined;
  if (statistic === 'Maximum') return Math.max(...said);
  if (statistic === 'Minimum') return Math.min(...said);
  const sum = said.reduce((total, value) => total + value, 0);
  if (statistic === 'Sum') return sum;
  if (statistic === 'Average') return sum / said.length;
  throw new Error(`the statistic ${statistic} is not known`);
}

function minutesOf(judge: Judge, series: Series, minutes: number): number[] {
  const red: number[] = [];
  const settled = new Map<number, number | undefined>();
  /** What is known whole stays as it is, and is computed once. */
  const valueAt: Judge['valueAt'] = (end, now) => {
    if (end > now - KAFKA_MINUTES_LATE) return judge.valueAt(end, now, series);
    if (!settled.has(end)) settled.set(end, judge.valueAt(end, now, series));
    return settled.get(end);
  };
  let state = false;
  for (let now = 1; now <= minutes; now += 1) {
    if (now % judge.periodMinutes === 0) state = stateAt({ ...judge, valueAt }, now, state, series);
    if (state) red.push(now);
  }
  return red;
}

function stateAt(
  { properties, periodMinutes, valueAt }: Judge,
  now: number,
  before: boolean,
  series: Series,
) {
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, TreatMissingData, ComparisonOperator } =
    properties;
  if (ComparisonOperator !== 'GreaterThanOrEqualToThreshold') throw new Error(ComparisonOperator);
  const range = Array.from({ length: EvaluationPeriods + LOOKED_BACK_MORE }, (_, back) =>
    valueAt(now - back * periodMinutes, now, series),
  );
  const real = range.filter((value) => value !== undefined).slice(0, EvaluationPeriods);
  const bad = real.filter((value) => value >= Threshold).length;
  const missing = EvaluationPeriods - real.length;
  if (bad >= DatapointsToAlarm) return true;
  if (missing === 0) return false;
  if (TreatMissingData === 'ignore') return before;
  return TreatMissingData === 'breaching' && bad + missing >= DatapointsToAlarm;
}
