import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../shared/config.ts';
import { AppError } from '../../shared/errors.ts';

const sound = {
  LEDGER_TABLE: 'billing-table',
  TOPIC_INCARNATION: '2',
  TOPIC_RETENTION_HOURS: '168',
  PARTIAL_RESPONSES: 'true',
  CODE_VERSION: 'abc123',
};

describe('the environment of a function', () => {
  it('is read as what it means', () => {
    const config = readConfig(['KEY'], { ...sound, KEY: 'k'.repeat(32), OTHER: 'ignored' });

    assert.deepEqual(config, {
      table: 'billing-table',
      incarnation: 2,
      beginning: { log: 'unsaid', retentionMs: 168 * 3_600_000 },
      partialResponses: true,
      code: 'abc123',
      secrets: { KEY: 'k'.repeat(32) },
    });
  });

  it('says how far producers are believed where they stamp the records', () => {
    const producers = {
      TOPIC_TIMESTAMPS: 'producer',
      TOPIC_RETENTION_HOURS: '168',
      TOPIC_AHEAD_SECONDS: '60',
    };

    const { producerTimes } = readConfig([], { ...sound, ...producers });

    assert.deepEqual(producerTimes, { retentionMs: 168 * 3_600_000, aheadMaxMs: 60_000 });
    for (const missing of ['TOPIC_RETENTION_HOURS', 'TOPIC_AHEAD_SECONDS'])
      assert.throws(
        () => readConfig([], { ...sound, ...producers, [missing]: undefined }),
        new RegExp(`config\\.invalid: ${missing} is (not|to be) set`),
      );
    assert.deepEqual(readConfig([], sound).beginning, { log: 'unsaid', retentionMs: 168 * 3_600_000 });
    assert.equal(readConfig([], { ...sound, TOPIC_LOG: 'new' }).beginning?.log, 'new');
    assert.throws(() => readConfig([], { ...sound, TOPIC_LOG: 'old' }), /TOPIC_LOG is 'old'/);
    assert.throws(() => readConfig([], { ...sound, TOPIC_TIMESTAMPS: 'mine' }), /TOPIC_TIMESTAMPS is 'mine'/);
  });

  it('is refused with every fault in one message, and no secret in it', () => {
    const given = { LEDGER_TABLE: '', TOPIC_INCARNATION: '0', PARTIAL_RESPONSES: 'yes', KEY: 'tooshort' };

    assert.throws(
      () => readConfig(['KEY'], given),
      (error) => {
        assert.ok(error instanceof AppError && error.code === 'config.invalid');
        for (const part of [
          "LEDGER_TABLE is ''",
          "TOPIC_INCARNATION is '0'",
          "PARTIAL_RESPONSES is 'yes'",
          'CODE_VERSION is not set',
          'KEY has 8 characters',
        ]) {
          assert.ok(error.message.includes(part), part);
        }
        return !error.message.includes('tooshort');
      },
    );
  });
});
