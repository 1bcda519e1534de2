/** What is measured of a ground after the faults: when it has caught up, and what the auditor finds. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Ground } from '../local/ground.ts';
import type { PlannedMapping } from '../local/plan.ts';
import { auditLedger } from '../ops/audit/audit-ledger.ts';
import type { Findings } from '../ops/audit/findings.ts';
import type { JournalState } from '../ops/audit/journal-state.ts';
import { readCheckpointItem } from '../ops/audit/layout.ts';
import { getCheckpointItem, readDirectory, readEntryItems } from '../ops/audit/ledger-items.ts';
import { rollUp, withLedger } from './ledger-access.ts';

const LOOK_EVERY_MS = 500;

interface HealOptions {
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** What mappings have given up on is an operator's to redrive. */
  readonly redrive: () => Promise<void>;
}

/**
 * Waits until every group has committed the whole log, redrives what was passed over, and waits until every rollup has reached the
 * newest entry; returns how long it took.
 */
export async function healed(
  ground: Ground,
  { withinMs, signal, redrive }: HealOptions,
): Promise<number | undefined> {
  const began = performance.now();
  while (performance.now() - began < withinMs && !signal.aborted) {
    const caughtUp = await Promise.all(
      ground.plan.mappings.map((mapping) => hasCaughtUp(ground, mapping).catch(() => false)),
    );
    if (caughtUp.every(Boolean) && (await settled(ground, redrive).catch(() => false)))
      return Math.round(performance.now() - began);
    await pause(LOOK_EVERY_MS);
  }
  return undefined;
}

function hasCaughtUp(ground: Ground, mapping: PlannedMapping): Promise<boolean> {
  return withLedger(ground, mapping, async ({ log }) => {
    const bounds = await log.bounds();
    const committed = await log.committed(bounds.length);
    return bounds.every(({ end }, partition) => end === (committed[partition] ?? 0));
  });
}

async function settled(ground: Ground, redrive: () => Promise<void>): Promise<boolean> {
  await redrive();
  return await rolledUp(ground);
}

async function rolledUp(ground: Ground): Promise<boolean> {
  await Promise.all(ground.plan.mappings.map((mapping) => rollUp(ground, mapping)));
  const reached = await Promise.all(
    ground.plan.mappings.map((mapping) =>
      withLedger(ground, mapping, async (access) => {
        for (const journal of await readDirectory(access)) {
          const checkpoint = await getCheckpointItem(access, journal);
          const newest = (await Array.fromAsync(readEntryItems(access, journal))).at(-1)?.['sk']?.S ?? '';
          const through = checkpoint === undefined ? -1 : readCheckpointItem(checkpoint).through;
          if (newest !== '' && through < Number(newest.replace('entry#', ''))) return false;
        }
        return true;
      }),
    ),
  );
  return reached.every(Boolean);
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
