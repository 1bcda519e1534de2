/**
 * Holds the page's auditor: starts it for the first viewer, keeps it alive, puts its findings into words. One
 * that never comes up is tried again for the next viewer.
 */
import { join } from 'node:path';
import { buildChildEnvironment, type Children } from '../../local/children.ts';
import type { EndpointAccess } from '../../local/endpoint-access.ts';
import { ManagedProcess } from '../../local/managed-process.ts';
import type { LedgerVerdictView, VerdictView } from '../../local/page/view.ts';
import { buildDynamoDbEnvironment } from '../../local/servers/dynamodb.ts';
import type { AuditAssignment, AuditMessage } from './auditing-process.ts';

interface AuditingOptions {
  readonly assignment: AuditAssignment;
  readonly dynamodb: EndpointAccess;
  readonly children: Children;
}

/** What the log holds. */
export interface TopicWorth {
  /** Epoch milliseconds: at least what stood in it then. */
  readonly asOf: number;
  readonly clicks: number;
  readonly micros: bigint;
  readonly refused: number;
}

interface AuditedLog {
  /** All of it, as of now. */
  readonly records: number;
  /** Parked, in all ledgers. */
  readonly setAside: number;
}

/** An older audit tells what was, not what is. */
const OLD_MS = 60_000;

export interface Known {
  audit?: { readonly at: number; readonly found: Extract<AuditMessage, { kind: 'audit' }> };
  sums?: { readonly at: number; readonly agree: boolean | undefined };
  failed?: string | undefined;
}

interface Watch {
  readonly watched: boolean;
}

const PROCESS_FILE = join(import.meta.dirname, 'auditing-process.ts');
const RESTART_PAUSE_MS = 300;

export class Auditing {
  readonly #options: AuditingOptions;
  readonly #known = new Map<string, Known>();
  #process: ManagedProcess<Watch, AuditMessage> | undefined;
  #watched = false;
  worth: TopicWorth | undefined;

  constructor(options: AuditingOptions) {
    this.#options = options;
    for (const { ledger } of options.assignment.groups) this.#known.set(ledger, {});
  }

  /** Works only while somebody looks; what is known of long ago is not told as if it were of now. */
  watch(watched: boolean): void {
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.worth = undefined;
    for (const ledger of this.#known.keys()) this.#known.set(ledger, {});
    if (watched) this.#process ??= this.#start();
    this.#process?.send({ watched });
  }

  verdict(now: number, log: Pick<AuditedLog, 'records' | 'setAside'>): VerdictView {
    return buildVerdict([...this.#known], now, log);
  }

  stop(): void {
    this.#process?.disconnect();
  }

  #start(): ManagedProcess<Watch, AuditMessage> {
    const { assignment, dynamodb, children } = this.#options;
    return new ManagedProcess<Watch, AuditMessage>({
      file: PROCESS_FILE,
      argument: () => ({ ...assignment, watched: this.#watched }),
      environment: { ...buildChildEnvironment(), ...buildDynamoDbEnvironment(dynamodb) },
      listed: { child: { role: 'auditor', name: 'auditor of the page' }, children },
      hear: (message) => this.#hear(message),
      keepAlive: {
        name: 'the auditor',
        pauseMs: RESTART_PAUSE_MS,
        exhausted: (sentence) => {
          this.#process = undefined;
          const failed = `${sentence} (it is tried again when the page is opened again)`;
          for (const [ledger, known] of this.#known) this.#known.set(ledger, { ...known, failed });
        },
      },
    });
  }

  #hear(message: AuditMessage): void {
    this.#process?.cameUp();
    if (message.kind === 'worth') {
      this.worth = { ...message, micros: BigInt(message.micros) };
      return;
    }
    const known = this.#known.get(message.ledger);
    if (known === undefined) return;
    if (message.kind === 'sums') known.sums = { at: Date.now(), agree: message.agree };
    else if (message.kind === 'failed') known.failed = message.because;
    else {
      known.audit = { at: Date.now(), found: message };
      known.failed = undefined;
    }
  }
}

/** What is claimed is what was audited: up to where, how long ago, and what of it is not counted. */
export function buildVerdict(
  known: readonly (readonly [ledger: string, known: Known])[],
  now: number,
  { records, setAside }: AuditedLog,
): VerdictView {
  const ledgers = known.map(([ledger, each]) => ledgerVerdict(ledger, each, now));
  if (ledgers.some(({ state }) => state === 'wrong'))
    return { state: 'wrong', says: 'A ledger does not agree with the log', ledgers };
  if (!ledgers.every(({ state }) => state === 'exact'))
    return { state: 'unknown', says: 'Checking', ledgers };
  const audits = known.flatMap(([, { audit }]) => audit ?? []);
  const ageMs = Math.max(...audits.map(({ at }) => now - at));
  const audited = Math.min(...audits.map(({ found }) => found.records));
  const reach = `${audited.toLocaleString('en')} of ${Math.max(records, audited).toLocaleString('en')} records audited ${seconds(ageMs)} ago`;
  const aside = setAside === 0 ? '' : `, ${setAside.toLocaleString('en')} set aside`;
  if (ageMs <= OLD_MS)
    return { state: 'exact', says: `Exact: every click counted once${aside} (${reach})`, ledgers };
  const agree = known.every(([, { sums }]) => sums?.agree === true);
  return {
    state: 'unknown',
    says: `It was exact${aside}: ${reach}${agree ? '; the sums agree up to now' : ''}`,
    ledgers,
  };
}

function ledgerVerdict(ledger: string, { audit, sums, failed }: Known, now: number): LedgerVerdictView {
  if (audit === undefined)
    return { ledger, state: 'unknown', says: failed ?? 'the first audit is under way', faults: [] };
  const { records, tookMs, faults } = audit.found;
  const ago = `${seconds(now - audit.at)} ago`;
  if (faults.length > 0) return { ledger, state: 'wrong', says: `audited ${ago}: FAIL`, faults };
  if (sums?.agree === false)
    return { ledger, state: 'unknown', says: 'the sums differ; the audit is looking why', faults: [] };
  const summed = sums?.agree === true ? `; its sums agreed ${seconds(now - sums.at)} ago` : '';
  const away = failed === undefined ? '' : `; since then: ${failed}`;
  const says = `${records.toLocaleString('en')} records audited ${ago} in ${seconds(tookMs)}: PASS${summed}${away}`;
  return { ledger, state: 'exact', says, faults: [] };
}

function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
