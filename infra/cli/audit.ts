/** `clickledger audit`: compares ledgers with the log, by code that shares nothing with what wrote them. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { auditLedger } from '../audit/audit-ledger.ts';
import type { JournalState } from '../audit/findings.ts';
import { readSince } from '../audit/journal-state.ts';
import { combineVerdicts, formatReport, formatReportJson, type LedgerAudit } from '../audit/report.ts';
import { TopicLog } from '../kafka/topic-log.ts';
import { defineCommand } from '../terminal/command.ts';
import { ProgressLine } from '../terminal/progress.ts';
import { UserError } from '../terminal/user-error.ts';
import { parseWholeNumber } from '../terminal/values.ts';
import { addLogOptions, jsonOption, type LogAddresses, readLogs } from './target.ts';

const exitCodes = { pass: 0, fail: 1, unsure: 2 } as const;

export const audit = addLogOptions(
  defineCommand('audit', 'Compares ledgers with the log, by code that shares nothing with what wrote them.', {
    0: 'pass',
    1: 'fault',
  }),
)
  .option('--at-rest', 'also demand that nothing is left to count: no lag, no gap')
  .option('--since <file>', 'what an earlier --json wrote: also demand that nothing has fallen since')
  .option(
    '--incarnation <n>',
    'which one the topic is now (the newest that the ledger knows)',
    parseWholeNumber(1, 999_999_999),
  )
  .addOption(jsonOption)
  .addHelpText(
    'after',
    `
Without --ledger it audits all ledgers of the running local runtime.`,
  )
  .action(async (values) => {
    const since = values.since === undefined ? undefined : readSince(values.since);
    const asked = { atRest: values.atRest === true, incarnation: values.incarnation, since };
    const audits: LedgerAudit[] = [];
    for (const addresses of readLogs(values)) audits.push(await auditOf(addresses, asked));
    if (values.json) console.log(formatReportJson(audits));
    else for (const each of audits) for (const line of formatReport(each)) console.log(line);
    process.exitCode = exitCodes[combineVerdicts(audits)];
  });

interface Asked {
  readonly atRest: boolean;
  readonly incarnation: number | undefined;
  readonly since: ReadonlyMap<string, readonly JournalState[]> | undefined;
}

async function auditOf(addresses: LogAddresses, { atRest, incarnation, since }: Asked): Promise<LedgerAudit> {
  const { ledger, kafka, topic, group, table } = addresses;
  if (since !== undefined && !since.has(ledger))
    throw new UserError(`--since: its file holds ${[...since.keys()].join(', ')}, and no ledger ${ledger}`);
  const client = createLedgerClient(addresses);
  const log = new TopicLog(kafka, topic, group);
  const started = performance.now();
  const progress = new ProgressLine(ledger, 'records read');
  try {
    const findings = await auditLedger({ client, table }, log, topic, {
      incarnation,
      since: since?.get(ledger),
      progress: progress.show,
    });
    if (atRest) findings.demandRest();
    return { ledger, findings, tookMs: Math.round(performance.now() - started) };
  } finally {
    progress.end();
    client.destroy();
    await log.close().catch(() => {});
  }
}

/** A table that takes a connection and says nothing is asked again, and then named: without the last setting the SDK only warns. */
export function createLedgerClient({ dynamodb }: Pick<LogAddresses, 'dynamodb'>): DynamoDBClient {
  const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
  return new DynamoDBClient({ ...dynamodb, maxAttempts: 4, requestHandler });
}
