import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readTemplates } from '../../../../infra/local/template/cloud-assembly.ts';
import { UserError } from '../../../../infra/terminal/user-error.ts';
import { aTopic, CODE, writeAssembly } from '../../../support/cloud-assembly.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('a cloud assembly', () => {
  it('is read as stacks and asset folders, also of a nested assembly', (t) => {
    const folder = temporaryFolder(t);
    writeAssembly(join(folder, 'assembly-Stage'), { inner: { Resources: { A: aTopic('a') } } });
    const nested = { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Stage' } };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts: { stage: nested } }));

    const { stacks, assets } = readTemplates(folder);

    assert.deepEqual(
      stacks.map(({ name, resources }) => [name, [...resources.keys()]]),
      [['inner', ['A']]],
    );
    assert.equal(assets.get(CODE), join(folder, 'assembly-Stage/asset.bundle'));
  });

  it('is refused with what to do if it was never synthesized', (t) => {
    const folder = temporaryFolder(t);

    assert.throws(
      () => readTemplates(folder),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /manifest\.json can't be read as JSON: synthesize the templates first/);
        return true;
      },
    );
  });

  it('is refused with the place of the fault if it has another shape', (t) => {
    const folder = writeAssembly(temporaryFolder(t), { app: { Resources: {} } });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'app.template.json'), '{"Resources":{"A":{}}}');

    assert.throws(
      () => readTemplates(folder),
      /app\.template\.json is not what CDK writes: Resources\.A\.Type/,
    );
  });
});
