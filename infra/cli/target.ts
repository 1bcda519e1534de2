/** Options that name the ledgers of a command: those of the running local runtime, or one elsewhere, named in full. */
import { type Command, Option } from '@commander-js/extra-typings';
import * as v from 'valibot';
import { BATCH_RECORDS_MAX } from '../../shared/fold/count.ts';
import type { Ledger } from '../../shared/journal/journal-store.ts';
import { createKafkaAccess, type KafkaAccess } from '../kafka/kafka-access.ts';
import { openLedger } from '../ops/ledger-view.ts';
import type { Addresses } from '../ops/redrive/target.ts';
import {
  accessSchema,
  buildClientConfig,
  getOfLedger,
  RUN_FILE,
  readRunFile,
  runFileSchema,
} from '../ops/run-file.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseMatching, parseWholeNumber } from '../terminal/values.ts';

export const jsonOption = new Option('--json', 'one JSON object for programs');

const ledger = new Option('--ledger <name>', 'a ledger of the running local runtime');
const region = new Option('--region <name>', 'of cluster and table on AWS (AWS_REGION)');
const table = new Option('--table <name>', 'the table of a ledger on AWS, with the usual credentials');

/** Adds the options of one ledger that a command reads without its log. */
export function addTableOptions(command: Command) {
  return command.addOption(ledger).addOption(table).addOption(region);
}

/** Adds the options of a ledger and its log. */
export function addLogOptions(command: Command) {
  return addTableOptions(command)
    .addOption(
      new Option('--kafka <host:port>', 'with --table: brokers of its log, several joined by commas'),
    )
    .addOption(
      new Option('--iam', 'they are of Amazon MSK and ask for IAM (port 9098), with the usual credentials'),
    )
    .addOption(new Option('--topic <name>', 'with --kafka: the topic'))
    .addOption(new Option('--group <id>', 'with --kafka: the consumer group'));
}

/** Adds the options of a ledger, its log and its deployed function. */
export function addTargetOptions(command: Command) {
  return addLogOptions(command)
    .addOption(
      new Option('--function <name>', "with --kafka: the ledger's deployed function, by name or ARN"),
    )
    .addOption(
      new Option(
        '--redrive-role <arn>',
        "with --function: the role that is assumed to invoke it, of the ledger's stack",
      ).argParser(
        parseMatching(
          /^arn:[^:]+:iam::\d{12}:role\/\S+$/,
          'the ARN of a role, as arn:aws:iam::111122223333:role/NAME',
        ),
      ),
    )
    .addOption(new Option('--source-arn <arn>', 'with --kafka: the ARN of the cluster, as events name it'))
    .addOption(
      new Option(
        '--batch-records <n>',
        `with --kafka: records of one event (${BATCH_RECORDS_MAX})`,
      ).argParser(parseWholeNumber(1, BATCH_RECORDS_MAX)),
    )
    .addOption(new Option('--bucket <name>', "with --kafka: the S3 destination of the ledger's mapping"));
}

type TableValues = ReturnType<ReturnType<typeof addTableOptions>['opts']>;
type LogValues = ReturnType<ReturnType<typeof addLogOptions>['opts']>;
type TargetValues = ReturnType<ReturnType<typeof addTargetOptions>['opts']>;

const INSTEAD = 'name a ledger on AWS in full (--help)';
const logNames = ['kafka', 'topic', 'group', 'table'] as const;
const targetNames = [...logNames, 'function'] as const;
const otherTargetNames = ['region', 'bucket', 'iam', 'redriveRole', 'sourceArn', 'batchRecords'] as const;

/** @param runFile of the local runtime; another in tests */
export function findLedger(values: TableValues, runFile = RUN_FILE): Ledger {
  const access = values.region === undefined ? {} : { region: values.region };
  if (values.table !== undefined) return openLedger(values.table, access);
  if (values.region !== undefined) throw new UserError('--region needs --table too');
  const { dynamodb, tables } = readRunFile(runFile, runFileSchema, 'name a table on AWS with --table');
  return openLedger(getOfLedger(tables, oneOfRunning(tables, values.ledger)), buildClientConfig(dynamodb));
}

