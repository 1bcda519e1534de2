/**
 * `clickledger size`: what a load needs and costs, before anything is deployed. From clicks/s, bytes, skew, groups and retention to
 * partitions, pollers, concurrency, write units and a month's bill, every number with its formula (docs/adr/0008-planner.md).
 */
import { type StageConfig, stageNames, stages, type TopicConfig } from '../aws/stages.ts';
import type { Cluster, Inputs } from '../ops/size/inputs.ts';
import { buildHottestKey, buildZipfKeys, type Keys } from '../ops/size/keys.ts';
import { limits } from '../ops/size/limits.ts';
import { readPrices } from '../ops/size/prices.ts';
import { formatReport } from '../ops/size/report.ts';
import { formatPlanJson, planLoad } from '../ops/size/size.ts';
import { defineCommand } from '../terminal/command.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseDecimal, parseOneOf, parseWholeNumber } from '../terminal/values.ts';
import { jsonOption } from './target.ts';

/**
 * Clicks/s of billing's handler on one vCPU: under half of what `clickledger bench --only profile` measures (386,000 and more a
 * second of CPU of a shared x86 machine), for a vCPU is less than that, and DynamoDB answers at once there.
 */
const VCPU_CLICKS_PER_SECOND = 150_000;
export const size = defineCommand(
  'size',
  "Computes what a load needs and what a month costs: partitions, pollers, concurrency, write units, the stage's cluster.",
)
  .option('--stage <name>', 'whose cluster, topic and poller group', parseOneOf(...stageNames), 'prod')
  .option('--topic <name>', 'which topic of the stage (its first)')
  .option('--clicks-per-second <n>', 'of the whole topic', parseDecimal(0.001, 1e8), 33_000)
  .option('--click-bytes <n>', 'of a click as it is in the log', parseWholeNumber(1, 4_000_000), 284)
  .option('--advertisers <n>', 'keys among which clicks are spread', parseWholeNumber(1, 1_000_000), 500)
  .option(
    '--zipf <e>',
    'their skew: the n-th key gets clicks as 1 / n^E; 0 is none (default: 1)',
    parseDecimal(0, 10),
  )
  .option(
    '--hottest-share <s>',
    "instead of --zipf: the hottest key's share of all clicks, the others alike",
    parseDecimal(0, 1),
  )
  .option('--groups <n>', 'consumer groups, each with a ledger of its own', parseWholeNumber(1, 1_000), 2)
  .option('--retention-hours <n>', "of the topic (the stage's)", parseWholeNumber(1, 87_600))
  .option(
    '--handler-clicks-per-second <n>',
    `measured speed of one invocation at --memory-mb (${VCPU_CLICKS_PER_SECOND} per vCPU)`,
    parseDecimal(1, 1e8),
  )
  .option('--memory-mb <n>', 'of the function', parseWholeNumber(128, 10_240), 1024)
  .option(
    '--commit-ms <n>',
    'measured time of an invocation that does not depend on its clicks',
    parseDecimal(0, 60_000),
    20,
  )
  .option('--batch-records <n>', 'of the mapping', parseWholeNumber(1, limits.batchRecords.value), 10_000)
  .option('--window-seconds <n>', 'of the mapping', parseWholeNumber(1, 300), 1)
  .option(
    '--headroom <x>',
    'times the live load that a group can take, for a backlog',
    parseDecimal(1, 100),
    2,
  )
  .option('--entry-days <n>', 'how long entries stay', parseWholeNumber(1, 3_650), 35)
  .option('--alarm-metrics <n>', 'metrics that the alarms of one group read', parseWholeNumber(0, 10_000), 42)
  .option('--shared-pollers', 'all groups share event poller units, as with pollerGroup of a stage')
  .option('--prices <file>', 'a copy of infra/ops/size/prices.json with your prices')
  .option('--formulas', 'show how each number is computed')
  .addOption(jsonOption)
  .action((values) => {
    const inputs = readInputs(values);
    const plan = planLoad(inputs);
    if (values.json) console.log(formatPlanJson(inputs, plan));
    else console.log(formatReport(inputs, plan, values.formulas).join('\n'));
  });

type Values = ReturnType<typeof size.opts>;

/** Throws `UserError` on a skew that is impossible, and on a file of prices that can't be used. */
export function readInputs(values: Values): Inputs {
  const stage = stages[values.stage];
  const topic = findTopic(stage, values);
  const { memoryMb, handlerClicksPerSecond: measured } = values;
  const handler =
    measured === undefined
      ? {
          handlerClicksPerSecond:
            (VCPU_CLICKS_PER_SECOND * Math.min(memoryMb, limits.vcpuMb.value)) / limits.vcpuMb.value,
          handlerSource: `${VCPU_CLICKS_PER_SECOND} per vCPU (under half of what clickledger bench --only profile measures) × ${memoryMb} MB / ${limits.vcpuMb.value} MB`,
        }
      : { handlerClicksPerSecond: measured, handlerSource: 'as given' };
  return {
    clicksPerSecond: values.clicksPerSecond,
    clickBytes: values.clickBytes,
    keys: keysOf(values),
    groups: values.groups,
    cluster: clusterOf(values.stage, topic),
    retentionHours: values.retentionHours ?? topic.retentionHours,
    memoryMb,
    ...handler,
    commitMs: values.commitMs,
    batchRecords: values.batchRecords,
    windowSeconds: values.windowSeconds,
    headroom: values.headroom,
    entryDays: values.entryDays,
    alarmMetrics: values.alarmMetrics,
    sharedPollers: values.sharedPollers === true || stage.pollerGroup !== undefined,
    prices: readPrices(values.prices),
  };
}

function keysOf({ advertisers: count, zipf, hottestShare }: Values): Keys {
  if (hottestShare === undefined) return buildZipfKeys(count, zipf ?? 1);
  if (zipf !== undefined)
    throw new UserError(
      '--zipf and --hottest-share are both given, and each says how clicks are spread: allowed is one',
    );
  if (hottestShare < 1 / count || (count === 1 && hottestShare !== 1))
    throw new UserError(
      `--hottest-share is ${hottestShare}, but of ${count} advertisers the hottest has at least ${1 / count}: allowed is ${1 / count} to 1`,
    );
  return buildHottestKey(count, hottestShare);
}

function findTopic({ topics }: StageConfig, { stage, topic: name }: Values): TopicConfig {
  const found = name === undefined ? topics[0] : topics.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = topics.map((each) => each.name).join(', ');
  throw new UserError(`--topic is '${name}', which the stage '${stage}' has not: allowed are ${names}`);
}

function clusterOf(stage: Values['stage'], topic: TopicConfig): Cluster {
  const { brokers } = stages[stage];
  return {
    stage,
    instanceType: brokers.instanceType,
    brokers: brokers.count,
    volumeGb: brokers.type === 'standard' ? brokers.volumeGib : undefined,
    partitions: topic.partitions,
  };
}
