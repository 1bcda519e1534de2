/** What is measured of a ground after the faults: when it has caught up, and what the auditor finds. */
import { setTimeout as pause } from 'node:timers/promises';
import { auditLedger } from '../../infra/audit/audit-ledger.ts';
import type { Findings, JournalState } from '../../infra/audit/findings.ts';

import { readCheckpointItem } from '../../infra/audit/layout.ts';
import { getCheckpointItem, readDirectory, readEntryItems } from '../../infra/audit/read-ledger.ts';
import type { Ground } from '../../infra/local/local-runtime.ts';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { Standstill } from '../../infra/ops/standstill.ts';
import { type LedgerAccess, rollUp, withLedger } from './ledger-access.ts';

const LOOK_EVERY_MS = 500;

interface HealOptions {
  /** How long nothing may progress, in milliseconds. */
  readonly standstillMs: number;
  readonly signal: AbortSignal;
  /** What mappings have discarded on is an operator's to redrive. */
  readonly redrive: () => Promise<void>;
}

/**
 * Waits until every group has committed the whole log, redrives what was passed over, and waits until every rollup has reached the
 * newest entry; returns how long it took, in milliseconds; undefined where nothing progresses any more.
 */
export async function healed(
  ground: Ground,
  { standstillMs, signal, redrive }: HealOptions,
): Promise<number | undefined> {
  const began = performance.now();
  const standstill = new Standstill(standstillMs);
  while (!signal.aborted) {
    const reached = await Promise.all(
      ground.plan.mappings.map((mapping) => reachedBy(ground, mapping).catch(() => undefined)),
    );
    const caughtUp = reached.every((each) => each?.lag === 0);
    const rolledUp = caughtUp ? await settled(ground, redrive).catch(() => undefined) : undefined;
    if (rolledUp?.every(({ newest, through }) => through >= newest))
      return Math.round(performance.now() - began);
    if (standstill.lasts([reached, rolledUp])) return undefined;
    await pause(LOOK_EVERY_MS);
  }
  return undefined;
}

/** How far a group has read: a replay from the start rises as well. */
function reachedBy(ground: Ground, mapping: PlannedMapping) {
  return withLedger(ground, mapping, async ({ log }) => {
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

async function settled(ground: Ground, redrive: () => Promise<void>): Promise<RolledUp[]> {
  await redrive();
  const { mappings } = ground.plan;
  await Promise.all(mappings.map((mapping) => rollUp(ground, mapping)));
  const all = mappings.map((mapping) => withLedger(ground, mapping, newestEntries));
  return (await Promise.all(all)).flat();
}

async function newestEntries(access: LedgerAccess): Promise<RolledUp[]> {
  const found: RolledUp[] = [];
  for (const journal of await readDirectory(access)) {
    const item = await getCheckpointItem(access, journal);
    const newest = (await Array.fromAsync(readEntryItems(access, journal))).at(-1)?.['sk']?.S;
    const through = item === undefined ? -1 : readCheckpointItem(item).through;
    found.push({
      journal,
      newest: newest === undefined ? -1 : Number(newest.replace('entry#', '')),
      through,
    });
  }
  return found;
}

interface JudgeWishes {
  /** Nothing may be left to count. */
  readonly atRest: boolean;
  /** What an earlier audit saw; less may not be there. */
  readonly since?: readonly JournalState[] | undefined;
}

export function judged(
  ground: Ground,
  mapping: PlannedMapping,
  { atRest, since }: JudgeWishes,
): Promise<Findings> {
  return withLedger(ground, mapping, async (access) => {
    const findings = await auditLedger(access, access.log, mapping.topic, { since });
    // The auditor takes other topics for those that were read before; here there has been no other.
    for (const journal of await readDirectory(access))
      if (!journal.startsWith(`${mapping.topic}@`))
        findings.add('phantom', journal, 'is of a topic that the ledger’s group does not read');
    if (atRest) findings.demandRest();
    return findings;
  });
}
