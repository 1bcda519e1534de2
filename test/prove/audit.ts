/** The auditor in a proof: he looks while faults happen, and judges every ledger at rest and again after each aftermath. */
import { setTimeout as pause } from 'node:timers/promises';
import { auditLedger } from '../../infra/audit/audit-ledger.ts';
import { type AuditFault, Findings, type JournalState } from '../../infra/audit/findings.ts';
import { readCheckpointItem } from '../../infra/audit/layout.ts';
import { getCheckpointItem, readDirectory, readEntryItems } from '../../infra/audit/read-ledger.ts';
import type { LocalRuntime } from '../../infra/local/local-runtime.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import { type Aftermath, recreateTopic, weeksLater } from './aftermath.ts';
import type { Profile } from './profile.ts';
import { type LedgerAccess, mayDiscard, type ProofRuntime, redrive, rollUp, withLedger } from './runtime.ts';
import type { Scene } from './scene.ts';

const LOOK_EVERY_MS = 500;
const AUDIT_AFTER_MS = 5_000;
/** He shares a process with the proxy, and may not take all of it. */
const TIMES_AS_LONG_AWAY = 3;

/** By consumer group. */
export type LedgerFaults = ReadonlyMap<string, readonly AuditFault[]>;

/**
 * Until the faults end. What is found meanwhile counts, as a replay that comes later may repair a loss that existed.
 * @param found gets the first faults that were found in each ledger
 */
export async function auditMeanwhile(
  { runtime, work }: Scene,
  found: Map<string, readonly AuditFault[]>,
): Promise<void> {
  const { localRuntime } = runtime;
  let tookMs = 0;
  while (!work.until.aborted) {
    await work.wait(Math.max(AUDIT_AFTER_MS, TIMES_AS_LONG_AWAY * tookMs));
    const began = performance.now();
    for (const mapping of work.until.aborted ? [] : localRuntime.plan.mappings) {
      // While a server is away he can't look.
      const findings = await work
        .readAlone(() => auditMapping(localRuntime, mapping, { atRest: false }))
        .catch(() => new Findings());
      // What was discarded is missing until an operator has redriven it; at rest nothing may be.
      const faults = findings.faults.filter(({ kind }) => kind !== 'missing' || !mayDiscard(mapping));
      if (faults.length > 0 && !found.has(mapping.groupId)) found.set(mapping.groupId, faults);
    }
    tookMs = performance.now() - began;
  }
}

export interface Audited {
  /** By consumer group. */
  readonly ledgers: ReadonlyMap<string, Findings>;
  /** How long it took until nothing was left to read; undefined where it came to a standstill before. */
  readonly caughtUpMs: number | undefined;
  /** Counted by the ledger that has least. */
  readonly records: number;
  /** What an aftermath could not do. */
  readonly failed: string | undefined;
}

interface AuditOptions {
  readonly profile: Profile;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** What was found while faults happened. */
  readonly meanwhile: LedgerFaults;
  /** What broke that nobody broke on purpose. */
  readonly broke: () => string | undefined;
}

/** Waits until all has been caught up, and judges; and once more after each aftermath, as long as all is well. */
export async function auditAtRest(scene: Scene, options: AuditOptions): Promise<Audited> {
  const { profile, signal, say, meanwhile, broke } = options;
  let caughtUpMs = await waitUntilCaughtUp(scene.runtime, options);
  const ledgers = await auditAll(scene.runtime, say, caughtUpMs !== undefined);
  accuse(ledgers, 'meanwhile', meanwhile);
  const records = Math.min(...Array.from(ledgers.values(), countRecords));
  let failed: string | undefined;
  const aftermaths: readonly Aftermath[] = [weeksLater, ...(profile.recreates ? [recreateTopic] : [])];
  for (const { name, happen } of aftermaths) {
    const isWell = Array.from(ledgers.values()).every(({ faults }) => faults.length === 0);
    if (!isWell || caughtUpMs === undefined || (failed ?? broke()) !== undefined || signal.aborted) break;
    say(`Then ${name} …`);
    failed = await happen(scene);
    if ((await waitUntilCaughtUp(scene.runtime, options)) === undefined) caughtUpMs = undefined;
    const again = await auditAll(scene.runtime, say, caughtUpMs !== undefined, ledgers);
    accuse(ledgers, name, new Map(Array.from(again, ([group, { faults }]) => [group, faults])));
  }
  return { ledgers, caughtUpMs, records, failed };
}

/** Where faults were found meanwhile, and no more is asked. */
export function judgeByFaults(meanwhile: LedgerFaults): Audited {
  const ledgers = new Map(Array.from(meanwhile.keys(), (group) => [group, new Findings()]));
  accuse(ledgers, 'meanwhile', meanwhile);
  return { ledgers, caughtUpMs: undefined, records: 0, failed: undefined };
}

