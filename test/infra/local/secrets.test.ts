import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createSecretLookup } from '../../../infra/local/secrets.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('a generated secret', () => {
  it('has the given length, without excluded characters', (t) => {
    const secrets = createSecretLookup(join(temporaryFolder(t), 'secrets.json'));

    const secret = secrets('app/Key', { length: 200, exclude: 'aeiou/@"' });

    assert.match(secret, /^[A-Zb-df-hj-np-tv-z0-9]{200}$/);
  });

  it('is the same after a restart, and differs for another id', (t) => {
    const file = join(temporaryFolder(t), 'kept/secrets.json');
    const before = createSecretLookup(file)('app/Key', { length: 32, exclude: '' });

    const restarted = createSecretLookup(file);

    assert.equal(restarted('app/Key', { length: 32, exclude: '' }), before);
    assert.notEqual(restarted('app/Other', { length: 32, exclude: '' }), before);
  });

  it('is readable by its owner only', (t) => {
    const file = join(temporaryFolder(t), 'secrets.json');

    createSecretLookup(file)('app/Key', { length: 32, exclude: '' });

    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it('is not replaced silently when its file is damaged', (t) => {
    const file = join(temporaryFolder(t), 'secrets.json');
    writeFileSync(file, '{"app/Key":');

    assert.throws(() => createSecretLookup(file), /secrets\.json is damaged: remove it/);
  });
});
