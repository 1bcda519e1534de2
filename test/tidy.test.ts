/** The rules of style that neither the formatter nor the compiler checks. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { groups } from '../functions/index.ts';

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

  it('no file cites a document that is not in the repository', () => {
    const outside = /\u00a7\s?\d|\breference\/[\w-]+\.md|\bfaults-and-audit\b/;
    const documents = /(?<![\w./-])docs\/[\w./-]+\.md\b/g;
    const missing = (text: string): string[] =>
      [...text.matchAll(documents)].map(([path]) => path).filter((path) => !files.includes(path));
    const texts = files.filter((name) => /\.(ts|js|mjs|md|py)$/.test(name) && name !== 'test/tidy.test.ts');
    assert.ok(texts.length > 300);
    for (const file of texts) {
      assert.doesNotMatch(read(file), outside, file);
      assert.deepEqual(missing(read(file)), [], file);
    }
    for (const cited of ['\u00a73', 'reference/kafka-esm.md', 'faults-and-audit'])
      assert.match(cited, outside);
    assert.deepEqual(missing('see docs/absent.md'), ['docs/absent.md']);
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

  it('pictures in the documents name files that exist', () => {
    const met = { paths: 0, links: 0 };
    for (const document of files.filter((file) => file.endsWith('.md'))) {
      for (const [, path = ''] of read(document).matchAll(
        /`((?:shared|functions|infra|test|docs)\/[\w./-]+\.\w+)`/g,
      )) {
        assert.ok(files.includes(path), `${document} names ${path}, which does not exist`);
        met.paths += 1;
      }
      for (const [, path = ''] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
        const target = join(document, '..', path).replace(/\/$/, '');
        assert.ok(
          files.includes(target) || files.some((file) => file.startsWith(`${target}/`)),
          `${document} links to ${path}`,
        );
        met.links += 1;
      }
    }
    assert.ok(met.paths > 50 && met.links > 50, JSON.stringify(met));
  });
});
