import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { DiscardedBatch } from '../../../../infra/local/mapping/decide.ts';
import { createDestination, getDestinationsFolder } from '../../../../infra/local/mapping/destination.ts';
import {
  buildBatchDocument,
  buildBatchDocumentWithPayload,
} from '../../../../infra/local/mapping/failure-document.ts';
import { batchOf } from '../../../support/batches.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const batch = { ...batchOf({ 't-0': [5, 6] }), last: { requestId: 'r', functionError: null } };
const discarded: DiscardedBatch = { batch, condition: 'RetryAttemptsExhausted', because: 'no' };
const context = {
  source: { arn: 'arn:c', bootstrap: 'b:1' },
  functionArn: 'arn:f',
  now: new Date('2026-11-21T09:00:00.123Z'),
};
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a destination that is a folder', () => {
  for (const [kind, document] of [
    ['s3', buildBatchDocumentWithPayload],
    ['sqs', buildBatchDocument],
    ['sns', buildBatchDocument],
  ] as const)
    it(`has a file for each batch, whole and for its owner alone: ${kind}`, async (t) => {
      const folder = getDestinationsFolder(temporaryFolder(t));
      const deliver = createDestination({ address: { kind, name: 'dead' }, folder, bootstrap: [] });

      const files = [await deliver(discarded, context), await deliver(discarded, context)];

      assert.deepEqual(
        readdirSync(join(folder, kind, 'dead'))
          .map((name) => join(folder, kind, 'dead', name))
          .sort(),
        files.sort(),
      );
      for (const file of files) {
        assert.match(file, /\/destinations\/\w+\/dead\/2026-11-21T09-00-00-123Z-[0-9a-f-]{36}\.json$/);
        assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(document(discarded, context))}\n`);
        assert.deepEqual([modeOf(file), modeOf(dirname(file))], [0o600, 0o700]);
      }
    });

  it('that can not be written says why, and leaves nothing half written', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 's3'));
    writeFileSync(join(folder, 's3', 'dead'), '');
    const deliver = createDestination({ address: { kind: 's3', name: 'dead' }, folder, bootstrap: [] });

    await assert.rejects(deliver(discarded, context), /EEXIST|ENOTDIR/);
    assert.deepEqual(readdirSync(join(folder, 's3')), ['dead']);
  });
});
