/** `clickledger send`: puts records of one's own onto the running topic, and says where they are and what became of them. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { contracts } from '../../functions/index.ts';
import type { Contract } from '../../shared/contract/contract.ts';
import { isRejected, listReasons, PlainReader } from '../../shared/contract/decode.ts';
import type { KafkaRecord } from '../../shared/event/event.ts';
import { createKafkaAccess, type KafkaAccess } from '../kafka/kafka-access.ts';
import { openLedger } from '../ops/ledger-view.ts';
import { RUN_FILE } from '../ops/run-file.ts';
import { type Outgoing, type SentRecord, sendRecords } from '../ops/send/send-records.ts';
import { awaitVerdicts, type Heads, readHeads, type Verdict } from '../ops/send/verdicts.ts';
import { defineCommand } from '../terminal/command.ts';
import { createInterruptSignal } from '../terminal/progress.ts';
import { formatTable, printLines } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';
import { jsonOption, type LogAddresses, readLogs } from './target.ts';

const RECORDS_MAX = 10_000;

export const send = defineCommand('send', 'Puts records of your own onto a topic.', {
  0: 'sent, and counted where it was waited for',
  1: 'sent, and some were parked or not counted yet',
})
  .argument('[json...]', 'the records; without any, one a line of --file or of standard input')
  .option('--topic <name>', 'where to (the only topic that the local runtime reads)')
  .option('--file <path>', 'a file with a record on each line')
  .option('--key <text>', 'of the records (their advertiserId, if they have one)')
  .option('--anyway', 'send what breaks the contract too; the ledgers park it')
  .option('--wait', 'wait until the ledgers of the topic have counted or parked them')
  .option('--kafka <host:port>', 'instead of the local runtime: brokers, several joined by commas')
  .option('--iam', 'with --kafka: they are of Amazon MSK and ask for IAM, with the usual credentials')
  .option('--region <name>', 'with --iam: of the cluster (AWS_REGION)')
  .addOption(jsonOption)
  .action(async (given, values) => {
    const target = findTarget(values);
    const outgoing = (await readTexts(given, values.file)).map((value) => buildRecord(value, values.key));
    if (values.anyway !== true) assertContract(outgoing, target.topic);
    process.exitCode = await sendAndReport(target, outgoing, values.wait === true, values.json === true);
  });

interface SendTarget {
  readonly topic: string;
  readonly kafka: KafkaAccess;
  /** Those of the topic, where they can be asked. */
  readonly ledgers: readonly LogAddresses[];
}

/** Throws `UserError` where it is not clear which topic is meant. */
export function findTarget(values: ReturnType<typeof send.opts>, runFile = RUN_FILE): SendTarget {
  const { topic: named, kafka, iam = false, region, wait } = values;
  if (kafka !== undefined) {
    if (named === undefined) throw new UserError('--kafka needs --topic too');
    if (wait === true)
      throw new UserError(
        '--wait asks the ledgers of the local runtime, and --kafka names brokers elsewhere: choose one',
      );
    return { topic: named, kafka: createKafkaAccess({ kafka, iam, region }), ledgers: [] };
  }
  const lone = iam ? '--iam' : region === undefined ? undefined : '--region';
  if (lone !== undefined) throw new UserError(`${lone} needs --kafka too`);
  const running = readLogs({}, runFile);
  const topics = [...new Set(running.map(({ topic }) => topic))];
  if (named === undefined && topics.length > 1)
    throw new UserError(`--topic is missing, groups read ${topics.join(', ')}`);
  const [first] = running;
  if (first === undefined) throw new UserError('the local runtime has no ledger');
  const topic = named ?? first.topic;
  return { topic, kafka: first.kafka, ledgers: running.filter((each) => each.topic === topic) };
}

async function readTexts(given: readonly string[], file: string | undefined): Promise<string[]> {
  if (given.length > 0 && file !== undefined)
    throw new UserError('records are given both as arguments and by --file: choose one');
  const texts = given.length > 0 ? [...given] : (await readLines(file)).filter((line) => line.trim() !== '');
  if (texts.length === 0)
    throw new UserError('no record is given: pass one as JSON, or --file, or pipe them in');
  if (texts.length > RECORDS_MAX)
    throw new UserError(`${texts.length} records are given, allowed are ${RECORDS_MAX} at a time`);
  return texts;
}

