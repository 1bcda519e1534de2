/**
 * `npm run prove`: shows that the promise holds, by breaking everything around it. Prints the seed first, what befalls it meanwhile,
 * and a verdict with the count of every fault; on a wrong ledger, the first wrong position with all that happened to it.
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GroundError } from '../local/ground-error.ts';
import { lockGround } from '../local/ground-lock.ts';
import { currentTemplates } from '../local/templates-folder.ts';
import { lineOf, proveMutants } from './mutants.ts';
import { synthesizedRelease } from './other-release.ts';
import { BadRequest, type ProveRequest, readProveRequest, USAGE } from './profile.ts';
import type { Proof } from './proof.ts';
import { runProof } from './run-proof.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger');
const folder = join(base, 'prove');
const EVENTS_SHOWN = 40;
const FAULTS_SHOWN = 10;

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());

async function main(): Promise<number> {
  const request = readProveRequest(process.argv.slice(2));
  if (request === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { profile, seed, json, mutants } = request;
  const say = (line: string) => (json ? console.error(line) : console.log(line));
  const unlock = lockGround(folder);
  try {
    shareJars();
    if (mutants !== 'none') {
      const only = mutants === 'all' ? undefined : mutants.only;
      const verdicts = await proveMutants({ root, only, seed, folder, say, signal: ending.signal });
      if (json) console.log(JSON.stringify({ seed, mutants: verdicts }));
      else for (const verdict of verdicts) console.log(lineOf(verdict));
      if (ending.signal.aborted) return 130;
      return verdicts.every(({ verdict }) => verdict === 'FAIL') ? 0 : 129;
    }
    say(
      `Proof ${profile.name}, seed ${seed}: at least ${profile.clicks} clicks and ${profile.faultsForMs / 1000} s of faults`,
    );
    const templates = await currentTemplates({ root, stage: 'dev', folder: base, say });
    const otherRelease = profile.releases ? await synthesizedRelease(root, folder, say) : undefined;
    const given = { profile, seed, templates, otherRelease, folder, say, signal: ending.signal };
    const proof = await runProof(given);
    if (ending.signal.aborted) return 130;
    const verdict = verdictOf(proof, profile);
    if (json) console.log(JSON.stringify(jsonOf(request, proof, verdict)));
    else for (const line of reportLines(request, proof, verdict)) console.log(line);
    return verdict.exitCode;
  } finally {
    unlock();
  }
}

/** The jars of the ground serve the proof too. */
function shareJars(): void {
  mkdirSync(join(base, 'jars'), { recursive: true });
  if (!existsSync(join(folder, 'jars'))) symlinkSync(join(base, 'jars'), join(folder, 'jars'));
}

function jsonOf(
  { seed, profile }: ProveRequest,
  proof: Proof,
  { verdict, because, floors, faults }: Verdict,
) {
  const { events, seen, healedMs, partialRetry } = proof;
  const counts = { partialRetry, seen, healedMs, events: events.counts() };
  return { verdict, because, seed, profile: profile.name, ...counts, floors, faults };
}

function reportLines({ seed }: ProveRequest, proof: Proof, verdict: Verdict): string[] {
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
    ...firstWrong(proof, verdict),
    `${verdict.verdict}  seed ${seed} ${verdict.because.join('; ')}`,
  ];
}

/** All that happened to the first wrong position. */
function firstWrong({ events }: Proof, { faults }: Verdict): string[] {
  for (const { journal, what } of faults) {
    const offset = /offsets? (\d+)/.exec(what)?.[1];
    if (offset === undefined) continue;
    const around = events.around(journal, Number(offset)).slice(0, EVENTS_SHOWN);
    const lines = around.map(
      ({ n, at, kind, offsets, what: how }) => `  ${n} at ${at} ms: ${kind} ${offsets}: ${how}`,
    );
    return [
      `what happened to offset ${offset} of ${journal}, from ${join(folder, 'logs', 'events.jsonl')}:`,
      ...lines,
    ];
  }
  return [];
}

try {
  process.exitCode = await main();
} catch (error) {
  if (ending.signal.aborted) process.exit(130);
  const known = error instanceof GroundError || error instanceof BadRequest;
  console.error(known ? `clickledger: ${error.message}` : error);
  process.exitCode = 127;
}
