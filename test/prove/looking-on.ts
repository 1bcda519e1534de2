/** The auditor while faults fall: what he finds then counts, as a replay that comes later may mend a loss that has been there. */
import { setTimeout as pause } from 'node:timers/promises';
import { type AuditFault, Findings } from '../../infra/audit/findings.ts';
import type { Arena } from './arena.ts';
import { judged } from './measures.ts';
import { mayGiveUp } from './redrives.ts';

const AUDIT_AFTER_MS = 5_000;
/** He shares a process with the proxy, and may not take all of it. */
const TIMES_AS_LONG_AWAY = 3;

export class LookingOn {
  /** The first that were found in each ledger, by consumer group. */
  readonly found = new Map<string, readonly AuditFault[]>();

  /** Until the faults end; while a server is away he can't look. */
  async lookOn(arena: Arena): Promise<void> {
    const { until, ground, mappings } = arena;
    let tookMs = 0;
    while (!until.aborted) {
      const awayMs = Math.max(AUDIT_AFTER_MS, TIMES_AS_LONG_AWAY * tookMs);
      await pause(awayMs, undefined, { signal: until }).catch(() => {});
      const began = performance.now();
      for (const mapping of until.aborted ? [] : mappings) {
        const findings = await arena
          .readingAlone(() => judged(ground, mapping, { atRest: false }))
          .catch(() => new Findings());
        // What was discarded is missing until an operator has redriven it; at rest nothing may be.
        const faults = findings.faults.filter(({ kind }) => kind !== 'missing' || !mayGiveUp(mapping));
        if (faults.length > 0 && !this.found.has(mapping.groupId)) this.found.set(mapping.groupId, faults);
      }
      tookMs = performance.now() - began;
    }
  }
}
