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

  it('is refused where a value is not one of those allowed, with what is', () => {
    const producers = { TOPIC_TIMESTAMPS: 'producer', TOPIC_AHEAD_SECONDS: '60' };
    const refused: readonly (readonly [name: string, values: readonly string[], says: string])[] = [
      ['LEDGER_TABLE', ['ab', 'a b c', 'abc!', '!abc'], 'must be the name of a DynamoDB table'],
      ['TOPIC_INCARNATION', ['0', '01', '1x', 'x1', '1234567890'], 'must be a whole number from 1'],
      ['TOPIC_RETENTION_HOURS', ['', '1.5', '1h', 'h1', '1234567890'], 'must be a whole number'],
      ['TOPIC_AHEAD_SECONDS', ['-1', '60s'], 'must be a whole number'],
      ['TOPIC_TIMESTAMPS', ['mine'], "must be 'broker' or 'producer'"],
      ['TOPIC_LOG', ['old'], "must be 'unsaid', 'new' or 'copy'"],
      ['PARTIAL_RESPONSES', ['yes'], "must be 'true' or 'false'"],
      ['CODE_VERSION', ['a b', ' a', 'a/', 'x'.repeat(65)], 'must be 1 to 64 characters of [A-Za-z0-9_.+-]'],
    ];
    for (const [name, values, says] of refused)
      for (const value of values)
        assert.throws(
          () => readConfig([], { ...sound, ...producers, [name]: value }),
          (error) =>
            (error as Error).message.startsWith(`config.invalid: ${name} is '${value}' and ${says} (`),
          `${name}=${value}`,
        );
    const widest = {
      ...sound,
      LEDGER_TABLE: 'a.B-1_',
      TOPIC_INCARNATION: '123456789',
      CODE_VERSION: 'v1.0+x-y_z',
    };
    assert.equal(readConfig([], widest).incarnation, 123_456_789);
  });

  it('takes a secret from sixteen characters on, and says how many a shorter one has', () => {
    assert.equal(readConfig(['KEY'], { ...sound, KEY: 'k'.repeat(16) }).secrets['KEY'], 'k'.repeat(16));
    assert.throws(
      () => readConfig(['KEY', 'OTHER'], { ...sound, KEY: 'k'.repeat(15) }),
      /config\.invalid: KEY has 15 characters of at least 16; OTHER has 0 characters of at least 16 \(/,
    );
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
