/** A new group is written whole or not at all. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Step, writeAll } from '../../../../infra/ops/new-group/new-group.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const steps: readonly Step[] = [
  { folder: 'functions/orders', files: { 'group.ts': 'group\n', 'fold.ts': 'fold\n' } },
  { folder: 'test/functions/orders', files: { 'fold.test.ts': 'test\n' } },
  { file: 'OWNERS', line: 'orders ada' },
  { file: 'functions/index.ts', line: '  orders,', before: '};' },
];

function aCheckout(folder: string): string {
  mkdirSync(join(folder, 'functions'));
  writeFileSync(join(folder, 'functions/index.ts'), 'export const groups = {\n  billing,\n};\n');
  writeFileSync(join(folder, 'OWNERS'), 'billing bob\n');
  return folder;
}

/** Every file with its text, every folder by its name. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name);
      return [name, statSync(path).isFile() ? readFileSync(path, 'utf8') : 'folder'];
    }),
  );
}

describe('placing a new group', () => {
  it('writes its folders and one line in each file', (t) => {
    const root = aCheckout(temporaryFolder(t));

    writeAll(root, steps);

    assert.deepEqual(contents(root), {
      OWNERS: 'billing bob\norders ada\n',
      functions: 'folder',
      'functions/index.ts': 'export const groups = {\n  billing,\n  orders,\n};\n',
      'functions/orders': 'folder',
      'functions/orders/fold.ts': 'fold\n',
      'functions/orders/group.ts': 'group\n',
      test: 'folder',
      'test/functions': 'folder',
      'test/functions/orders': 'folder',
      'test/functions/orders/fold.test.ts': 'test\n',
    });
  });

  const failures: readonly (readonly [what: string, broken: (root: string) => void, sentence: RegExp])[] = [
    [
      'a folder of the name stands already',
      (root) => mkdirSync(join(root, 'functions/orders')),
      /^functions\/orders exists already and is in no registry/,
    ],
    [
      'the registry has lost its end',
      (root) => writeFileSync(join(root, 'functions/index.ts'), 'export const groups = { billing };\n'),
      /^functions\/index.ts has not exactly one line '};'/,
    ],
    [
      'a file stands where a folder has to be',
      (root) => writeFileSync(join(root, 'test'), ''),
      /^nothing was written: /,
    ],
    [
      'the registry can be read and not replaced',
      (root) => mkdirSync(join(root, 'functions/index.ts.new')),
      /^nothing was written: /,
    ],
    [
      'the first line can not be added',
      (root) => mkdirSync(join(root, 'OWNERS.new')),
      /^nothing was written: /,
    ],
  ];
  for (const [what, broken, sentence] of failures) {
    it(`leaves everything as it was when ${what}`, (t) => {
      const root = aCheckout(temporaryFolder(t));
      broken(root);
      const before = contents(root);

      assert.throws(() => writeAll(root, steps), { name: 'UserError', message: sentence });

      assert.deepEqual(contents(root), before);
    });
  }
});
