/**
 * `npm run prove`: shows that the promise holds, by breaking everything around it. Prints the seed first, what befalls it meanwhile,
 * and a verdict with the count of every fault; on a wrong ledger, the first wrong position with all that happened to it.
 */

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockGround, makeOwnFolder } from '../../infra/local/runtime-lock.ts';
import { currentTemplates } from '../../infra/local/template/synthesize.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import { lineOf, proveMutants } from './mutants.ts';
import { synthesizedRelease } from './other-release.ts';
import { BadRequest, readProveRequest, USAGE } from './profile.ts';
import { jsonOf, reportLines } from './report.ts';
import { runProof } from './run-proof.ts';
import { verdictOf } from './verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = resolve(root, process.env['CLICKLEDGER_FOLDER'] || '.clickledger');
const folder = join(base, 'prove');

/** Where a line of progress was. */
const ERASED = '\r\u001b[K';

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());

async function main(): Promise<number> {
  const request = readProveRequest(process.argv.slice(2));
  if (request === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { profile, seed, json, mutants } = request;
  const redrawn = process.stderr.isTTY;
  const say = (line: string) => {
    if (redrawn) process.stderr.write(ERASED);
    if (json) console.error(line);
    else console.log(line);
  };
  const progress = redrawn ? (line: string) => void process.stderr.write(`${ERASED}${line}`) : say;
  const unlock = lockGround(folder);
  try {
    shareJars();
    if (mutants !== 'none') {
      const only = mutants === 'all' ? undefined : mutants.only;
      const verdicts = await proveMutants({ root, only, seed, folder, say, signal: ending.signal });
      if (json) console.log(JSON.stringify({ seed, mutants: verdicts }));
      else for (const verdict of verdicts) console.log(lineOf(verdict));
      if (ending.signal.aborted) return 130;
      return verdicts.every(({ verdict }) => verdict === 'FAIL') ? 0 : 1;
    }
    say(
      `Proof ${profile.name}, seed ${seed}: at least ${profile.clicks} clicks and ${profile.faultsForMs / 1000} s of faults; it waits as long as something progresses`,
    );
    const templates = await currentTemplates({ root, stage: 'dev', folder: base, say });
    const otherRelease = profile.releases ? await synthesizedRelease(root, folder, say) : undefined;
    const given = { profile, seed, templates, otherRelease, folder, say, progress, signal: ending.signal };
    const proof = await runProof(given);
    if (ending.signal.aborted) return 130;
    const verdict = verdictOf(proof, profile);
    if (json) console.log(JSON.stringify(jsonOf(request, proof, verdict)));
    else for (const line of reportLines(request, proof, verdict, folder)) console.log(line);
    return verdict.exitCode;
  } finally {
    unlock();
  }
}

/** The jars of the ground serve the proof too. */
function shareJars(): void {
  makeOwnFolder(base);
  mkdirSync(join(base, 'jars'), { recursive: true, mode: 0o700 });
  if (!existsSync(join(folder, 'jars'))) symlinkSync(join(base, 'jars'), join(folder, 'jars'));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (ending.signal.aborted) process.exit(130);
  const known = error instanceof UserError || error instanceof BadRequest;
  console.error(known ? `clickledger: ${error.message}` : error);
  process.exitCode = 2;
}
