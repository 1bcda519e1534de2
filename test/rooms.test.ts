/** The import table of docs/design: which room may import what, checked on every source file. */
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
    rooms: [/^shared\/group\.ts$/, /^functions\/[^/]+\/group\.ts$/],
    packages: [],
  },
  'infra/app': {
    at: /^infra\/app\.ts$/,
    rooms: [/^infra\/aws\//, /^functions\/index\.ts$/],
    packages: [cdk, sdk],
  },
  'infra/aws': {
    at: /^infra\/aws\//,
    rooms: [/^shared\//, /^functions\/index\.ts$/, terminal],
    packages: [cdk, schema, /^esbuild$/, /^@aws-sdk\/client-cloudformation$/],
  },
  'infra/terminal': { at: terminal, rooms: [], packages: [commander] },
  'infra/cli': {
    at: /^infra\/cli\//,
    rooms: [/^shared\//, /^functions\/index\.ts$/, /^infra\/(aws|ops|new-group|terminal)\//],
    packages: [sdk, commander, schema],
  },
  'infra/local': { at: /^infra\/local\//, rooms: [terminal], packages: [kafka, sdk, schema] },
  'infra/start': {
    at: /^infra\/start(\.ts$|\/)/,
    // Of the proof, what its page's buttons do too.
    rooms: [
      /^infra\/local\//,
      /^infra\/ops\//,
      terminal,
      /^infra\/prove\/(fault-proxy|forget-group|poison)\.ts$/,
    ],
    packages: [],
  },
  'infra/lab': {
    at: /^infra\/lab\//,
    rooms: [/^infra\/local\//, terminal],
    packages: [kafka, /^vega(-lite)?$/],
  },
  'infra/prove': {
    at: /^infra\/prove\//,
    rooms: [/^infra\/local\//, /^infra\/ops\//, terminal],
    packages: [kafka, sdk],
  },
  'infra/new-group': {
    at: /^infra\/new-group\//,
    rooms: [/^shared\/group\.ts$/, /^functions\/index\.ts$/, terminal],
    packages: [commander],
  },
  'infra/ops': {
    at: /^infra\/ops\//,
    rooms: [/^shared\//, terminal],
    packages: [sdk, kafka, schema, /^aws-msk-iam-sasl-signer-js$/],
  },
};

/** Every team's folder, and so every new team's: the pipe and itself, never another team. */
function roomOf(team: string): Room {
  return { at: new RegExp(`^functions/${team}/`), rooms: [/^shared\//], packages: [schema] };
}

/** Code that has to share nothing with what it judges: it may import its own kind only. */
const alone = /^infra\/ops\/(recount\.ts$|audit\/)/;
const ownKind = /^infra\/(ops\/audit|terminal)\//;

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
    const allowed = alone.test(file) ? [ownKind] : [room.at, ...room.rooms];
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
    const forbidden = [
      ['shared/ledger.ts', "import { group } from '../functions/billing/group.ts';"],
      ['shared/ledger.ts', "import { Stack } from 'aws-cdk-lib/core';"],
      ['shared/ledger.ts', "import type { Plan } from '../infra/local/plan.ts';"],
      ['functions/billing/fold.ts', "import { velocityFold } from '../fraud/fold.ts';"],
      ['functions/billing/fold.ts', "import { Consumer } from '@platformatic/kafka';"],
      ['functions/recommendations/fold.ts', "import { fold } from '../billing/fold.ts';"],
      ['infra/new-group/placing.ts', "import { stages } from '../aws/stages.ts';"],
      ['functions/index.ts', "import { fold } from './billing/fold.ts';"],
      ['infra/aws/stacks.ts', "import { fold } from '../../functions/billing/fold.ts';"],
      ['infra/aws/stacks.ts', "const plan = await import('../local/plan.ts');"],
      ['infra/local/ground.ts', "import {\n  journalKey,\n} from '../../shared/position.ts';"],
      ['infra/local/ground.ts', "export { group } from '../../functions/billing/group.ts';"],
      ['infra/start.ts', "import { stages } from './aws/stages.ts';"],
      ['infra/start/session.ts', "import { readHead } from '../../shared/journal-store.ts';"],
      ['infra/ops/statement.ts', "import '../aws/stages.ts';"],
      ['infra/ops/recount.ts', "import { decode } from '../../shared/decode.ts';"],
      ['infra/ops/recount.ts', "import { openLedger } from './ledger-view.ts';"],
      ['infra/ops/audit/check-log.ts', "import { decode } from '../../../shared/decode.ts';"],
      ['infra/ops/audit/audited.ts', "import { openLedger } from '../ledger-view.ts';"],
      ['infra/other/thing.ts', ''],
    ] as const;

    for (const [file, text] of forbidden) assert.equal(trespasses(file, text).length, 1, `${file}: ${text}`);
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
