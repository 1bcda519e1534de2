/** What dashboards are put together from: one graph per question, all of one size, three in a row. */
import { GraphWidget, type GraphWidgetProps, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { MINUTE } from '../alarms/alarm-definition.ts';

const WIDTH = 8;
const HEIGHT = 6;

/** CloudWatch's own grid. */
export const FULL_WIDTH = 24;

export function graph(title: string, metrics: IMetric[], more: Partial<GraphWidgetProps> = {}): IWidget {
  return new GraphWidget({ title, left: metrics, width: WIDTH, height: HEIGHT, period: MINUTE, ...more });
}
