/** A third team, rehearsed: one command in a copy of the sources, and the team stands, tested, on a running localRuntime. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { checkoutCopy } from '../support/checkout-copy.ts';
import { localJars } from '../support/local-jars.ts';
import { RunningStart } from '../support/running-start.ts';
import { prepareRuntimeFolder, root } from '../support/runtime-folder.ts';

const TEAM = 'recommendations';
const CLICKS = 20_000;

/** Every file but packages and what has run, by its text. */
function filesOf(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter(
    (entry) => entry.isFile() && !/\/(node_modules|\.clickledger|cdk\.out)(\/|$)/.test(entry.parentPath),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function changedLines(before: string, after: string): string[] {
  const known = before.split('\n');
  return after.split('\n').filter((line) => !known.includes(line));
}

describe('a third team in one command', { timeout: 420_000 }, () => {
  it('its own folders, one line in the registry, one owner; it synthesizes, runs and passes its tests', async (t) => {
    const copy = checkoutCopy(join(prepareRuntimeFolder(t), 'checkout'));
    const before = filesOf(copy);
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const node = (...given: string[]) => promisify(execFile)(process.execPath, given, { cwd: copy, env });

    await node('infra/cli/main.ts', 'new-group', TEAM);
    const after = filesOf(copy);
    const folder = join(copy, '.clickledger');
    mkdirSync(folder);
    await localJars();
    symlinkSync(join(root, '.clickledger/jars'), join(folder, 'jars'));
    const start = new RunningStart({
      folder,
      command: [process.execPath, join(copy, 'infra/cli/main.ts'), 'start'],
      given: ['--clicks', String(CLICKS), '--exit'],
    });
    const [{ code }] = await Promise.all([
      start.ended(300_000),
      node(
        'node_modules/@biomejs/biome/bin/biome',
        'ci',
        '--vcs-enabled=false',
        'functions',
        'test/functions',
      ),
      node('node_modules/typescript/bin/tsc', '--noEmit'),
      node(
        '--test',
        `test/functions/${TEAM}/*.test.ts`,
        'test/infra/ops/new-group/*.test.ts',
        'test/rooms.test.ts',
      ),
    ]);

    const added = [...after.keys()].filter((file) => !before.has(file));
    assert.deepEqual(added.sort(), [
      ...['fold', 'group', 'handler', 'rollup'].map((name) => `functions/${TEAM}/${name}.ts`),
      ...['fold', 'handler'].map((name) => `test/functions/${TEAM}/${name}.test.ts`),
    ]);
    const changed = [...before].filter(([file, text]) => after.get(file) !== text);
    assert.deepEqual(
      changed.map(([file, text]) => [file, changedLines(text, after.get(file) ?? '')]),
      [
        ['.github/CODEOWNERS', [`**/functions/${TEAM}/ @clickledger/${TEAM}`]],
        ['functions/index.ts', [`  ${TEAM}: (await import('./${TEAM}/group.ts')).group,`]],
      ],
    );
    assert.equal(code, 0, start.stderr);
    const { exact, billing, [TEAM]: third } = JSON.parse(start.lastLine());
    assert.deepEqual([exact, third.applied, third.parked], [true, CLICKS, 0]);
    assert.equal(third.micros, billing.micros);
    await assert.rejects(node('infra/cli/main.ts', 'new-group', TEAM), {
      code: 2,
      stderr: /exists already/,
    });
  });
});
