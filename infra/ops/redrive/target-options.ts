/** How an operator names the ledger to work on: one of the running ground, or one on AWS in full. Shared by redrive and replay. */

import * as v from 'valibot';
import { KAFKA_USAGE, kafkaAccess } from '../../kafka/kafka-access.ts';
import { UserError } from '../../terminal/user-error.ts';
import { countGiven } from '../command-line.ts';
import { accessSchema, clientConfig, ofLedger, readRunFile, runFileSchema } from '../run-file.ts';
import type { Addresses } from './target.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

export const targetOptions = {
  ledger: text,
  kafka: text,
  iam: flag,
  region: text,
  topic: text,
  group: text,
  table: text,
  function: text,
  'source-arn': text,
  'batch-records': text,
  bucket: text,
} as const;

export const TARGET_USAGE = `  --ledger NAME       of the running ground; or a ledger on AWS, with the usual credentials:
  ${KAFKA_USAGE}
  --topic NAME --group ID --table NAME --function NAME
  --batch-records N   records of one event (10000), --source-arn ARN of the cluster, as it stands in events`;

const elsewhere = ['kafka', 'topic', 'group', 'table', 'function'] as const;
const BATCH_RECORDS_MAX = 10_000;

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

type TargetValues = { readonly [Name in keyof typeof targetOptions]?: string | boolean | undefined };

export function readAddresses(values: TargetValues, runFile: string, usage: string): Addresses {
  const textOf = (name: keyof TargetValues) => values[name] as string | undefined;
  const named = [...elsewhere, 'region', 'bucket', 'iam'] as const;
  const first = named.find((name) => values[name] !== undefined && values[name] !== false);
  if (first === undefined) return running(runFile, textOf('ledger'), usage);
  const lacking = elsewhere.filter((name) => values[name] === undefined);
  if (lacking.length > 0)
    throw new UserError(`--${first} needs ${lacking.map((name) => `--${name}`).join(', ')} too\n${usage}`);
  const region = textOf('region');
  const bucket = textOf('bucket');
  const batchRecords = countGiven('batch-records', textOf('batch-records') ?? String(BATCH_RECORDS_MAX));
  if (batchRecords < 1 || batchRecords > BATCH_RECORDS_MAX)
    throw new UserError(`--batch-records is ${batchRecords}, allowed are 1 to ${BATCH_RECORDS_MAX}`);
  const table = textOf('table') ?? '';
  return {
    ledger: textOf('ledger') ?? table,
    kafka: kafkaAccess({ kafka: textOf('kafka') ?? '', iam: values.iam === true, region }),
    topic: textOf('topic') ?? '',
    group: textOf('group') ?? '',
    table,
    dynamodb: region === undefined ? {} : { region },
    function: textOf('function') ?? '',
    lambda: region === undefined ? {} : { region },
    sourceArn: textOf('source-arn') ?? '',
    batchRecords,
    destination: bucket === undefined ? undefined : { bucket, region },
  };
}

function running(runFile: string, ledger: string | undefined, usage: string): Addresses {
  const run = readRunFile(runFile, runSchema, 'name a ledger on AWS in full (--help)');
  if (ledger === undefined)
    throw new UserError(`--ledger is missing, running are ${Object.keys(run.tables).join(', ')}\n${usage}`);
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
