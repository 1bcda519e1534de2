import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMostTooMuch } from '../../../../infra/start/page/picture.ts';

const billed = (clicks: number) => ({ clicks, micros: BigInt(clicks) * 10n });
const worth = (clicks: number) => ({ ...billed(clicks), asOf: 0, refused: 0 });

describe('what was billed beyond the log', () => {
  it('is nothing while less was billed than there is', () => {
    assert.deepEqual(findMostTooMuch(undefined, billed(90), worth(100)), { clicks: 0, micros: 0n });
  });

  it('stays once it was seen, though the log has grown since', () => {
    const once = findMostTooMuch(undefined, billed(130), worth(100));

    assert.deepEqual(once, { clicks: 30, micros: 300n });
    assert.deepEqual(findMostTooMuch(once, billed(180), worth(200)), once);
    assert.deepEqual(findMostTooMuch(once, billed(180), undefined), once);
  });

  it('is not told before the log has been read', () => {
    assert.equal(findMostTooMuch(undefined, billed(130), undefined), undefined);
  });
});
