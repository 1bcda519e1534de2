/** The sources as they are with one patch on them, in a folder of their own, and able to run there. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
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
export function patchedCopy(root: string, copy: string, patch: string): string {
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
    throw new UserError(`${patch} does not apply to the sources any more: make it anew (${said})`, cause);
  }
  return copy;
}

/** The files that a patch changes. */
export function filesOf(patch: string): string[] {
  return Array.from(patch.matchAll(/^\+\+\+ b\/(.+)$/gm), ([, file]) => String(file));
}
