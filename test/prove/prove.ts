/**
 * `clickledger prove`: shows that the promise holds, by breaking everything around it. Prints the seed first, how far it is meanwhile,
 * and a verdict with the count of every fault; on a wrong ledger, the first wrong position with all that happened to it.
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOwnFolder, lockRuntime } from '../../infra/local/runtime-lock.ts';
import { findStorageFault } from '../../infra/local/storage-fault.ts';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { defineCommand, INTERRUPTED } from '../../infra/terminal/command.ts';
import { eraseLine } from '../../infra/terminal/progress.ts';
import { formatMutant, proveMutants } from './mutants.ts';
import { synthesizeOtherRelease } from './patched-copy.ts';
import { type ProveRequest, readProveRequest, withProveOptions } from './profile.ts';
import { buildJson, formatReport, judgeProof } from './report.ts';
import { runProof } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger');
const folder = join(base, 'prove');

export const prove = withProveOptions(
  defineCommand('prove', 'Shows that the promise holds, by breaking everything around it.', {
    0: 'PASS',
    1: 'FAIL: a ledger is wrong, or nothing progressed any more',
  }),
).action(async (values) => {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
  try {
    process.exitCode = await runRequest(readProveRequest(values), ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw findStorageFault(error) ?? error;
  }
  if (!ending.signal.aborted) return;
  eraseLine();
  console.error('clickledger: interrupted before it was done');
  // What was stopped half-way may keep the process for a while.
  process.exit(INTERRUPTED);
});

async function runRequest(request: ProveRequest, signal: AbortSignal): Promise<number> {
  const { profile, seed, json, mutants } = request;
  const say = (line: string) => {
    eraseLine();
    if (json) console.error(line);
    else console.log(line);
  };
  const progress = process.stderr.isTTY
    ? (line: string) => {
        eraseLine();
        process.stderr.write(line);
      }
    : say;
  const unlock = lockRuntime(folder);
  try {
    shareJars();
    if (mutants !== 'none') {
      const only = mutants === 'all' ? undefined : mutants.only;
      const verdicts = await proveMutants({ root, only, seed, folder, say, signal });
      if (json) console.log(JSON.stringify({ seed, mutants: verdicts }));
      else for (const verdict of verdicts) console.log(formatMutant(verdict));
      return verdicts.every(({ verdict }) => verdict === 'FAIL') ? 0 : 1;
    }
    say(
      `Proof ${profile.name}, seed ${seed}: at least ${profile.clicks} clicks and ${profile.faultsForMs / 1000} s of faults; it waits as long as something progresses`,
    );
    const templates = await synthesizeTemplates({ root, stage: 'dev', folder: base, say });
    const otherRelease = profile.releases ? await synthesizeOtherRelease(root, folder, say) : undefined;
    const given = { profile, seed, templates, otherRelease, folder, say, progress, signal };
    const proof = await runProof(given);
    signal.throwIfAborted();
    const verdict = judgeProof(proof, profile);
    if (json) console.log(JSON.stringify(buildJson(request, proof, verdict)));
    else for (const line of formatReport(request, proof, verdict, folder)) console.log(line);
    return verdict.exitCode;
  } finally {
    unlock();
  }
}

/** The jars of the local runtime serve the proof too. */
function shareJars(): void {
  createOwnFolder(base);
  mkdirSync(join(base, 'jars'), { recursive: true, mode: 0o700 });
  if (!existsSync(join(folder, 'jars'))) symlinkSync(join(base, 'jars'), join(folder, 'jars'));
}
