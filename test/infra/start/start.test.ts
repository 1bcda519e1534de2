import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createIncarnationLookup } from '../../../infra/start/start.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const path = '/clickledger/dev/ad_clicks/incarnation';

describe('the incarnation of a start', () => {
  it('is that of the templates unless one is given, and no other parameter’s', (t) => {
    const folder = temporaryFolder(t);

    assert.equal(createIncarnationLookup(folder, { keep: false, incarnation: undefined })(path, '1'), '1');
    const given = createIncarnationLookup(folder, { keep: true, incarnation: 2 });
    assert.equal(given(path, '1'), '2');
    assert.equal(given('/clickledger/dev/ad_clicks/log', 'unsaid'), 'new');
    assert.equal(given('/clickledger/dev/ad_clicks/partitions', '3'), '3');
  });

  it('is kept as long as the data is', (t) => {
    const folder = temporaryFolder(t);
    createIncarnationLookup(folder, { keep: true, incarnation: 2 });

    assert.equal(createIncarnationLookup(folder, { keep: true, incarnation: undefined })(path, '1'), '2');
    assert.equal(createIncarnationLookup(folder, { keep: false, incarnation: undefined })(path, '1'), '1');
    const anew = createIncarnationLookup(folder, { keep: true, incarnation: undefined });
    assert.equal(anew(path, '1'), '1');
    assert.equal(anew('/clickledger/dev/ad_clicks/log', 'unsaid'), 'unsaid');
  });
});
