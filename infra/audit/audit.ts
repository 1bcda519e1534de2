/** `npm run audit`: compares ledgers with the log, by code that shares nothing with what wrote them. */

import { TopicLog } from '../kafka/topic-log.ts';
import { ProgressLine } from '../terminal/progress.ts';
import { plainLines } from '../terminal/text.ts';
import { UserError } from '../terminal/user-error.ts';
import { auditLedger } from './audit-ledger.ts';
import { type Audited, type AuditRequest, readAuditRequest, USAGE } from './audited.ts';
import { type LedgerAudit, overall, reportJson, reportLines } from './report.ts';

async function main(): Promise<number> {
  const request = readAuditRequest(process.argv.slice(2));
  if (request === undefined) {
    console.log(USAGE);
    return 0;
  }
  const audits: LedgerAudit[] = [];
  for (const audited of request.audited) audits.push(await audit(audited, request));
  if (request.json) console.log(reportJson(audits));
  else for (const each of audits) for (const line of reportLines(each)) console.log(line);
  return exitCodes[overall(audits)];
}

const exitCodes = { pass: 0, fail: 1, unsure: 2 } as const;

async function audit(audited: Audited, { atRest, incarnation, since }: AuditRequest): Promise<LedgerAudit> {
  const { ledger, kafka, topic, group, client, table } = audited;
  if (since !== undefined && !since.has(ledger))
    throw new UserError(`--since: its file holds ${[...since.keys()].join(', ')}, and no ledger ${ledger}`);
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UserError ? `clickledger: ${plainLines(error.message)}` : error);
  process.exitCode = 2;
}
