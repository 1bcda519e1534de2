import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatJournalKey, parseJournalKey, topicPattern } from '../../../shared/journal/journal-key.ts';

describe('the key of a journal', () => {
  it('reads back for topics with hyphens, dots and digits at their end', () => {
    for (const topic of ['ad_clicks', 'ad-clicks', 'ad.clicks-0', 'clicks-12', '0']) {
      const journal = { topic, incarnation: 3, partition: 12 };

      assert.deepEqual(parseJournalKey(formatJournalKey(journal)), journal);
    }
  });

  it('tells incarnations and partitions apart', () => {
    const keys = new Set([
      formatJournalKey({ topic: 'a', incarnation: 1, partition: 11 }),
      formatJournalKey({ topic: 'a', incarnation: 11, partition: 1 }),
      formatJournalKey({ topic: 'a', incarnation: 1, partition: 1 }),
    ]);

    assert.equal(keys.size, 3);
  });

  it('holds a name of a topic as Kafka allows it, and no other', () => {
    for (const name of ['a', 'ad_clicks-1.x', 'x'.repeat(249)]) assert.match(name, topicPattern);
    for (const name of ['', 'a b', ' a', 'a ', 'a@', '#a', 'x'.repeat(250)])
      assert.doesNotMatch(name, topicPattern);
  });

  it('refuses what is not a key', () => {
    for (const key of ['', 'a', 'a@1', 'a@0#0', 'a@1#01', 'a@1#-1', 'a b@1#0', 'a@1#0#0', 'advertiser#7']) {
      assert.throws(() => parseJournalKey(key), RangeError, key);
    }
  });
});
