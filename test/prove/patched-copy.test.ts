import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../../infra/terminal/user-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { listPatchedFiles, makePatchedCopy } from './patched-copy.ts';

const root = join(import.meta.dirname, '../..');
const patches = ['test/prove/mutants', 'test/prove/releases'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((file) => join(folder, file)),
);
/** The proof itself, and the auditor: what judges a mutant may not be part of it. */
const judges = /^infra\/(prove|ops)\//;

/** What the reference on faults asks for, section 7. */
const matrix = [
  'no-condition-on-the-put',
  'effect-beside-the-entry',
  'acknowledged-before-the-write',
  'mark-then-add',
  'watermark-instead-of-the-set',
  'group-in-the-key',
  'partition-left-out-of-the-key',
  'incarnation-left-out',
  'offsets-compared-as-strings',
  'last-offset-instead-of-the-next',
  'payload-hash-as-the-key',
  'float-money',
  'errors-swallowed-and-acknowledged',
  'checkpoint-that-expires',
  'intervals-merged-across-a-gap',
  'intervals-merged-off-by-one',
  'version-not-after-its-base',
  'rollup-without-its-condition',
  'stale-head-after-a-failed-condition',
];

describe('the patches of a proof', () => {
  it('are at least the mutants of the matrix', () => {
    for (const mutant of matrix) assert.ok(patches.includes(`test/prove/mutants/${mutant}.patch`), mutant);
  });

  for (const patch of patches) {
    it(`${patch} applies to the sources as they are, and leaves those who judge alone`, () => {
      execFileSync('git', ['apply', '--check', patch], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });

      const files = listPatchedFiles(readFileSync(join(root, patch), 'utf8'));
      assert.ok(files.length > 0);
      for (const file of files) assert.doesNotMatch(file, judges);
    });
  }
});

describe('a patched copy', () => {
  const sources = ['cdk.json', 'package.json', 'package-lock.json', 'pom.xml', 'tsconfig.json'];
  const patch = (line: string) =>
    `--- a/shared/thing.ts\n+++ b/shared/thing.ts\n@@ -1 +1 @@\n-${line}\n+export const thing = 2;\n`;

  function someSources(t: Parameters<typeof temporaryFolder>[0]): string {
    const folder = temporaryFolder(t);
    for (const name of ['infra', 'functions', 'shared', 'test/prove', 'node_modules'])
      mkdirSync(join(folder, name), { recursive: true });
    for (const file of sources) writeFileSync(join(folder, file), '{}');
    writeFileSync(join(folder, 'shared/thing.ts'), 'export const thing = 1;\n');
    return folder;
  }

  it('is the sources with the patch on them; the sources stay, and so does what was built in the copy', (t) => {
    const folder = someSources(t);
    const copy = join(folder, 'copy');
    writeFileSync(join(folder, 'one.patch'), patch('export const thing = 1;'));
    mkdirSync(join(copy, 'cdk.out'), { recursive: true });

    for (let times = 0; times < 2; times++) makePatchedCopy(folder, copy, join(folder, 'one.patch'));

    assert.equal(readFileSync(join(copy, 'shared/thing.ts'), 'utf8'), 'export const thing = 2;\n');
    assert.equal(readFileSync(join(folder, 'shared/thing.ts'), 'utf8'), 'export const thing = 1;\n');
    assert.ok(readdirSync(copy).includes('cdk.out') && readdirSync(copy).includes('node_modules'));
  });

  it('is refused, by the name of the patch, where that no longer applies', (t) => {
    const folder = someSources(t);
    const file = join(folder, 'old.patch');
    writeFileSync(file, patch('export const thing = 0;'));

    assert.throws(
      () => makePatchedCopy(folder, join(folder, 'copy'), file),
      (error) =>
        error instanceof UserError &&
        error.message.startsWith(`${file} does not apply to the sources any more`),
    );
  });
});
