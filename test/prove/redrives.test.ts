import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlannedMapping } from '../../infra/local/template/planned.ts';
import { mayGiveUp } from './redrives.ts';

const endless = { retryAttempts: -1, maxAgeSeconds: -1, destination: undefined } as PlannedMapping;

describe('a mapping', () => {
  it('without any end to its retries passes over nothing', () => {
    assert.equal(mayGiveUp(endless), false);
  });

  for (const end of [{ retryAttempts: 0 }, { maxAgeSeconds: 60 }, { destination: 'arn:aws:s3:::bucket' }])
    it(`with ${JSON.stringify(end)} may give up`, () => {
      assert.equal(mayGiveUp({ ...endless, ...end }), true);
    });
});