function accuse(ledgers: ReadonlyMap<string, Findings>, when: string, found: LedgerFaults): void {
  for (const [group, faults] of found)
    for (const { kind, journal, what } of faults) ledgers.get(group)?.add(kind, journal, `${when}: ${what}`);
}

function countRecords({ partitions }: Findings): number {
  return partitions.reduce((sum, { applied, parked }) => sum + applied + parked, 0);
}

/**
 * @param atRest whether all has been caught up; else it is known what is missing
 * @param before what must still be there
 */
async function auditAll(
  { localRuntime }: ProofRuntime,
  say: (line: string) => void,
  atRest: boolean,
  before?: ReadonlyMap<string, Findings>,
): Promise<Map<string, Findings>> {
  say('The auditor reads the log and the ledgers …');
  const ledgers = new Map<string, Findings>();
  for (const mapping of localRuntime.plan.mappings) {
    const since = before?.get(mapping.groupId)?.journals;
    ledgers.set(mapping.groupId, await auditMapping(localRuntime, mapping, { atRest, since }));
  }
  return ledgers;
}

interface AuditDemands {
  /** Nothing may be left to count. */
  readonly atRest: boolean;
  /** What an earlier audit saw; nothing of it may be gone. */
  readonly since?: readonly JournalState[] | undefined;
}

/** Audits the ledger that a mapping's function writes. */
export function auditMapping(
  localRuntime: LocalRuntime,
  mapping: PlannedMapping,
  { atRest, since }: AuditDemands,
): Promise<Findings> {
  return withLedger(localRuntime, mapping, async (access) => {
    const findings = await auditLedger(access, access.log, mapping.topic, { since });
    // The auditor takes other topics for those that were read before; here there has been no other.
    for (const journal of await readDirectory(access))
      if (!journal.startsWith(`${mapping.topic}@`))
        findings.add('phantom', journal, 'is of a topic that the ledger’s group does not read');
    if (atRest) findings.demandRest();
    return findings;
  });
}

/**
 * Waits until every group has committed the whole log, redrives what was passed over, and waits until every rollup has reached the
 * newest entry. Returns how long it took, in milliseconds; undefined where nothing progresses any more.
 */
async function waitUntilCaughtUp(
  runtime: ProofRuntime,
  { profile, signal, say }: Pick<AuditOptions, 'profile' | 'signal' | 'say'>,
): Promise<number | undefined> {
  const { localRuntime } = runtime;
  const { mappings } = localRuntime.plan;
  const began = performance.now();
  const standstill = new Standstill(profile.standstillMs);
  while (!signal.aborted) {
    const reached = await Promise.all(
      mappings.map((mapping) => readReached(localRuntime, mapping).catch(() => undefined)),
    );
    const isRead = reached.every((each) => each?.lag === 0);
    const rolledUp = isRead ? await redriveAndRollUp(runtime, signal).catch(() => undefined) : undefined;
    if (rolledUp?.every(({ newest, through }) => through >= newest))
      return Math.round(performance.now() - began);
    if (standstill.lasts([reached, rolledUp])) break;
    await pause(LOOK_EVERY_MS);
  }
  for (const mapping of mappings)
    say(`${mapping.groupId}: ${JSON.stringify([...localRuntime.owned(mapping)])}`);
  return undefined;
}

/** How far a group has read: a replay from the start rises as well. */
function readReached(localRuntime: LocalRuntime, mapping: PlannedMapping) {
  return withLedger(localRuntime, mapping, async ({ log }) => {
    const bounds = await log.bounds();
    const committed = await log.committed(bounds.length);
    const lag = bounds.reduce(
      (sum, { end }, partition) => sum + Math.abs(end - (committed[partition] ?? 0)),
      0,
    );
    return { bounds, committed, lag };
  });
}

interface RolledUp {
  readonly journal: string;
  /** Versions: of the newest entry, and of the last that a rollup has folded; -1 for none. */
  readonly newest: number;
  readonly through: number;
}

async function redriveAndRollUp(runtime: ProofRuntime, signal: AbortSignal): Promise<RolledUp[]> {
  const { localRuntime } = runtime;
  const { mappings } = localRuntime.plan;
  for (const mapping of mappings) await redrive(runtime, mapping, signal);
  await Promise.all(mappings.map((mapping) => rollUp(localRuntime, mapping)));
  const all = mappings.map((mapping) => withLedger(localRuntime, mapping, readRolledUp));
  return (await Promise.all(all)).flat();
}

async function readRolledUp(access: LedgerAccess): Promise<RolledUp[]> {
  const found: RolledUp[] = [];
  for (const journal of await readDirectory(access)) {
    const item = await getCheckpointItem(access, journal);
    const newest = (await Array.fromAsync(readEntryItems(access, journal))).at(-1)?.['sk']?.S;
    found.push({
      journal,
      newest: newest === undefined ? -1 : Number(newest.replace('entry#', '')),
      through: item === undefined ? -1 : readCheckpointItem(item).through,
    });
  }
  return found;
}
