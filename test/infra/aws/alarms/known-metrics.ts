/**
 * Every metric that there is to alarm on: those of AWS as documented, and those that our functions really emit, taken
 * from what they write to their output when they run.
 */
import type { Context } from 'aws-lambda';
import { fold } from '../../../../functions/billing/fold.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { consumer } from '../../../../shared/consumer.ts';
import type { GroupSpec } from '../../../../shared/group.ts';
import { scheduledRollup } from '../../../../shared/scheduled-rollup.ts';
import { anEvent, records } from '../../../support/builders.ts';
import { captured } from '../../../support/captured.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import type { UsedMetric } from './watched.ts';

interface EmittedMetric extends UsedMetric {
  readonly unit: string;
  readonly by: 'handler' | 'rollup';
}

const context = { awsRequestId: 'r1', functionName: 'f', getRemainingTimeInMillis: () => 300_000 } as Context;

/** Runs both functions of a group once on a table in memory, and reads the embedded metric format that they print. */
export async function emittedBy(group: GroupSpec, table: string): Promise<EmittedMetric[]> {
  const { client } = memoryLedger();
  const config = { table, incarnation: 1, partialResponses: true, code: 'c1', secrets: {} };
  const means = { config, client, clock: systemClock };
  const handler = await captured(() => consumer(group, () => fold, means)(anEvent(records(0, 3)), context));
  const rollup = await captured(() => scheduledRollup(group, means)({}, context) as Promise<unknown>);
  return [...embedded(handler.lines, 'handler'), ...embedded(rollup.lines, 'rollup')];
}

/** Amazon CloudWatch docs: CloudWatch_Embedded_Metric_Format_Specification. */
function embedded(lines: readonly string[], by: EmittedMetric['by']): EmittedMetric[] {
  return lines.flatMap((line) => {
    const document = JSON.parse(line);
    return (document._aws?.CloudWatchMetrics ?? []).flatMap((directive: Directive) =>
      directive.Dimensions.flatMap((keys) =>
        directive.Metrics.filter(({ Name }) => document[Name] !== undefined).map(({ Name, Unit }) => ({
          namespace: directive.Namespace,
          name: Name,
          dimensions: Object.fromEntries(keys.map((key) => [key, document[key]])),
          unit: Unit,
          by,
        })),
      ),
    );
  });
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly string[][];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

const lagged = ['Cluster Name', 'Consumer Group', 'Topic'];
const broker = ['Broker ID', 'Cluster Name'];
const mapping = ['EventSourceMappingUUID'];
const ofFunction = ['FunctionName'];

/** By namespace and name: the dimensions under which it is published. No IteratorAge: Lambda has none for Kafka. */
export const documented: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // Amazon MSK docs: metrics-details, consumer-lag (free level).
  'AWS/Kafka EstimatedMaxTimeLag': [lagged],
  'AWS/Kafka MaxOffsetLag': [lagged],
  'AWS/Kafka SumOffsetLag': [lagged],
  // By topic too, says one sentence of the page; no alarm rests on it.
  'AWS/Kafka BytesInPerSec': [broker],
  'AWS/Kafka BytesOutPerSec': [broker],
  'AWS/Kafka MessagesInPerSec': [broker],
  'AWS/Kafka CpuIdle': [broker],
  'AWS/Kafka CpuUser': [broker],
  'AWS/Kafka ConnectionCount': [broker],
  'AWS/Kafka UnderReplicatedPartitions': [broker],
  'AWS/Kafka UnderMinIsrPartitionCount': [broker],
  'AWS/Kafka ActiveControllerCount': [['Cluster Name']],
  // Amazon MSK docs: metrics-details-express, level PER_BROKER for both times.
  'AWS/Kafka ProduceThrottleTime': [broker],
  'AWS/Kafka FetchThrottleTime': [broker],
  'AWS/Kafka StorageUsed': [['Cluster Name']],
  'AWS/Kafka OfflinePartitionsCount': [['Cluster Name']],
  'AWS/Kafka KafkaDataLogsDiskUsed': [['Cluster Name'], broker],
  // AWS Lambda docs: monitoring-metrics-types.
  'AWS/Lambda OffsetLag': [ofFunction],
  'AWS/Lambda Errors': [ofFunction],
  'AWS/Lambda Throttles': [ofFunction],
  'AWS/Lambda Duration': [ofFunction],
  // Of a function, and of one of its aliases (AWS Lambda docs: monitoring-metrics-view).
  'AWS/Lambda Invocations': [ofFunction, ['FunctionName', 'Resource']],
  'AWS/Lambda ConcurrentExecutions': [ofFunction],
  'AWS/Lambda DestinationDeliveryFailures': [ofFunction],
  'AWS/Lambda PolledEventCount': [mapping],
  'AWS/Lambda InvokedEventCount': [mapping],
  'AWS/Lambda FailedInvokeEventCount': [mapping],
  'AWS/Lambda DroppedEventCount': [mapping],
  'AWS/Lambda OnFailureDestinationDeliveredEventCount': [mapping],
  'AWS/Lambda CommittedEventCount': [mapping],
  'AWS/Lambda PollingErrorCount': [mapping],
  'AWS/Lambda InvokeErrorCount': [mapping],
  'AWS/Lambda OnFailureDestinationDeliveryErrorCount': [mapping],
  'AWS/Lambda CommitErrorCount': [mapping],
  'AWS/Lambda MaxOffsetLag': [mapping],
  'AWS/Lambda SumOffsetLag': [mapping],
  'AWS/Lambda ProvisionedPollers': [mapping],
  'AWS/Lambda EventPollerUnit': [mapping],
  'AWS/Lambda EventPollerThroughputInBytes': [mapping],
  // Amazon DynamoDB docs: metrics-dimensions.
  'AWS/DynamoDB ConsumedReadCapacityUnits': [['TableName']],
  'AWS/DynamoDB ConsumedWriteCapacityUnits': [['TableName']],
  'AWS/DynamoDB ReadThrottleEvents': [['TableName']],
  'AWS/DynamoDB WriteThrottleEvents': [['TableName']],
  'AWS/DynamoDB SystemErrors': [['Operation', 'TableName']],
  'AWS/DynamoDB SuccessfulRequestLatency': [['Operation', 'TableName']],
};

/** What Express brokers do not publish (Amazon MSK docs: metrics-details-express). */
export const notOnExpress = [
  'OfflinePartitionsCount',
  'UnderReplicatedPartitions',
  'UnderMinIsrPartitionCount',
  'KafkaDataLogsDiskUsed',
];

/** Undefined if somebody publishes it, else what is wrong. */
export function unpublished(used: UsedMetric, emitted: readonly EmittedMetric[]): string | undefined {
  const { namespace, name, dimensions } = used;
  const said = `${namespace} ${name} ${JSON.stringify(dimensions)}`;
  if (!namespace.startsWith('AWS/')) {
    const found = emitted.some(
      (metric) =>
        metric.namespace === namespace && metric.name === name && same(metric.dimensions, dimensions),
    );
    return found ? undefined : said;
  }
  const keys = Object.keys(dimensions).sort().join();
  const known = documented[`${namespace} ${name}`]?.some((names) => [...names].sort().join() === keys);
  return known && Object.values(dimensions).every((value) => value !== '') ? undefined : said;
}

function same(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
