/**
 * Proof that the proof can fail: each patch under test/mutants breaks the write path in one way; the application is synthesized
 * from the patched sources and proved like any other, and every one of them has to get FAIL. A patch that no longer applies
 * fails the run, as it shows nothing.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GroundError } from '../local/ground-error.ts';
import { currentTemplates } from '../local/templates-folder.ts';
import { profiles } from './profile.ts';
import type { ProofOptions } from './proof.ts';
import { runProof } from './run-proof.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const SOURCES = [
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'infra',
  'functions',
  'shared',
];

export interface MutantVerdict extends Pick<Verdict, 'verdict' | 'because'> {
  readonly mutant: string;
  /** The first fault that the auditor named. */
  readonly named: string | undefined;
}

export interface MutantOptions extends Pick<ProofOptions, 'seed' | 'folder' | 'say' | 'signal'> {
  readonly root: string;
  /** Only the one of this name, if it is given. */
  readonly only: string | undefined;
}

export async function proveMutants(options: MutantOptions): Promise<MutantVerdict[]> {
  const patches = join(options.root, 'test', 'mutants');
  const names = readdirSync(patches)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => basename(file, '.patch'))
    .filter((name) => options.only === undefined || name === options.only);
  if (names.length === 0)
    throw new GroundError(`there is no mutant '${options.only}': they are the patches in test/mutants`);
  const verdicts: MutantVerdict[] = [];
  for (const mutant of names) {
    if (options.signal.aborted) break;
    options.say(`Mutant ${mutant} …`);
    verdicts.push(await proveMutant(mutant, join(patches, `${mutant}.patch`), options));
    options.say(lineOf(verdicts.at(-1) as MutantVerdict));
  }
  return verdicts;
}

export function lineOf({ mutant, verdict, because, named }: MutantVerdict): string {
  return `${verdict.padEnd(7)}  ${mutant}: ${named ?? because.join('; ')}`;
}

async function proveMutant(mutant: string, patch: string, options: MutantOptions): Promise<MutantVerdict> {
  const { seed, folder, say, signal } = options;
  const root = patchedCopy(options.root, join(folder, 'mutant'), patch);
  const templates = await currentTemplates({ root, stage: 'dev', folder: root, say: () => {} });
  const profile = profiles.mutant;
  const proof = await runProof({ profile, seed, templates, folder, say, signal, untilFault: true });
  const { verdict, because, faults } = verdictOf(proof, profile);
  const [first] = faults;
  return { mutant, verdict, because, named: first && `${first.kind}: ${first.journal} ${first.what}` };
}

/** The sources as they are with one patch on them, in a folder of their own. */
function patchedCopy(root: string, copy: string, patch: string): string {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const source of SOURCES) cpSync(join(root, source), join(copy, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  try {
    // Outside any repository: inside one, git leaves out what is not below the folder, without a word.
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: join(copy, '..') };
    execFileSync('git', ['apply', patch], { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new GroundError(`${patch} does not apply to the sources any more: make it anew (${said})`, cause);
  }
  return copy;
}
