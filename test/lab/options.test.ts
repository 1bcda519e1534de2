import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineCommand } from '../../infra/terminal/command.ts';
import { parsed, refusalOf } from '../support/parsed.ts';
import { readLabOptions, withLabOptions } from './options.ts';
import { strategyNames } from './strategies.ts';

const command = withLabOptions(defineCommand('lab', 'As it is defined in lab.ts.'));
const read = (given: string) => readLabOptions(parsed(command, given));

describe('the options of the lab', () => {
  it('have defaults, and are read', () => {
    const usual = read('');

    assert.deepEqual(usual.strategies, strategyNames);
    assert.equal(usual.plots, '.clickledger/lab');
    const given =
      '--strategies sticky,range --partitions 9 --session-timeout-ms 9000 --heartbeat-ms 3000 --json --no-plots';
    assert.deepEqual(read(given), {
      ...usual,
      strategies: ['range', 'sticky'],
      partitions: 9,
      sessionTimeoutMs: 9_000,
      heartbeatMs: 3_000,
      json: true,
      plots: undefined,
    });
  });

  for (const [given, sentence] of [
    [
      '--strategies eager',
      "'eager' is invalid. Allowed are range, round-robin, sticky, cooperative, server-side",
    ],
    ['--strategies=', "'' is invalid. Allowed are range"],
    ['--partitions 3', '--partitions is 3 and --members 3: with one that joins, each needs a partition'],
    ['--members 1', "'1' is invalid. Allowed is a whole number from 2 to 8"],
    [
      '--heartbeat-ms 2000',
      '--heartbeat-ms is 2000 and --session-timeout-ms 3000: at least three heartbeats',
    ],
    ['--session-timeout-ms 999', "'999' is invalid. Allowed is a whole number from 1000 to 300000"],
    ['--rate 1e3', "'1e3' is invalid. Allowed is a whole number from 10 to 20000"],
    ['--plots x --no-plots', "option '--no-plots' cannot be used with option '--plots <folder>'"],
    ['--nothing', "unknown option '--nothing'"],
    ['5', 'too many arguments. Expected 0 arguments but got 1: 5.'],
  ] as const)
    it(`refuse ${given}, saying what is allowed`, () => {
      const said = refusalOf(() => read(given));
      assert.ok(said.includes(sentence), said);
    });
});
