/**
 * The page's auditor, a process of its own with a low claim on the machine: while somebody looks it reads on in the log every
 * second, and says what the log is worth and whether the sums of each ledger agree with it; and it runs the whole audit again
 * and again, as often as that costs no more than a third of its time.
 */
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { auditLedger } from '../../audit/audit-ledger.ts';
import { TopicLog } from '../../kafka/topic-log.ts';
import { openLedger, readJournalTotals } from '../../ops/ledger-view.ts';
import { shortenOffsets } from '../../terminal/text.ts';
import { RunningCount } from './running-count.ts';

interface AuditedGroup {
  readonly ledger: string;
  readonly table: string;
  readonly group: string;
}

export interface AuditAssignment {
  readonly kafka: readonly string[];
  readonly topic: string;
  readonly groups: readonly AuditedGroup[];
}

export type AuditMessage =
  | {
      readonly kind: 'worth';
      /** Epoch milliseconds: all that stood in the log then is counted. */
      readonly asOf: number;
      readonly clicks: number;
      readonly micros: string;
      readonly refused: number;
    }
  /** `agree` is undefined where it can't be told. */
  | { readonly kind: 'sums'; readonly ledger: string; readonly agree: boolean | undefined }
  | {
      readonly kind: 'audit';
      readonly ledger: string;
      readonly records: number;
      readonly tookMs: number;
      readonly faults: readonly string[];
    }
  | { readonly kind: 'failed'; readonly ledger: string; readonly because: string };

const SUMS_EVERY_MS = 1_000;
const AUDIT_EVERY_MS = 4_000;
/** So many times as long as an audit took, it rests. */
const REST = 2;
const FAULTS_SHOWN = 5;

const assignment = JSON.parse(process.argv[2] ?? '{}') as AuditAssignment & { readonly watched: boolean };
const { kafka, topic, groups } = assignment;
const ledgers = groups.map((group) => ({ ...group, access: openLedger(group.table, {}) }));
const kafkaAccess = { bootstrapBrokers: [...kafka] };
const log = new TopicLog(kafkaAccess, topic, 'clickledger-page');
let counts: readonly { readonly whole: RunningCount; readonly of: Map<string, RunningCount> }[] | undefined;
let { watched } = assignment;
let auditAt = 0;
let auditedAt = 0;

setPriority(10);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: { watched: boolean }) => {
  watched = message.watched;
});
void Promise.all([again(SUMS_EVERY_MS, sums), again(SUMS_EVERY_MS, auditAll)]);

async function again(everyMs: number, work: () => Promise<void>): Promise<never> {
  for (;;) {
    // While a server is away nothing can be told; what was told last stands, with its age.
    if (watched) await work().catch(() => {});
    await pause(everyMs);
  }
}

async function sums(): Promise<void> {
  const heads = await Promise.all(ledgers.map(({ access }) => readJournalTotals(access)));
  const asOf = Date.now();
  const bounds = await log.bounds();
  counts ??= bounds.map(({ start }, partition) => {
    const count = () => new RunningCount((within) => log.records(partition, within), start);
    return { whole: count(), of: new Map(groups.map(({ ledger }) => [ledger, count()])) };
  });
  const whole = { clicks: 0, micros: 0n, refused: 0 };
  for (const [partition, { whole: count }] of counts.entries()) {
    const end = bounds[partition]?.end ?? 0;
    const worth = await count.upTo(end, [0, Number.MAX_SAFE_INTEGER]);
    whole.clicks += worth?.clicks ?? 0;
    whole.micros += worth?.micros ?? 0n;
    whole.refused += worth?.refused ?? 0;
  }
  tell({ kind: 'worth', asOf, ...whole, micros: String(whole.micros) });
  for (const [i, { ledger }] of ledgers.entries()) {
    const agree = await sumsAgree(ledger, heads[i] ?? [], bounds);
    if (agree === false) auditAt = Math.min(auditAt, auditedAt + AUDIT_EVERY_MS);
    tell({ kind: 'sums', ledger, agree });
  }
}

/** Undefined where the log has lost records that the ledger has counted. */
async function sumsAgree(
  ledger: string,
  journals: Awaited<ReturnType<typeof readJournalTotals>>,
  bounds: readonly { readonly start: number }[],
): Promise<boolean | undefined> {
  if (bounds.some(({ start }) => start > 0)) return undefined;
  let agree = true;
  for (const { topic: of, partition, clicks, micros, next, resolved } of journals) {
    const count = of === topic ? counts?.[partition]?.of.get(ledger) : undefined;
    const worth = await count?.upTo(next, resolved);
    if (worth === undefined) return undefined;
    agree &&= BigInt(worth.clicks) === clicks && worth.micros === micros;
  }
  return agree;
}

async function auditAll(): Promise<void> {
  if (performance.now() < auditAt) return;
  const began = performance.now();
  for (const { ledger, group, access } of ledgers) await audit(ledger, group, access);
  const tookMs = performance.now() - began;
  auditedAt = performance.now();
  auditAt = auditedAt + Math.max(AUDIT_EVERY_MS, REST * tookMs);
}

async function audit(ledger: string, group: string, access: ReturnType<typeof openLedger>): Promise<void> {
  const began = performance.now();
  const audited = new TopicLog(kafkaAccess, topic, group);
  try {
    const { faults, partitions } = await auditLedger(access, audited, topic);
    const shown = faults
      .slice(0, FAULTS_SHOWN)
      .map(({ journal, what }) => `${journal}: ${shortenOffsets(what)}`);
    if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
    const records = partitions.reduce((sum, { applied, parked }) => sum + applied + parked, 0);
    tell({ kind: 'audit', ledger, records, tookMs: Math.round(performance.now() - began), faults: shown });
  } catch (error) {
    tell({ kind: 'failed', ledger, because: error instanceof Error ? error.message : String(error) });
  } finally {
    await audited.close().catch(() => {});
  }
}

function tell(message: AuditMessage): void {
  if (process.connected) process.send?.(message);
}
