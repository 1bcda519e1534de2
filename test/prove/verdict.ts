/** What a proof has shown: PASS, FAIL or INVALID, with the numbers behind it. An invalid proof is never taken for a good one. */
import type { AuditFault } from '../../infra/audit/findings.ts';
import { missedFloors } from './floors.ts';
import type { Floors, Profile } from './profile.ts';
import type { Proof } from './proof.ts';

export interface Verdict {
  readonly verdict: 'PASS' | 'FAIL' | 'INVALID';
  readonly exitCode: 0 | 1 | 2;
  readonly because: readonly string[];
  /** What happened, beside what had to. */
  readonly floors: readonly { readonly what: keyof Floors; readonly seen: number; readonly floor: number }[];
  readonly faults: readonly (AuditFault & { readonly group: string })[];
}

export function verdictOf(proof: Proof, profile: Profile): Verdict {
  const { events, ledgers, healedMs, brokeByItself, seen } = proof;
  const floors = (Object.keys(profile.floors) as (keyof Floors)[]).map((what) => ({
    what,
    seen: seen[what],
    floor: profile.floors[what],
  }));
  const faults = [...ledgers].flatMap(([group, findings]) =>
    findings.faults.map((fault) => ({ group, ...fault })),
  );
  const more = { floors, faults };
  const moneyFaults = faults.filter(
    ({ kind }) => healedMs !== undefined || (kind !== 'missing' && kind !== 'not-yet'),
  );
  if (moneyFaults.length > 0)
    return {
      verdict: 'FAIL',
      exitCode: 1,
      because: [`${moneyFaults.length} faults in the ledgers`],
      ...more,
    };
  // After the money, since a wrong ledger stays wrong whatever else broke; before the progress, which may be its doing.
  if (brokeByItself !== undefined)
    return {
      verdict: 'INVALID',
      exitCode: 2,
      because: [`something broke that nobody broke: ${brokeByItself}`],
      ...more,
    };
  if (healedMs === undefined)
    return {
      verdict: 'FAIL',
      exitCode: 1,
      because: [`not caught up, and nothing progressed for ${profile.standstillMs / 1000} s`],
      ...more,
    };
  const missed = missedFloors(seen, profile);
  for (const [group, { unsure }] of ledgers)
    if (unsure.length > 0) missed.push(`the audit of ${group} could not tell: ${unsure.join(', ')}`);
  if (events.count('committed') === 0) missed.push('no commit was heard');
  if (missed.length > 0)
    return {
      verdict: 'INVALID',
      exitCode: 2,
      because: [`too little happened: ${missed.join(', ')}`],
      ...more,
    };
  return { verdict: 'PASS', exitCode: 0, because: [], ...more };
}
