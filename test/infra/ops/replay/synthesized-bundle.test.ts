import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { synthesizedBundle } from '../../../../infra/ops/replay/synthesized-bundle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const table = { Type: 'AWS::SSM::Parameter', Properties: { Name: '/clickledger/dev/ledger/fraud/table' } };
const code = (key: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Key: `${key}.zip` },
    Handler: 'index.handler',
    Environment: { Variables: { LEDGER_TABLE: 't', CODE_VERSION: 'c', IP_HASH_KEY: 'k' } },
  },
});
const mapping = (FunctionName: object) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { FunctionName },
});

function synthesized(t: TestContext, resources: object): string {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'a.template.json'), JSON.stringify({ Resources: {} }));
  writeFileSync(join(folder, 'b.template.json'), JSON.stringify({ Resources: resources }));
  for (const key of ['h1', 'h2']) {
    mkdirSync(join(folder, `asset.${key}`));
    writeFileSync(join(folder, `asset.${key}`, 'index.mjs'), '');
  }
  return folder;
}

describe('the bundle of a ledger', () => {
  it('is what its mapping invokes, by reference, ARN or alias, and names its secrets', (t) => {
    const functions = { table, Rollup: code('h1'), Handler: code('h2') };
    const alias = { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Handler' } } };
    const ways = [
      { ...functions, Mapping: mapping({ Ref: 'Handler' }) },
      { ...functions, Mapping: mapping({ 'Fn::GetAtt': ['Handler', 'Arn'] }) },
      { ...functions, Live: alias, Mapping: mapping({ Ref: 'Live' }) },
    ];

    for (const resources of ways) {
      const folder = synthesized(t, resources);

      assert.deepEqual(synthesizedBundle('fraud', folder), {
        file: join(folder, 'asset.h2/index.mjs'),
        exported: 'handler',
        secrets: ['IP_HASH_KEY'],
      });
    }
  });

  it('is refused with what there is', (t) => {
    const folder = synthesized(t, { table, Mapping: mapping({ Ref: 'Gone' }) });

    assert.throws(
      () => synthesizedBundle('billing', folder),
      /no stack of ledger 'billing', it has fraud: npm run synth/,
    );
    assert.throws(() => synthesizedBundle('fraud', folder), /lacks the code of ledger 'fraud'/);
    assert.throws(() => synthesizedBundle('fraud', '/nowhere'), /it has none/);
  });
});
