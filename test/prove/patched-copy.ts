/** The sources with one patch on them, in a folder of their own, and able to run there. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { synthesizeTemplates } from '../../infra/local/template/synthesize.ts';
import { UserError } from '../../infra/terminal/user-error.ts';

const SOURCES = [
  'cdk.json',
  'package.json',
  'package-lock.json',
  'pom.xml',
  'tsconfig.json',
  'infra',
  'functions',
  'shared',
  'test/prove',
];

/** What was synthesized in that folder before stays there. */
export function makePatchedCopy(root: string, copy: string, patch: string): string {
  mkdirSync(copy, { recursive: true, mode: 0o700 });
  for (const source of SOURCES) {
    rmSync(join(copy, source), { recursive: true, force: true });
    cpSync(join(root, source), join(copy, source), { recursive: true });
  }
  if (!existsSync(join(copy, 'node_modules')))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  try {
    // Outside any repository: inside one, git leaves out what is not below the folder, without a word.
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: join(copy, '..') };
    execFileSync('git', ['apply', patch], { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${patch} does not apply to the sources any more: make it again (${said})`, cause);
  }
  return copy;
}

/** The files that a patch changes. */
export function listPatchedFiles(patch: string): string[] {
  return Array.from(patch.matchAll(/^\+\+\+ b\/(.+)$/gm), ([, file]) => String(file));
}

/**
 * The templates of another release: other carried state, another order of lines, other flags and refusals; what a click costs is the
 * same, since the contract says it. Synthesized only where the sources have changed since.
 */
export async function synthesizeOtherRelease(
  root: string,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const patch = join(root, 'test', 'prove', 'releases', 'another-fold.patch');
  const copy = makePatchedCopy(root, join(folder, 'another-release'), patch);
  return await synthesizeTemplates({
    root: copy,
    stage: 'dev',
    folder: copy,
    say: () => say('Synthesizing another release, to be deployed meanwhile …'),
  });
}
