import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../infra/terminal/user-error.ts';
import { readLabOptions, USAGE } from './options.ts';
import { strategyNames } from './strategies.ts';

function refusal(given: string): string {
  try {
    readLabOptions(given.split(' '));
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`${given} was not refused`);
}

describe('the options of npm run lab', () => {
  it('have defaults, and are read', () => {
    const usual = readLabOptions([]);

    assert.deepEqual(usual?.strategies, strategyNames);
    assert.equal(usual?.plots, '.clickledger/lab');
    const given =
      '--strategies sticky,range --partitions 9 --session-timeout-ms 9000 --heartbeat-ms 3000 --json --no-plots';
    const read = readLabOptions(given.split(' '));
    assert.deepEqual(read, {
      ...usual,
      strategies: ['range', 'sticky'],
      partitions: 9,
      sessionTimeoutMs: 9_000,
      heartbeatMs: 3_000,
      json: true,
      plots: undefined,
    });
    assert.equal(readLabOptions(['--help']), undefined);
    for (const name of strategyNames) assert.ok(USAGE.includes(name), name);
  });

  for (const [given, sentence] of [
    [
      '--strategies eager',
      "--strategies has 'eager', allowed are range, round-robin, sticky, cooperative, server-side",
    ],
    ['--strategies ', "--strategies has '', allowed are range"],
    ['--partitions 3', '--partitions is 3 and --members 3: with one that joins, each needs a partition'],
    ['--members 1', "--members is '1', allowed is a whole number from 2 to 8"],
    [
      '--heartbeat-ms 2000',
      '--heartbeat-ms is 2000 and --session-timeout-ms 3000: at least three heartbeats',
    ],
    [
      '--session-timeout-ms 999',
      "--session-timeout-ms is '999', allowed is a whole number from 1000 to 300000",
    ],
    ['--rate 1e3', "--rate is '1e3', allowed is a whole number from 10 to 20000"],
    ['--plots x --no-plots', '--plots is given, and --no-plots too'],
    ['--nothing', "Unknown option '--nothing'; allowed are --partitions, "],
    ['5', "Unexpected argument '5'"],
  ] as const)
    it(`refuse ${given}, saying what is allowed`, () => {
      assert.ok(refusal(given).startsWith(sentence), refusal(given));
    });
});
