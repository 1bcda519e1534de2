/** The tests that a new team begins with pass on its fold, and fail on the likely faults of one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { buildTeamFiles, buildTeamTests } from '../../../../infra/ops/new-group/new-group.ts';
import { root } from '../../../support/runtime-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const request = { team: 'orders', groupId: 'orders-service', owner: '@shop/orders' };

/** Runs the generated test of a fold beside that fold, in a folder of its own. */
function tested(t: TestContext, fold: string): { status: number | null; said: string } {
  const folder = temporaryFolder(t);
  for (const path of ['functions/orders', 'test/functions/orders'])
    mkdirSync(join(folder, path), { recursive: true });
  for (const path of ['shared', 'test/support', 'node_modules', 'package.json'])
    symlinkSync(join(root, path), join(folder, path));
  writeFileSync(join(folder, 'functions/orders/fold.ts'), fold);
  writeFileSync(
    join(folder, 'test/functions/orders/fold.test.ts'),
    buildTeamTests(request)['fold.test.ts'] ?? '',
  );
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const given = ['--test', 'test/functions/orders/fold.test.ts'];
  const { status, stdout } = spawnSync(process.execPath, given, { cwd: folder, env, encoding: 'utf8' });
  return { status, said: stdout };
}

const head = "import type { Fold } from '../../shared/fold.ts';\n";
const faulty = {
  'counts an ad in a state without bound': `${head}export const fold: Fold<Record<string, number>> = {
    open: (carried) => JSON.parse(carried || '{}'),
    click(state, click, delta) { state[click.adId] = (state[click.adId] ?? 0) + 1; delta.count(click); },
    close: (state) => JSON.stringify(state),
  };`,
  'counts a click twice and the one after it not at all': `${head}export const fold: Fold<{ twice: boolean }> = {
    open: () => ({ twice: false }),
    click(state, click, delta) { state.twice = !state.twice; if (state.twice) { delta.count(click); delta.count(click); } },
    close: () => '',
  };`,
  'needs an optional field': `${head}export const fold: Fold<undefined> = {
    open: () => undefined,
    click(_, click, delta) { if ((click.ip as string).length > 0) delta.count(click); },
    close: () => '',
  };`,
};

describe('the tests of a new team', () => {
  it('pass on the fold that it begins with', (t) => {
    const { status, said } = tested(t, buildTeamFiles(request)['fold.ts'] ?? '');

    assert.equal(status, 0, said);
    assert.match(said, /pass 3/);
  });

  for (const [name, fold] of Object.entries(faulty))
    it(`fail on a fold that ${name}`, (t) => {
      const { status, said } = tested(t, fold);

      assert.equal(status, 1, said);
      assert.match(said, /fail [1-3]\b/);
      assert.doesNotMatch(said, /ERR_MODULE_NOT_FOUND|SyntaxError/);
    });
});
