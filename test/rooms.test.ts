/** The import table of ARCHITECTURE.md: which room may import what, checked on every source file. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '..');

interface Room {
  /** Files of the room: all below this folder, or this file. */
  readonly at: RegExp;
  /** Own files it may import, besides its own room. */
  readonly rooms: readonly RegExp[];
  /** Packages it may import; `node:` is open to all. */
  readonly packages: readonly RegExp[];
}

const sdk = /^@aws-sdk\//;
const cdk = /^(aws-cdk-lib|constructs)(\/|$)/;
const kafka = /^@platformatic\/kafka$/;
const schema = /^valibot$/;
const commander = /^(commander|@commander-js\/extra-typings)$/;
/** What every command says and hears: a leaf that each room of infra may import. */
const terminal = /^infra\/terminal\//;
const pipe = [sdk, schema, /^@middy\//, /^@aws-lambda-powertools\//, /^aws-lambda$/];

const rooms: Readonly<Record<string, Room>> = {
  shared: { at: /^shared\//, rooms: [], packages: pipe },
  registry: {
    at: /^functions\/index\.ts$/,
    rooms: [/^shared\/(group|contract\/contract)\.ts$/, /^functions\/([^/]+\/group|events\/[^/]+)\.ts$/],
    packages: [],
  },
  'infra/app': {
    at: /^infra\/app\.ts$/,
    rooms: [/^infra\/aws\//, /^functions\/index\.ts$/],
    packages: [cdk],
  },
  'infra/aws': {
    at: /^infra\/aws\//,
    rooms: [/^cdk\.json$/, /^shared\//, /^functions\/index\.ts$/, terminal],
    packages: [cdk, schema, /^esbuild$/, /^@aws-sdk\/client-cloudformation$/],
  },
  'infra/terminal': { at: terminal, rooms: [], packages: [commander] },
  'infra/kafka': {
    at: /^infra\/kafka\//,
    rooms: [terminal],
    packages: [kafka, /^aws-msk-iam-sasl-signer-js$/],
  },
  'infra/cli': {
    at: /^infra\/cli\//,
    rooms: [/^shared\//, /^functions\/index\.ts$/, /^infra\/(aws|audit|kafka|ops|start|terminal)\//],
    packages: [sdk, commander, schema],
  },
  'infra/local': { at: /^infra\/local\//, rooms: [terminal], packages: [kafka, sdk, schema] },
  // It shares no code with what it audits.
  'infra/audit': { at: /^infra\/audit\//, rooms: [terminal, /^infra\/kafka\//], packages: [sdk] },
  'infra/start': {
    at: /^infra\/start\//,
    rooms: [/^infra\/(local|ops|audit|kafka|terminal)\//, /^shared\/(published|journal\/offsets)\.ts$/],
    packages: [],
  },
  'infra/ops': {
    at: /^infra\/ops\//,
    rooms: [/^shared\//, terminal, /^infra\/kafka\//],
    packages: [sdk, kafka, schema, commander],
  },
};

/** Every team's folder, and so every new team's: the pipe, contracts and itself, never another team. Contracts are data, and import types alone. */
function roomOf(team: string): Room {
  const rooms =
    team === 'events' ? [/^shared\/contract\/contract\.ts$/] : [/^shared\//, /^functions\/events\//];
  return { at: new RegExp(`^functions/${team}/`), rooms, packages: [schema] };
}

function sourceFiles(): string[] {
  return ['shared', 'functions', 'infra'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

function importsOf(text: string): string[] {
  const statements =
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;
  return Array.from(text.matchAll(statements), ([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '');
}

/** What is wrong with the imports of a file, in words. */
function trespasses(file: string, text: string): string[] {
  const [, team] = /^functions\/([a-z0-9-]+)\//.exec(file) ?? [];
  const all = team === undefined ? rooms : { [team]: roomOf(team) };
  const [name, room] = Object.entries(all).find(([, { at }]) => at.test(file)) ?? [];
  if (room === undefined) return [`${file} belongs to no room`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith('node:')) return [];
    if (!specifier.startsWith('.')) {
      return room.packages.some((allowed) => allowed.test(specifier))
        ? []
        : [`${file}: ${name} may not import ${specifier}`];
    }
    // Of a file that is yet to be written, in code that writes it.
    if (specifier.includes('${')) return [];
    const target = relative(root, resolve(root, dirname(file), specifier));
    const allowed = [room.at, ...room.rooms];
    const inRoom = allowed.some((pattern) => pattern.test(target));
    if (!inRoom) return [`${file}: ${name} may not import ${target}`];
    return existsSync(join(root, target)) ? [] : [`${file}: ${target} does not exist`];
  });
}

describe('rooms', () => {
  it('import only what the table allows them', () => {
    const files = sourceFiles();
    const found = files.flatMap((file) => trespasses(file, readFileSync(join(root, file), 'utf8')));

    assert.ok(files.length > 50, 'the sources were found');
    assert.deepEqual(found, []);
  });

  it('each forbidden import is found out', () => {
    // A file, and what it may not import: a file that exists, or a package.
    const forbidden = [
      ['shared/journal/apply-delivery.ts', 'functions/billing/group.ts'],
      ['shared/journal/apply-delivery.ts', 'aws-cdk-lib/core'],
      ['shared/journal/apply-delivery.ts', 'infra/local/template/read-plan.ts'],
      ['functions/billing/fold.ts', 'functions/fraud/fold.ts'],
      ['functions/billing/fold.ts', '@platformatic/kafka'],
      ['functions/recommendations/fold.ts', 'functions/billing/fold.ts'],
      ['functions/index.ts', 'functions/billing/fold.ts'],
      ['infra/aws/stacks.ts', 'functions/billing/fold.ts'],
      ['infra/aws/stacks.ts', 'infra/local/template/read-plan.ts'],
      ['infra/local/local-runtime.ts', 'shared/journal/journal-key.ts'],
      ['infra/local/local-runtime.ts', 'functions/billing/group.ts'],
      ['infra/start/session.ts', 'infra/aws/stages.ts'],
      ['infra/start/session.ts', 'shared/journal/journal-store.ts'],
      ['infra/ops/statement.ts', 'infra/aws/stages.ts'],
      ['infra/ops/redrive/target.ts', 'infra/audit/layout.ts'],
      ['infra/audit/check-log.ts', 'shared/contract/decode.ts'],
      ['infra/audit/check-log.ts', 'infra/ops/ledger-view.ts'],
      ['infra/kafka/topic-log.ts', 'infra/audit/layout.ts'],
      ['infra/terminal/text.ts', 'infra/ops/ledger-view.ts'],
    ] as const;

    for (const [file, target] of forbidden) {
      const isFile = target.endsWith('.ts');
      if (isFile) assert.ok(existsSync(join(root, target)), `${target} exists`);
      const path = relative(dirname(file), target);
      const specifier = isFile ? (path.startsWith('.') ? path : `./${path}`) : target;
      for (const text of [
        `import { a } from '${specifier}';`,
        `export type { A } from '${specifier}';`,
        `const a = await import('${specifier}');`,
      ])
        assert.equal(trespasses(file, text).length, 1, `${file}: ${text}`);
    }
    assert.deepEqual(trespasses('infra/other/thing.ts', ''), ['infra/other/thing.ts belongs to no room']);
  });

  it('nothing outside test/ imports from it', () => {
    for (const file of sourceFiles()) {
      const fromTests = importsOf(readFileSync(join(root, file), 'utf8')).filter((specifier) =>
        /(^|\/)test\//.test(specifier),
      );

      assert.deepEqual(fromTests, [], file);
    }
  });
});
