/** What dashboards are put together from: one graph per question, all of one size, three in a row. */
import {
  AlarmStatusWidget,
  GraphWidget,
  type GraphWidgetProps,
  type IAlarm,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { MINUTE } from '../alarms/alarm-definition.ts';

const WIDTH = 8;
const HEIGHT = 6;

/** CloudWatch's own grid. */
const FULL_WIDTH = 24;

export function createGraph(
  title: string,
  metrics: IMetric[],
  more: Partial<GraphWidgetProps> = {},
): IWidget {
  return new GraphWidget({ title, left: metrics, width: WIDTH, height: HEIGHT, period: MINUTE, ...more });
}

/** What a dashboard is of, in Markdown, and whether anything alarms: the rows that each begins with. */
export function createHead(
  title: string,
  says: string,
  without: Readonly<Record<string, string>> | undefined,
  alarms: readonly IAlarm[],
  alarmsHeight: number,
): IWidget[][] {
  const left = Object.entries(without ?? {}).map(([name, reason]) => `**${name}** (${reason})`);
  const markdown = [
    `### ${title}`,
    says,
    left.length === 0 ? 'It goes without no alarm.' : `It goes without: ${left.join(', ')}.`,
  ].join('\n\n');
  return [
    [new TextWidget({ markdown, width: FULL_WIDTH, height: 3 })],
    [
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: [...alarms],
        width: FULL_WIDTH,
        height: alarmsHeight,
      }),
    ],
  ];
}
