import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DiscardedRecords } from '../../../../infra/local/mapping/discarded.ts';

const some = { offsets: 'clicks-0 5..9', because: 'TypeError: no; attempts: 4' };

describe('discarded records', () => {
  it('are reported and counted: delivered, dropped without a destination, or refused by it', () => {
    const records = new DiscardedRecords('/there');

    const said = [
      records.add({ ...some, records: 5, at: '/there/x.json' }),
      records.add({ ...some, records: 2 }),
      records.add({ ...some, records: 1, undelivered: 'EACCES' }),
    ];

    assert.deepEqual(said, [
      'discarded 5 records (clicks-0 5..9; TypeError: no; attempts: 4): they are in /there/x.json',
      'discarded 2 records (clicks-0 5..9; TypeError: no; attempts: 4): DROPPED, the mapping has no destination',
      'discarded 1 record (clicks-0 5..9; TypeError: no; attempts: 4): LOST to the mapping, its destination refused them: EACCES',
    ]);
    assert.deepEqual([records.delivered, records.dropped], [5, 3]);
  });
});
