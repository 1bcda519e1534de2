/** What a proof says at its end: the count of every fault, what each ledger holds, and where it is wrong, all that happened there. */
import { join } from 'node:path';
import type { Event } from './events.ts';
import type { ProveRequest } from './profile.ts';
import type { Proof } from './proof.ts';
import type { Verdict } from './verdict.ts';

const EVENTS_SHOWN = 60;
const FAULTS_SHOWN = 10;
/** Around what happened to a wrong position. */
const MARGIN_MS = 1_000;

export function jsonOf(
  { seed, profile }: ProveRequest,
  proof: Proof,
  { verdict, because, floors, faults }: Verdict,
) {
  const { events, seen, healedMs, partialRetry } = proof;
  const counts = { partialRetry, seen, healedMs, events: events.counts() };
  return { verdict, because, seed, profile: profile.name, ...counts, floors, faults };
}

/** @param folder where the events are written */
export function reportLines(
  { seed }: ProveRequest,
  proof: Proof,
  verdict: Verdict,
  folder: string,
): string[] {
  const { events, ledgers, healedMs, seen } = proof;
  const counts = Object.entries(events.counts()).map(([kind, count]) => [kind, String(count)] as const);
  const floors = verdict.floors.map(
    ({ what, seen, floor }) => [`${what} (at least ${floor})`, String(seen)] as const,
  );
  const rows = [...counts, ...floors, ['records', String(seen.records)] as const];
  const widest = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, count]) => `${name.padEnd(widest)}  ${count.padStart(9)}`);
  const groups = [...ledgers].map(([group, { faults, partitions }]) => {
    const applied = partitions.reduce((sum, each) => sum + each.applied, 0);
    const parked = partitions.reduce((sum, each) => sum + each.parked, 0);
    return `${group}: ${applied} clicks counted once, ${parked} records parked, ${faults.length} faults`;
  });
  const healed =
    healedMs === undefined ? [] : [`caught up ${(healedMs / 1000).toFixed(1)} s after the last fault`];
  const faults = verdict.faults
    .slice(0, FAULTS_SHOWN)
    .map(({ group, kind, journal, what }) => `${group} ${kind}: ${journal} ${what}`);
  return [
    ...table,
    ...groups,
    ...healed,
    ...faults,
    ...firstWrong(proof, verdict, folder),
    `${verdict.verdict}  seed ${seed} ${verdict.because.join('; ')}`,
  ];
}

/** All that happened to the first wrong position, and around it: pollers, functions, servers. */
function firstWrong({ events }: Proof, { faults }: Verdict, folder: string): string[] {
  for (const { journal, what } of faults) {
    const offset = /offsets? (\d+)/.exec(what)?.[1];
    if (offset === undefined) continue;
    const own = events.around(journal, Number(offset));
    const [first, last] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0];
    const all = [...own, ...events.between(first - MARGIN_MS, last + MARGIN_MS)].sort((a, b) => a.n - b.n);
    return [
      `what happened to offset ${offset} of ${journal}, from ${join(folder, 'logs', 'events.jsonl')}:`,
      ...all.slice(0, EVENTS_SHOWN).map(lineOf),
    ];
  }
  return [];
}

function lineOf({ n, at, kind, offsets = '', what = '' }: Event): string {
  return `  ${n} at ${at} ms: ${kind} ${offsets} ${what}`.trimEnd();
}
