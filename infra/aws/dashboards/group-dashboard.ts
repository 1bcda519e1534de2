/**
 * A group at a glance, from top to bottom: is anything in alarm, how far behind, how fast, is the ledger complete, does the mapping
 * deliver, do functions and table keep up. Only sums: no content of a click, and no money, since statements hold exact micros and a metric
 * is a float.
 */
import { Dashboard, type IAlarm, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { GroupSpec } from '../../../shared/group.ts';
import { formatOwnName, type Ownership } from '../../../shared/published.ts';

import { createExpression, createSum, FIVE_MINUTES } from '../alarms/alarm-definition.ts';
import { hasOwnCounts } from '../alarms/delivery-alarms.ts';
import type { GroupMetrics } from '../alarms/group-metrics.ts';
import { createGraph, createHead } from './widgets.ts';

interface GroupDashboardProps {
  readonly ownership: Ownership;
  readonly group: GroupSpec;
  readonly metrics: GroupMetrics;
  readonly alarms: readonly IAlarm[];
}

export function createGroupDashboard(scope: Construct, id: string, props: GroupDashboardProps): Dashboard {
  const { ownership, group, metrics, alarms } = props;
  const { ledger, groupId, topic } = group;
  const says = `Group \`${groupId}\` on topic \`${topic}\`. Each alarm has its page in \`docs/runbook/\`.`;
  return new Dashboard(scope, id, {
    dashboardName: formatOwnName(ownership),
    widgets: [
      ...createHead(`Ledger \`${ledger}\``, says, group.alarms?.without, alarms, 5),
      lagOf(metrics),
      ledgerOf(metrics),
      ...(hasOwnCounts(group) ? [mappingOf(metrics)] : []),
      functionsOf(metrics),
    ],
  });
}

function lagOf(of: GroupMetrics) {
  return [
    createGraph('Oldest open record, and time to drain', [
      createExpression('age of the oldest open record, s', 'age / 1000', {
        age: of.ledger('RecordAge', 'Maximum'),
      }),
      of.lag('EstimatedMaxTimeLag').with({ label: 'time to drain the worst partition, s' }),
    ]),
    createGraph('Records waiting', [
      of.lag('SumOffsetLag').with({ label: 'MSK, all partitions' }),
      of.lag('MaxOffsetLag').with({ label: 'MSK, worst partition' }),
      of.handler('OffsetLag', 'Maximum').with({ label: 'Lambda' }),
    ]),
    createGraph('Brokers in, group out', Object.values(of.bytesIn).map(labelledBroker), {
      right: [
        createExpression('records resolved a second', 'resolved / PERIOD(resolved)', {
          resolved: of.ledger('Resolved', 'Sum'),
        }),
      ],
    }),
  ];
}

function labelledBroker(bytes: Metric, index: number): Metric {
  return bytes.with({ label: `bytes/s into broker ${index + 1}` });
}

function ledgerOf(of: GroupMetrics) {
  return [
    createGraph(
      'Clicks applied, duplicates skipped',
      [of.ledger('Applied', 'Sum'), of.ledger('Duplicates', 'Sum'), of.ledger('Parked', 'Sum')],
      {
        right: [
          createExpression(
            'duplicates, %',
            '100 * duplicates / delivered',
            { duplicates: of.ledger('Duplicates', 'Sum'), delivered: of.ledger('Resolved', 'Sum') },
            FIVE_MINUTES,
          ),
        ],
      },
    ),
    createGraph(
      'Open: gaps and parked records',
      [of.ledger('OpenGap', 'Maximum'), of.ledger('OpenParked', 'Maximum')],
      { right: [of.ledger('BoundUsed', 'Maximum').with({ label: 'bounds of the journal used, %' })] },
    ),
    createGraph('Entries and rollup', [of.ledger('Entries', 'Sum'), of.ledger('RolledUp', 'Sum')], {
      right: [
        of.ledger('Conflicts', 'Sum'),
        of.ledger('RollupBehind', 'Maximum'),
        createExpression('statement lines late, s', 'late / 1000', {
          late: of.ledger('RollupAge', 'Maximum'),
        }),
      ],
    }),
  ];
}

function mappingOf(of: GroupMetrics) {
  return [
    createGraph('Mapping: records', [
      of.mapping('PolledEventCount'),
      of.mapping('InvokedEventCount'),
      of.mapping('CommittedEventCount'),
    ]),
    createGraph('Failures', [
      of.ledger('PartitionsFailed', 'Sum'),
      of.ledger('PartitionsHalted', 'Sum'),
      of.ledger('LogMismatch', 'Sum'),
      of.mapping('FailedInvokeEventCount'),
      of.mapping('InvokeErrorCount'),
      of.mapping('OnFailureDestinationDeliveredEventCount'),
      of.mapping('OnFailureDestinationDeliveryErrorCount'),
      of.mapping('DroppedEventCount'),
      of.mapping('PollingErrorCount'),
      of.mapping('CommitErrorCount'),
    ]),
    createGraph('Pollers', [of.mapping('ProvisionedPollers', 'Maximum'), of.mapping('EventPollerUnit')], {
      right: [
        createExpression('bytes/s and poller, of 5,000,000', 'bytes / PERIOD(bytes) / pollers', {
          bytes: of.mapping('EventPollerThroughputInBytes'),
          pollers: of.mapping('ProvisionedPollers', 'Maximum'),
        }),
      ],
    }),
  ];
}

/** All that the functions ask of the table; the rights in group-rights.ts allow no more. */
function tableErrors(of: GroupMetrics) {
  const operations = ['PutItem', 'Query', 'GetItem', 'UpdateItem'];
  return Object.fromEntries(
    operations.map((operation) => [operation.toLowerCase(), of.tableOperation('SystemErrors', operation)]),
  );
}

function functionsOf(of: GroupMetrics) {
  return [
    createGraph(
      'Functions',
      [
        of.handler('Duration', 'p50').with({ label: 'handler p50, ms' }),
        of.handler('Duration', 'p99').with({ label: 'handler p99, ms' }),
        of.rollup('Duration', 'Maximum').with({ label: 'rollup max, ms' }),
      ],
      { right: [of.handler('ConcurrentExecutions', 'Maximum').with({ label: 'handlers at once' })] },
    ),
    createGraph('Errors and throttles', [
      of.handler('Errors').with({ label: 'handler errors' }),
      of.handler('Throttles').with({ label: 'handler throttles' }),
      of.rollup('Errors').with({ label: 'rollup errors' }),
      of.rollup('Throttles').with({ label: 'rollup throttles' }),
    ]),
    createGraph('Table', [of.table('ConsumedWriteCapacityUnits'), of.table('ConsumedReadCapacityUnits')], {
      right: [
        of.table('WriteThrottleEvents'),
        of.table('ReadThrottleEvents'),
        createSum('system errors', tableErrors(of)),
        of.tableOperation('SuccessfulRequestLatency', 'PutItem', 'p99').with({ label: 'PutItem p99, ms' }),
      ],
    }),
  ];
}