/** Where a ledger and its log are. */
export type LogAddresses = Pick<Addresses, 'ledger' | 'topic' | 'group' | 'table' | 'dynamodb'> & {
  readonly kafka: KafkaAccess;
};

/** The ledger that is named, or all that run. */
export function readLogs(values: LogValues, runFile = RUN_FILE): LogAddresses[] {
  if (isElsewhere(values, logNames, ['region', 'iam'])) return [logElsewhere(values)];
  const run = readRunFile(runFile, runSchema, INSTEAD);
  const named = values.ledger === undefined ? Object.keys(run.tables) : [values.ledger];
  return named.map((each) => runningLog(run, each));
}

/** The ledger that is named, or the only one that runs. */
export function readTarget(values: TargetValues, runFile = RUN_FILE): Addresses {
  if (isElsewhere(values, targetNames, otherTargetNames)) {
    const { region: of, bucket, redriveRole } = values;
    return {
      ...logElsewhere(values),
      function: values.function ?? '',
      lambda: of === undefined ? {} : { region: of },
      redriveRole,
      sourceArn: values.sourceArn ?? '',
      batchRecords: values.batchRecords ?? BATCH_RECORDS_MAX,
      destination: bucket === undefined ? undefined : { bucket, region: of },
    };
  }
  const run = readRunFile(runFile, runTargetSchema, INSTEAD);
  const named = oneOfRunning(run.tables, values.ledger);
  const group = getOfLedger(run.groups, named);
  return {
    ...runningLog(run, named),
    function: group.function,
    lambda: buildClientConfig(run.lambda),
    sourceArn: group.sourceArn,
    batchRecords: group.batchRecords,
    destination: group.destination === undefined ? undefined : { folder: group.destination },
  };
}

function isElsewhere<Values extends object>(
  values: Values,
  needed: readonly (keyof Values & string)[],
  others: readonly (keyof Values & string)[],
): boolean {
  const first = [...needed, ...others].find((name) => values[name] !== undefined);
  if (first === undefined) return false;
  const lacking = needed.filter((name) => values[name] === undefined);
  if (lacking.length === 0) return true;
  const flag = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UserError(`${flag(first)} needs ${lacking.map(flag).join(', ')} too`);
}

function logElsewhere(values: LogValues): LogAddresses {
  const { kafka = '', topic = '', group = '', table: name = '', region: of } = values;
  return {
    ledger: values.ledger ?? name,
    kafka: createKafkaAccess({ kafka, iam: values.iam === true, region: of }),
    topic,
    group,
    table: name,
    dynamodb: of === undefined ? {} : { region: of },
  };
}

function oneOfRunning(tables: Readonly<Record<string, string>>, named: string | undefined): string {
  const [first = '', ...others] = Object.keys(tables);
  if (named === undefined && others.length > 0)
    throw new UserError(`--ledger is missing, allowed are ${[first, ...others].join(', ')}`);
  return named ?? first;
}

const groupSchema = v.object({ id: v.string(), topic: v.string() });

const runSchema = v.object({
  ...runFileSchema.entries,
  kafka: v.string(),
  groups: v.record(v.string(), groupSchema),
});

const runTargetSchema = v.object({
  ...runSchema.entries,
  lambda: accessSchema,
  groups: v.record(
    v.string(),
    v.object({
      ...groupSchema.entries,
      function: v.string(),
      sourceArn: v.string(),
      batchRecords: v.number(),
      destination: v.optional(v.string()),
    }),
  ),
});

function runningLog(run: v.InferOutput<typeof runSchema>, named: string): LogAddresses {
  const name = getOfLedger(run.tables, named);
  const group = getOfLedger(run.groups, named);
  return {
    ledger: named,
    kafka: createKafkaAccess({ kafka: run.kafka, iam: false, region: undefined }),
    topic: group.topic,
    group: group.id,
    table: name,
    dynamodb: buildClientConfig(run.dynamodb),
  };
}