async function readLines(file: string | undefined): Promise<string[]> {
  try {
    const whole =
      file === undefined
        ? process.stdin.isTTY
          ? ''
          : await text(process.stdin)
        : readFileSync(file, 'utf8');
    return whole.split('\n');
  } catch (error) {
    throw new UserError(
      `${file} can't be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

function buildRecord(value: string, key: string | undefined): Outgoing {
  return { key: key ?? readAdvertiser(value), value };
}

function readAdvertiser(value: string): string | undefined {
  try {
    const { advertiserId } = JSON.parse(value) as { advertiserId?: unknown };
    return typeof advertiserId === 'string' ? advertiserId : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for a topic that no functions of this repository read. */
function findContract(topic: string): Contract | undefined {
  return (contracts as Readonly<Record<string, Contract>>)[topic];
}

/** Throws `UserError` naming the first record that the ledgers would park, and why. */
function assertContract(outgoing: readonly Outgoing[], topic: string): void {
  const contract = findContract(topic);
  if (contract === undefined) return;
  const reader = new PlainReader(contract);
  for (const [n, { value }] of outgoing.entries()) {
    const record = { timestamp: Date.now(), value: Buffer.from(value).toString('base64') } as KafkaRecord;
    const decoded = reader.decode(record);
    if (isRejected(decoded))
      throw new UserError(
        `record ${n + 1} breaks the contract of ${topic}: ${listReasons(contract)[decoded.rejected]} (${decoded.rejected}); nothing was sent, --anyway sends it all the same`,
      );
  }
}

interface Followed extends SentRecord {
  readonly ledgers: Record<string, Verdict>;
}

async function sendAndReport(
  { topic, kafka, ledgers: addresses }: SendTarget,
  outgoing: readonly Outgoing[],
  wait: boolean,
  json: boolean,
): Promise<number> {
  const signal = createInterruptSignal('interrupted: the records that were printed are sent');
  const ledgers = addresses.map(({ ledger, table, dynamodb }) => ({
    ledger,
    store: openLedger(table, dynamodb),
  }));
  const sent: Followed[] = [];
  try {
    const before = new Map<string, Heads>();
    if (wait) for (const { ledger, store } of ledgers) before.set(ledger, await readHeads(store, topic));
    await sendRecords(kafka, topic, outgoing, signal, (record) => {
      sent.push({ ...record, ledgers: {} });
    });
    if (wait)
      await Promise.all(
        ledgers.map(async ({ ledger, store }) => {
          const verdicts = await awaitVerdicts(store, topic, before.get(ledger) ?? new Map(), sent, signal);
          for (const [n, verdict] of verdicts.entries()) (sent[n] as Followed).ledgers[ledger] = verdict;
        }),
      );
  } finally {
    for (const { store } of ledgers) store.client.destroy();
    printLines(json ? [JSON.stringify({ topic, records: sent })] : formatSent(topic, sent));
  }
  return sent.every(({ ledgers: of }) => Object.values(of).every(({ verdict }) => verdict === 'counted'))
    ? 0
    : 1;
}

export function formatSent(topic: string, sent: readonly Followed[]): string[] {
  const ledgers = Object.keys(sent[0]?.ledgers ?? {});
  const contract = findContract(topic);
  const reasons = contract === undefined ? {} : listReasons(contract);
  const rows = sent.map(({ partition, offset, ledgers: of }) => [
    topic,
    String(partition),
    String(offset),
    ...ledgers.map((ledger) => formatVerdict(of[ledger])),
  ]);
  return [
    ...formatTable([['topic', 'partition', 'offset', ...ledgers], ...rows], [1, 2]),
    ...sent.flatMap(({ partition, offset, ledgers: of }) =>
      Object.entries(of).flatMap(([ledger, verdict]) =>
        verdict.verdict === 'parked'
          ? [`${ledger} has parked ${partition}/${offset}: ${reasons[verdict.reason] ?? verdict.reason}`]
          : [],
      ),
    ),
  ];
}

function formatVerdict(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '';
  if (verdict.verdict === 'not counted yet') return verdict.verdict;
  const why = verdict.verdict === 'parked' ? ` (${verdict.reason})` : '';
  return `${verdict.verdict} by entry ${verdict.version}${why}`;
}
