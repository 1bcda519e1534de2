/**
 * What a proof has shown: PASS, FAIL or INVALID, and the numbers behind it: the count of every fault, what each ledger holds, and
 * where one is wrong, all that happened there. An invalid proof is never taken for a good one.
 */
import { join } from 'node:path';
import type { AuditFault } from '../../infra/audit/findings.ts';
import { formatQuantity, shortenOffsets } from '../../infra/terminal/text.ts';
import { describeMissing, type Event } from './events.ts';
import { type Floors, floorWords, type Profile, type ProveRequest } from './profile.ts';
import type { Proof } from './run.ts';

export interface Verdict {
  readonly verdict: 'PASS' | 'FAIL' | 'INVALID';
  readonly exitCode: 0 | 1 | 2;
  readonly because: readonly string[];
  /** What happened, beside what had to. */
  readonly floors: readonly { readonly what: keyof Floors; readonly seen: number; readonly floor: number }[];
  readonly faults: readonly (AuditFault & { readonly group: string })[];
}

export function judgeProof(proof: Proof, profile: Profile): Verdict {
  const { events, ledgers, caughtUpMs, brokeByItself, seen } = proof;
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
    ({ kind }) => caughtUpMs !== undefined || (kind !== 'missing' && kind !== 'not-yet'),
  );
  if (moneyFaults.length > 0)
    return {
      verdict: 'FAIL',
      exitCode: 1,
      because: [`${formatQuantity(moneyFaults.length, 'fault')} in the ledgers`],
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
  if (caughtUpMs === undefined)
    return {
      verdict: 'FAIL',
      exitCode: 1,
      because: [`not caught up, and nothing progressed for ${profile.standstillMs / 1000} s`],
      ...more,
    };
  const missing = describeMissing(seen, profile);
  for (const [group, { unsure }] of ledgers)
    if (unsure.length > 0) missing.push(`the audit of ${group} could not tell: ${unsure.join(', ')}`);
  if (events.count('committed') === 0) missing.push('no commit was heard');
  if (missing.length > 0)
    return {
      verdict: 'INVALID',
      exitCode: 2,
      because: [`too little happened: ${missing.join(', ')}`],
      ...more,
    };
  return { verdict: 'PASS', exitCode: 0, because: [], ...more };
}

const EVENTS_SHOWN = 60;
const FAULTS_SHOWN = 10;
/** Around what happened to a wrong position. */
const MARGIN_MS = 1_000;

export function buildJson(
  { seed, profile }: ProveRequest,
  proof: Proof,
  { verdict, because, floors, faults }: Verdict,
) {
  const { events, seen, caughtUpMs, partialRetry } = proof;
  const counts = { partialRetry, seen, caughtUpMs, events: events.counts() };
  return { verdict, because, seed, profile: profile.name, ...counts, floors, faults };
}

/** @param folder where the events are written */
export function formatReport(
  { seed }: ProveRequest,
  proof: Proof,
  verdict: Verdict,
  folder: string,
): string[] {
  const { events, ledgers, caughtUpMs, seen } = proof;
  const counts = Object.entries(events.counts()).map(([kind, count]) => [kind, String(count)] as const);
  const floors = verdict.floors.map(
    ({ what, seen, floor }) => [`${floorWords[what]} (at least ${floor})`, String(seen)] as const,
  );
  const rows = [...counts, ...floors, ['records', String(seen.records)] as const];
  const widest = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, count]) => `${name.padEnd(widest)}  ${count.padStart(9)}`);
  const groups = [...ledgers].map(([group, { faults, partitions }]) => {
    const applied = partitions.reduce((sum, each) => sum + each.applied, 0);
    const parked = partitions.reduce((sum, each) => sum + each.parked, 0);
    return `${group}: ${formatQuantity(applied, 'click')} counted once, ${formatQuantity(parked, 'record')} parked, ${formatQuantity(faults.length, 'fault')}`;
  });
  const caughtUp =
    caughtUpMs === undefined ? [] : [`caught up ${(caughtUpMs / 1000).toFixed(1)} s after the last fault`];
  const faults = verdict.faults
    .slice(0, FAULTS_SHOWN)
    .map(({ group, kind, journal, what }) => `${group} ${kind}: ${journal} ${shortenOffsets(what)}`);
  return [
    ...table,
    ...groups,
    ...caughtUp,
    ...faults,
    ...describeFirstWrong(proof, verdict, folder),
    `${verdict.verdict}  seed ${seed} ${verdict.because.join('; ')}`,
  ];
}

/** All that happened to the first wrong position, and around it: pollers, functions, servers. */
function describeFirstWrong({ events }: Proof, { faults }: Verdict, folder: string): string[] {
  for (const { journal, what } of faults) {
    const offset = /offsets? (\d+)/.exec(what)?.[1];
    if (offset === undefined) continue;
    const own = events.around(journal, Number(offset));
    const [first, last] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0];
    const all = [...own, ...events.between(first - MARGIN_MS, last + MARGIN_MS)].sort((a, b) => a.n - b.n);
    return [
      `what happened to offset ${offset} of ${journal}, from ${join(folder, 'logs', 'events.jsonl')}:`,
      ...all.slice(0, EVENTS_SHOWN).map(formatEvent),
    ];
  }
  return [];
}

function formatEvent({ n, at, kind, offsets = '', what = '' }: Event): string {
  return `  ${n} at ${at} ms: ${kind} ${shortenOffsets(offsets)} ${what}`.trimEnd();
}
