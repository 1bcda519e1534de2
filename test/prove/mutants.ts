/**
 * Shows that the proof can fail: each patch under test/prove/mutants breaks the write path in one way. The application is synthesized
 * from the patched sources, runs on their local runtime, is proved like any other, and must get FAIL. A patch that
 * no longer applies fails the run, as it shows nothing.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { shortenOffsets } from '../../infra/terminal/text.ts';
import { UserError } from '../../infra/terminal/user-error.ts';
import { listPatchedFiles, makePatchedCopy } from './patched-copy.ts';
import { profiles } from './profile.ts';
import { judgeProof, type Verdict } from './report.ts';
import type { ProofOptions, runProof } from './run.ts';

interface MutantVerdict extends Pick<Verdict, 'verdict' | 'because'> {
  readonly mutant: string;
  /** The first fault that the auditor named. */
  readonly named: string | undefined;
  readonly seconds: number;
}

interface MutantOptions extends Pick<ProofOptions, 'seed' | 'folder' | 'say' | 'signal'> {
  readonly root: string;
  /** Only the one of this name, if it is given. */
  readonly only: string | undefined;
}

export async function proveMutants(options: MutantOptions): Promise<MutantVerdict[]> {
  const patches = join(options.root, 'test', 'prove', 'mutants');
  const names = readdirSync(patches)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => basename(file, '.patch'))
    .filter((name) => options.only === undefined || name === options.only);
  if (names.length === 0)
    throw new UserError(`there is no mutant '${options.only}': they are the patches in test/prove/mutants`);
  const verdicts: MutantVerdict[] = [];
  for (const mutant of names) {
    if (options.signal.aborted) break;
    options.say(`Mutant ${mutant} …`);
    verdicts.push(await proveMutant(mutant, join(patches, `${mutant}.patch`), options));
    options.say(formatMutant(verdicts.at(-1) as MutantVerdict));
  }
  return verdicts;
}

export function formatMutant({ mutant, verdict, because, named, seconds }: MutantVerdict): string {
  return `${verdict.padEnd(7)}  ${String(seconds).padStart(4)} s  ${mutant}: ${shortenOffsets(named ?? because.join('; '))}`;
}

async function proveMutant(mutant: string, patch: string, options: MutantOptions): Promise<MutantVerdict> {
  const { seed, folder, say, signal } = options;
  const began = performance.now();
  const root = makePatchedCopy(options.root, join(folder, 'mutants', mutant), patch);
  // What only the local runtime does differently leaves the templates as they are.
  const deployed = listPatchedFiles(readFileSync(patch, 'utf8')).some(
    (file) => !file.startsWith('infra/local/'),
  );
  const templates = await synthesizeTemplates(
    deployed ? { root, stage: 'dev', folder: root, say: () => {} } : { ...options, stage: 'dev' },
  );
  const profile = profiles.mutant;
  const patched = pathToFileURL(join(root, 'test', 'prove', 'run.ts')).href;
  const prove = ((await import(patched)) as { runProof: typeof runProof }).runProof;
  const given = { profile, seed, templates, otherRelease: undefined, folder, say, signal };
  const proof = await prove({ ...given, untilFault: true });
  const { verdict, because, faults } = judgeProof(proof, profile);
  const [first] = faults;
  const named = first && `${first.kind}: ${first.journal} ${first.what}`;
  return { mutant, verdict, because, named, seconds: Math.round((performance.now() - began) / 1000) };
}
