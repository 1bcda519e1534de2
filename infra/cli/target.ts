/** How a command is told which ledger it works on: one of the running local runtime, or one on AWS in full. */
import { type Command, Option } from '@commander-js/extra-typings';
import * as v from 'valibot';
import { kafkaAccess } from '../kafka/kafka-access.ts';
import type { Addresses } from '../ops/redrive/target.ts';
import {
  accessSchema,
  clientConfig,
  ofLedger,
  RUN_FILE,
  readRunFile,
  runFileSchema,
} from '../ops/run-file.ts';
import { UserError } from '../terminal/user-error.ts';
import { wholeNumber } from '../terminal/values.ts';

export const targetOptions = {
  ledger: new Option('--ledger <name>', 'a ledger of the running local runtime'),
  kafka: new Option('--kafka <host:port>', 'brokers of a ledger elsewhere, several joined by commas'),
  iam: new Option('--iam', "they are Amazon MSK's and ask for IAM (port 9098), with the usual credentials"),
  region: new Option('--region <name>', 'of cluster and table (AWS_REGION)'),
  topic: new Option('--topic <name>', 'with --kafka'),
  group: new Option('--group <id>', 'the consumer group, with --kafka'),
  table: new Option('--table <name>', "the ledger's table, with --kafka"),
  function: new Option('--function <name>', "the ledger's deployed function, by name or ARN, with --kafka"),
  sourceArn: new Option('--source-arn <arn>', 'of the cluster, as events name it'),
  batchRecords: new Option('--batch-records <n>', 'records of one event')
    .argParser(wholeNumber(1, 10_000))
    .default(10_000),
  bucket: new Option('--bucket <name>', "the S3 destination of the ledger's mapping"),
} as const;

/** Adds the options of a ledger that a command reads and calls. */
export function withTarget(command: Command) {
  return command
    .addOption(targetOptions.ledger)
    .addOption(targetOptions.kafka)
    .addOption(targetOptions.iam)
    .addOption(targetOptions.region)
    .addOption(targetOptions.topic)
    .addOption(targetOptions.group)
    .addOption(targetOptions.table)
    .addOption(targetOptions.function)
    .addOption(targetOptions.sourceArn)
    .addOption(targetOptions.batchRecords)
    .addOption(targetOptions.bucket);
}

type TargetValues = ReturnType<ReturnType<typeof withTarget>['opts']>;

const elsewhere = ['kafka', 'topic', 'group', 'table', 'function'] as const;

/** @param runFile of the local runtime; another in tests */
export function readTarget(values: TargetValues, runFile = RUN_FILE): Addresses {
  const named = [...elsewhere, 'region', 'bucket', 'iam'] as const;
  const first = named.find((name) => values[name] !== undefined);
  if (first === undefined) return runningTarget(runFile, values.ledger);
  const lacking = elsewhere.filter((name) => values[name] === undefined);
  if (lacking.length > 0)
    throw new UserError(`--${first} needs ${lacking.map((name) => `--${name}`).join(', ')} too`);
  const { kafka = '', topic = '', group = '', table = '', region, bucket } = values;
  return {
    ledger: values.ledger ?? table,
    kafka: kafkaAccess({ kafka, iam: values.iam === true, region }),
    topic,
    group,
    table,
    dynamodb: region === undefined ? {} : { region },
    function: values.function ?? '',
    lambda: region === undefined ? {} : { region },
    sourceArn: values.sourceArn ?? '',
    batchRecords: values.batchRecords,
    destination: bucket === undefined ? undefined : { bucket, region },
  };
}

const runSchema = v.object({
  ...runFileSchema.entries,
  kafka: v.string(),
  lambda: accessSchema,
  groups: v.record(
    v.string(),
    v.object({
      id: v.string(),
      topic: v.string(),
      function: v.string(),
      sourceArn: v.string(),
      batchRecords: v.number(),
      destination: v.optional(v.string()),
    }),
  ),
});

function runningTarget(runFile: string, ledger: string | undefined): Addresses {
  const run = readRunFile(runFile, runSchema, 'name a ledger on AWS in full (--help)');
  if (ledger === undefined)
    throw new UserError(`--ledger is missing, allowed are ${Object.keys(run.tables).join(', ')}`);
  const group = ofLedger(run.groups, ledger);
  return {
    ledger,
    kafka: kafkaAccess({ kafka: run.kafka, iam: false, region: undefined }),
    topic: group.topic,
    group: group.id,
    table: ofLedger(run.tables, ledger),
    dynamodb: clientConfig(run.dynamodb),
    function: group.function,
    lambda: clientConfig(run.lambda),
    sourceArn: group.sourceArn,
    batchRecords: group.batchRecords,
    destination: group.destination === undefined ? undefined : { folder: group.destination },
  };
}
