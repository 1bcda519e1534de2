import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDiscardedLine } from '../../../infra/start/discarded-line.ts';

const destination = '/data/destinations/s3/failures';

describe('what npm start says of offsets that a mapping has discarded', () => {
  it('is nothing where the ledger has them all', () => {
    assert.equal(formatDiscardedLine('fraud', 0, { delivered: 5, dropped: 0, destination }), undefined);
  });

  it('is how many, where they are and what counts them', () => {
    assert.equal(
      formatDiscardedLine('fraud', 7, { delivered: 9, dropped: 0, destination }),
      `fraud is not exact: it lacks 7 offsets of the log; its mapping discarded 9 records since the start; 9 went to ${destination}. npm start -- --keep, then npx clickledger redrive --ledger fraud --apply counts them.`,
    );
  });

  it('names those that no destination has', () => {
    const line = formatDiscardedLine('billing', 3, { delivered: 0, dropped: 3, destination: undefined });

    assert.match(line ?? '', /discarded 3 records since the start; dropped, and in the log alone: 3\. /);
  });
});
