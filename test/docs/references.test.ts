/** What documents point at exists: files of the repository, other documents, and the headings in them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { anchorsOf } from '../support/anchors.ts';

const ROOT = join(import.meta.dirname, '../..');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && file !== 'CHANGELOG.md');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Links of a document that lead nowhere, and files in code marks that don't exist; `<…>` and `*` stand for names. */
function deadEnds(file: string, text: string): string[] {
  const links = Array.from(text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g));
  const named = Array.from(
    text.matchAll(/`((?:infra|shared|functions|test|docs)\/[\w./@-]+)`/g),
    ([, path = '']) => path,
  );
  return [
    ...links.flatMap(([, path = '', anchor]) => {
      const target = path === '' ? file : normalize(join(file, '..', path));
      if (target !== file && !existsSync(join(ROOT, target))) return [`${file}: ${path} does not exist`];
      if (anchor === undefined || !target.endsWith('.md')) return [];
      const there = target === file ? text : read(target);
      return anchorsOf(there).has(anchor) ? [] : [`${file}: ${target} has no heading #${anchor}`];
    }),
    ...named
      .filter((path) => !/recommendations/.test(path) && !existsSync(join(ROOT, path)))
      .map((path) => `${file}: ${path} does not exist`),
  ];
}

describe('references in documents', () => {
  test('lead to something', () => {
    assert.ok(documents.length > 20);
    assert.deepEqual(
      documents.flatMap((file) => deadEnds(file, read(file))),
      [],
    );
  });

  test('that lead nowhere are found', () => {
    assert.deepEqual(
      deadEnds('docs/producers.md', '# A title, `of` x\n[a](#a-title-of-x) [b](../README.md) `infra/app.ts`'),
      [],
    );
    assert.equal(deadEnds('docs/producers.md', '[a](#title)').length, 1);
    assert.equal(deadEnds('docs/producers.md', '[a](deploying.md#no-such-heading)').length, 1);
    assert.equal(deadEnds('docs/producers.md', '[a](missing.md)').length, 1);
    assert.equal(deadEnds('docs/producers.md', 'see `infra/missing.ts`').length, 1);
  });
});
