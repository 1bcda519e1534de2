/**
 * What is audited: every ledger of the ground that runs on this laptop, by its `run.json`, or one that is named in full. Read here
 * by own code, since an auditor shares none with what it judges.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { KAFKA_USAGE, type KafkaAccess, kafkaAccess } from '../kafka/kafka-access.ts';
import { UserError } from '../terminal/user-error.ts';
import { type JournalState, readSince } from './journal-state.ts';

export const USAGE = `npm run audit -- [options]
  --ledger NAME   one of the running ground (all of them)
  --at-rest       also demand that nothing is left to count: no lag, no gap
  --json          one object for programs, with every fault
  --since FILE    what an earlier --json wrote: that nothing has fallen since
  --incarnation N which one the topic is now (the newest that the ledger knows)
  Another ledger than the running ground's, with the usual credentials:
  ${KAFKA_USAGE}
  --topic NAME --group ID --table NAME
Exit code: 0 pass, 1 fault, 2 could not tell`;

export interface Audited {
  readonly ledger: string;
  readonly kafka: KafkaAccess;
  readonly topic: string;
  readonly group: string;
  readonly table: string;
  readonly client: DynamoDBClient;
}

export interface AuditRequest {
  readonly audited: readonly Audited[];
  readonly atRest: boolean;
  readonly json: boolean;
  readonly incarnation: number | undefined;
  readonly since: ReadonlyMap<string, readonly JournalState[]> | undefined;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const RUN_FILE = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger', 'run.json');
const elsewhere = ['kafka', 'topic', 'group', 'table'] as const;

/** Undefined where help is asked for. */
export function readAuditRequest(given: readonly string[], runFile = RUN_FILE): AuditRequest | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { ledger: text, kafka: text, topic: text, group: text, table: text, region: text };
  const wishes = { since: text, incarnation: text };
  const flags = { 'at-rest': flag, iam: flag, json: flag, help: flag };
  let values: ReturnType<
    typeof parseArgs<{ options: typeof options & typeof wishes & typeof flags }>
  >['values'];
  try {
    ({ values } = parseArgs({
      args: [...given],
      options: { ...options, ...wishes, ...flags },
      strict: true,
    }));
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
  if (values.help) return undefined;
  const rest = {
    atRest: values['at-rest'],
    json: values.json,
    incarnation: incarnationIn(values.incarnation),
    since: values.since === undefined ? undefined : readSince(values.since),
  };
  const named = [...elsewhere, 'region', 'iam'] as const;
  const first = named.find((name) => values[name] !== undefined && values[name] !== false);
  if (first === undefined) return { audited: running(runFile, values.ledger), ...rest };
  const lacking = elsewhere.filter((name) => values[name] === undefined);
  if (lacking.length > 0)
    throw new UserError(`--${first} needs ${lacking.map((name) => `--${name}`).join(', ')} too\n${USAGE}`);
  const { ledger, topic = '', group = '', table = '', region, iam } = values;
  const kafka = kafkaAccess({ kafka: values.kafka ?? '', iam, region });
  const client = ledgerClient(region === undefined ? {} : { region });
  return { audited: [{ ledger: ledger ?? table, kafka, topic, group, table, client }], ...rest };
}

function incarnationIn(given: string | undefined): number | undefined {
  if (given === undefined || /^[1-9]\d{0,8}$/.test(given)) return given === undefined ? given : Number(given);
  throw new UserError(`--incarnation is '${given}', allowed is a whole number from 1`);
}

/** A table that takes a connection and says nothing is asked again, and then named: without the last setting the SDK only warns. */
function ledgerClient(access: DynamoDBClientConfig): DynamoDBClient {
  const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
  return new DynamoDBClient({ ...access, maxAttempts: 4, requestHandler });
}

interface RunFile {
  readonly pid: number;
  readonly kafka: string;
  readonly dynamodb: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
  readonly tables: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, { readonly id: string; readonly topic: string }>>;
}

function running(runFile: string, wanted: string | undefined): Audited[] {
  const run = readRunFile(runFile);
  const { endpoint, region, accessKeyId, secretAccessKey } = run.dynamodb;
  const access: DynamoDBClientConfig = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const ledgers = Object.keys(run.tables).filter((ledger) => wanted === undefined || ledger === wanted);
  if (ledgers.length === 0)
    throw new UserError(`ledger '${wanted}' is unknown, running are ${Object.keys(run.tables).join(', ')}`);
  return ledgers.map((ledger) => ({
    ledger,
    kafka: kafkaAccess({ kafka: run.kafka, iam: false, region: undefined }),
    topic: run.groups[ledger]?.topic ?? '',
    group: run.groups[ledger]?.id ?? '',
    table: run.tables[ledger] ?? '',
    client: ledgerClient(access),
  }));
}

function readRunFile(file: string): RunFile {
  const whatToDo = 'start it with npm start, or name a ledger in full (--help)';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UserError(`nothing runs here, as there is no ${file}: ${whatToDo}`);
  }
  const run = parsed(text);
  if (run === undefined) throw new UserError(`${file} is damaged: stop what runs, and start it again`);
  if (!isAlive(run.pid))
    throw new UserError(`nothing runs here, as process ${run.pid} of ${file} has ended: ${whatToDo}`);
  return run;
}

function parsed(text: string): RunFile | undefined {
  try {
    const run = JSON.parse(text) as RunFile;
    const parts = [run.kafka.split(','), run.dynamodb.endpoint, Object.keys(run.tables), run.groups];
    return parts.every((part) => part !== undefined) && Number.isSafeInteger(run.pid) ? run : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
