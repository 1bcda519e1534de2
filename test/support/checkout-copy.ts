/** The sources as they are in a folder of their own, for tests that change them. Packages are shared; what was built or has run is left out. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime-folder.ts';

const SOURCES = [
  '.github',
  '.gitignore',
  'README.md',
  'biome.json',
  'cdk.json',
  'functions',
  'infra',
  'package-lock.json',
  'package.json',
  'pom.xml',
  'shared',
  'test',
  'tsconfig.json',
];

/** @param folder one that is not there yet */
export function checkoutCopy(folder: string): string {
  mkdirSync(folder);
  for (const source of SOURCES) cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
