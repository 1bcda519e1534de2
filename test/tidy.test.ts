/** The rules of style that neither the formatter nor the compiler checks. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { groups } from '../functions/index.ts';
import { anchorsOf } from './support/anchors.ts';
import { findCycles, readSourceFacts, type SourceFacts } from './support/source-facts.ts';
import { declarations, verbs } from './support/verbs.ts';

const root = join(import.meta.dirname, '..');
const LINES_MAX = 400;
const bannedNames = /^(utils?|helpers?|common|misc|base|.*-?(manager|service|impl|utils|helpers))\.ts$/;

/** What git tracks or would track. */
function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '');
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

const files = projectFiles();
const sources = files.filter((file) => /^(shared|functions|infra)\/.*\.(ts|js)$/.test(file));

/** A function's name begins with one of the verbs; a predicate's with `is` or `has`. */
function lacksVerb(name: string): boolean {
  const [first = ''] = /^[a-z]+/.exec(name) ?? [];
  return !Object.hasOwn(verbs, first) && !declarations.includes(name);
}

/** Documents that a source names and that do not exist, or lack the section named. `docs/` or `docs/runbook/` may be left out. */
function missingDocuments(file: string, text: string): string[] {
  const named = text.matchAll(/(?<![\w./:$}-])((?:[\w-]+\/)*[\w-]+\.md)\b(?:#([\w-]+))?/g);
  return Array.from(named).flatMap(([words, path = '', anchor]) => {
    const places = [path, join('docs', path), join('docs/runbook', path), join(dirname(file), path)];
    const found = places.find((place) => files.includes(place));
    if (found === undefined) return [`${file} names ${path}`];
    return anchor === undefined || anchorsOf(read(found)).has(anchor) ? [] : [`${file} names ${words}`];
  });
}

const { exports: published, bin } = JSON.parse(read('package.json')) as {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
};

const facts = readSourceFacts(
  new Map(sources.filter((file) => file.endsWith('.ts')).map((file) => [file, read(file)])),
);

/** Functions, classes and constants that no other file imports. */
function deadExports(given: readonly (readonly [file: string, facts: SourceFacts])[]): string[] {
  const imported = new Set(given.flatMap(([, { importedNames }]) => importedNames));
  return given.flatMap(([file, { exportedValues }]) =>
    exportedValues
      .map((name) => `${file} ${name}`)
      .filter((name) => !imported.has(name) && !imported.has(`${file} *`)),
  );
}

describe('tidy', () => {
  it('each source file opens by saying what it is for', () => {
    for (const file of sources) assert.match(read(file), /^(#!.*\n)?\/\*\*/, `${file} has no head`);
  });

  it(`no source file has more than ${LINES_MAX} lines, and most far fewer`, () => {
    const lengths = sources.map((file) => ({ file, lines: read(file).split('\n').length - 1 }));

    for (const { file, lines } of lengths) assert.ok(lines <= LINES_MAX, `${file} has ${lines} lines`);
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    assert.ok(median <= 100, `the median is ${median}`);
  });

  it('no file is named after nothing', () => {
    for (const file of files) assert.doesNotMatch(basename(file), bannedNames, file);
    assert.match('string-utils.ts', bannedNames);
    assert.match('helper.ts', bannedNames);
  });

  it('no file imports itself by way of others, not for types either', () => {
    assert.ok(facts.size > 200);
    assert.deepEqual(findCycles(facts), []);
    const circle = readSourceFacts(
      new Map([
        ['a.ts', "import { b } from './deep/b.ts';\nexport const a = b;"],
        ['deep/b.ts', "import type { C } from '../c.ts';\nexport const b = 1;"],
        ['c.ts', "export interface C { readonly a: typeof import('./a.ts').a }"],
        ['self.ts', "export { a } from './self.ts';"],
        ['late.ts', "export const load = () => import('./later.ts');"],
        ['later.ts', "export type { load } from './late.ts';"],
        ['alone.ts', "import { a } from './a.ts';\nimport 'node:fs';"],
      ]),
    );
    assert.deepEqual(findCycles(circle), [
      ['a.ts', 'c.ts', 'deep/b.ts'],
      ['self.ts'],
      ['late.ts', 'later.ts'],
    ]);
  });

  it('each exported function begins with a verb, and each verb of the list is needed', () => {
    const named = Array.from(facts, ([file, { exportedFunctions }]) =>
      exportedFunctions.map((name) => ({ file, name })),
    ).flat();
    assert.ok(named.length > 300);
    assert.deepEqual(
      named.filter(({ name }) => lacksVerb(name)).map(({ file, name }) => `${file}: ${name}`),
      [],
    );
    const begun = new Set(named.map(({ name }) => /^[a-z]+/.exec(name)?.[0]));
    assert.deepEqual(
      Object.keys(verbs).filter((verb) => !begun.has(verb)),
      [],
    );
    assert.deepEqual(
      Object.keys(verbs).filter((verb) => /(?<!ne)ed$|ing$/.test(verb)),
      [],
    );
    const meanings = Object.values(verbs);
    assert.equal(new Set(meanings).size, meanings.length);

    const [example] = readSourceFacts(
      new Map([
        [
          'a.ts',
          `export function judged() {}
           export async function* offsetsOf() {}
           export const settled = async () => 1, limit = 3;
           export const plain = function () {};
           export function readHead() {}
           function hidden() {}`,
        ],
      ]),
    ).values();
    assert.deepEqual(example?.exportedFunctions.filter(lacksVerb), [
      'judged',
      'offsetsOf',
      'settled',
      'plain',
    ]);
  });

  it('each exported value is imported somewhere, and each file that package.json names exists', () => {
    const entries = [...Object.values(published), ...Object.values(bin)].map((path) =>
      path.replace(/^\.\//, ''),
    );
    assert.ok(entries.length >= 5);
    assert.deepEqual(
      entries.filter((path) => !files.includes(path)),
      [],
    );
    // Lambda loads handlers, and the bundler what stands in for the SDK's chain of credentials.
    const isEntry = (file: string) =>
      entries.includes(file) ||
      /^functions\/[^/]+\/(handler|rollup)\.ts$|environment-credentials|fold\/count/.test(file);
    const tests = files.filter((file) => /^test\/.*\.ts$/.test(file));
    const all = [...facts, ...readSourceFacts(new Map(tests.map((file) => [file, read(file)])))];
    assert.deepEqual(
      deadExports(all).filter((name) => !name.startsWith('test/') && !isEntry(name.split(' ')[0] ?? '')),
      [],
    );

    const example = readSourceFacts(
      new Map([
        [
          'a.ts',
          'export const used = 1, dead = 2; export class Whole {} export function called() {} function own() {}',
        ],
        ['b.ts', "import { used as other, type T } from './a.ts'; export function lost() {}"],
        ['c.ts', "const { called } = await import('./d.ts'); export {};"],
        ['d.ts', 'export const loaded = 1;'],
      ]),
    );
    assert.deepEqual(deadExports([...example]), ['a.ts dead', 'a.ts Whole', 'a.ts called', 'b.ts lost']);
  });

  it('no exported type has the name of another', () => {
    const twice = (given: typeof facts) => {
      const names = Array.from(given.values()).flatMap(({ exportedTypes }) => exportedTypes);
      return names.filter((name, at) => names.indexOf(name) !== at);
    };
    assert.deepEqual(twice(facts), []);
    const three = new Map([
      ['a.ts', 'export interface Fault {}\nexport class Plan {}\ninterface Hidden {}'],
      ['b.ts', 'export type Fault = 1;\nexport type Hidden = 2;'],
      ['c.ts', 'export interface Plan {}'],
    ]);
    assert.deepEqual(twice(readSourceFacts(three)).sort(), ['Fault', 'Plan']);
  });

  it('every document that a source names exists, with the section that it names', () => {
    // The tests of documents name made-up ones.
    const naming = files.filter(
      (file) => /\.(ts|js|mjs|py)$/.test(file) && !/^test\/(docs\/|tidy)/.test(file),
    );
    assert.ok(naming.filter((file) => /\w\.md\b/.test(read(file))).length > 30);
    assert.deepEqual(
      naming.flatMap((file) => missingDocuments(file, read(file))),
      [],
    );
    for (const text of ['docs/absent.md', 'see absent.md', 'docs/deploying.md#no-such-section'])
      assert.deepEqual(missingDocuments('infra/app.ts', `// ${text}`).length, 1, text);
    assert.deepEqual(missingDocuments('infra/app.ts', '// ledger-layout.md, CONTRIBUTING.md#a-new-team'), []);
  });

  it('no marker is left without the number of its issue', () => {
    const marker = /\b(TODO|FIXME|XXX)\b(?!\s*\(#\d+\))/;
    for (const file of sources) assert.doesNotMatch(read(file), marker, file);
    assert.match('// TODO later', marker);
    assert.doesNotMatch('// TODO (#12) later', marker);
  });

  it('every group has its data, its fold, its two handlers and an owner', () => {
    for (const team of Object.keys(groups)) {
      assert.match(read('.github/CODEOWNERS'), new RegExp(`^\\*\\*/functions/${team}/ \\S+$`, 'm'), team);
      for (const file of ['group.ts', 'fold.ts', 'handler.ts', 'rollup.ts']) {
        assert.ok(files.includes(`functions/${team}/${file}`), `functions/${team}/${file} is missing`);
      }
    }
  });

  it('no file cites a document of elsewhere by its section', () => {
    const outside = /\u00a7\s?\d|\breference\/[\w-]+\.md|\bfaults-and-audit\b/;
    const texts = files.filter((name) => /\.(ts|js|mjs|md|py)$/.test(name) && name !== 'test/tidy.test.ts');
    assert.ok(texts.length > 300);
    for (const file of texts) assert.doesNotMatch(read(file), outside, file);
    for (const cited of ['\u00a73', 'reference/kafka-esm.md', 'faults-and-audit'])
      assert.match(cited, outside);
  });

  it('the lockfile names no registry', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
  });

  it('no path is the path of a URL, which stays encoded: a space or an accent in it names no file', () => {
    const encoded =
      /import\.meta\.url\s*,?\s*\)\s*\.pathname|import\.meta\.resolve\([^)]*\)\.(slice|replace)/;
    for (const file of files.filter((name) => /\.(ts|js|mjs)$/.test(name)))
      assert.doesNotMatch(read(file).replace(/it\('no path is[\s\S]*?\n {2}\}\);/, ''), encoded, file);
    assert.match("new URL('./x.ts', import.meta.url).pathname", encoded);
  });

  it('every dependency is pinned to one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      assert.match(String(version), /^(npm:[a-z0-9-]+@)?\d+\.\d+\.\d+$/, name);
    }
  });

  it('the lock file vouches for every package, the Node that runs it among them', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<
        string,
        { name?: string; integrity?: string; inBundle?: boolean; hasInstallScript?: boolean }
      >;
    };
    const installed = Object.entries(packages).filter(([path]) => path !== '');
    // What comes inside of another package has that one's digest.
    for (const [path, { integrity = '', inBundle }] of installed)
      if (inBundle !== true) assert.match(integrity, /^sha512-/, path);
    const names = installed.map(([path, { name }]) => name ?? path.replace(/^node_modules\//, ''));
    for (const cpu of ['x64', 'arm64']) assert.ok(names.includes(`node-linux-${cpu}`), cpu);
    // What runs at installation could fetch what the lock file does not know.
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    assert.deepEqual(
      scripts.map(([path]) => path),
      ['node_modules/esbuild'],
    );
  });

  it('every action of the workflows is named by its commit', () => {
    const workflows = files.filter((file) => /^\.github\/workflows\/.*\.ya?ml$/.test(file));
    const uses = workflows.flatMap((file) =>
      [...read(file).matchAll(/uses: (.+)/g)].map(([, used = '']) => used),
    );
    assert.ok(uses.length > 0);
    for (const used of uses) assert.match(used, /^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d/);
  });
});
