/** What every command shares: exit codes, sentences, suggestions. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { defineCommand, runCommand } from '../../../infra/terminal/command.ts';
import { Interrupted, UserError } from '../../../infra/terminal/user-error.ts';
import {
  parseDecimal,
  parseHourEnd,
  parseHourStart,
  parseList,
  parseMatching,
  parseOneOf,
  parseUtcEnd,
  parseUtcStart,
  parseWholeNumber,
} from '../../../infra/terminal/values.ts';

describe('a command', () => {
  let errors: string[] = [];
  beforeEach(() => {
    errors = [];
    mock.method(console, 'error', (text: unknown) => errors.push(String(text)));
  });
  afterEach(() => {
    mock.restoreAll();
    process.exitCode = undefined;
  });

  function exampleOf(action: (rate: number) => void) {
    return defineCommand('example', 'An example.')
      .option('--rate <n>', 'clicks a second', parseWholeNumber(1, 10), 5)
      .option('--clicks <n>', 'clicks', parseWholeNumber(1))
      .action(({ rate }) => action(rate));
  }

  it('ends with 0, or with what its action found', async () => {
    const seen: number[] = [];

    assert.equal(
      await runCommand(
        exampleOf((rate) => seen.push(rate)),
        [],
      ),
      0,
    );
    assert.equal(
      await runCommand(
        exampleOf((rate) => seen.push(rate)),
        ['--rate', '7'],
      ),
      0,
    );
    assert.equal(
      await runCommand(
        exampleOf(() => {
          process.exitCode = 1;
        }),
        [],
      ),
      1,
    );
    assert.deepEqual(seen, [5, 7]);
  });

  it('refuses a value with what was given and what is allowed, and runs nothing', async () => {
    for (const [given, sentence] of [
      ['-5', "'-5' is invalid. Allowed is a whole number from 1 to 10."],
      ['11', "'11' is invalid. Allowed is a whole number from 1 to 10."],
      ['1e1', "'1e1' is invalid. Allowed is a whole number from 1 to 10."],
      ['', "'' is invalid. Allowed is a whole number from 1 to 10."],
    ] as const) {
      errors = [];
      const code = await runCommand(
        exampleOf(() => assert.fail('it ran')),
        ['--rate', given],
      );
      assert.equal(code, 2, given);
      assert.ok(errors[0]?.includes(sentence), errors[0]);
      assert.ok(errors[0]?.startsWith("clickledger: option '--rate <n>'"), errors[0]);
    }
  });

  it('says of itself what its exit codes mean, the one for what it found only where it looks for something', async () => {
    let helped = '';
    mock.method(process.stdout, 'write', (text: string) => {
      helped += text;
      return true;
    });
    const looking = defineCommand('looking', 'It looks.', { 0: 'all pass', 1: 'something fails' });

    assert.equal(await runCommand(looking, ['--help']), 0);
    assert.equal(await runCommand(defineCommand('doing', 'It does.'), ['-h']), 0);
    mock.restoreAll();
    assert.match(helped, /^Usage: clickledger looking \[options\]\n\nIt looks\.\n/);
    assert.match(
      helped,
      /\nExit code: 0 all pass; 1 something fails; 2 could not tell, or the input is wrong; 130 interrupted\.\n/,
    );
    assert.match(helped, /\nExit code: 0 done; 2 could not tell, or the input is wrong; 130 interrupted\.\n/);
  });

  it('says once what it refuses, and where its options are', async () => {
    const written: string[] = [];
    mock.method(process.stderr, 'write', (text: string) => {
      written.push(text);
      return true;
    });

    await runCommand(
      exampleOf(() => assert.fail('it ran')),
      ['--rate'],
    );

    assert.deepEqual(written, []);
    assert.deepEqual(errors, [
      "clickledger: option '--rate <n>' argument missing",
      'clickledger example --help lists its options.',
    ]);
  });

  it('shows a fault of ours whole', async () => {
    const shown: unknown[] = [];
    mock.method(console, 'error', (error: unknown) => shown.push(error));
    const fault = new TypeError('x is undefined');

    const code = await runCommand(
      exampleOf(() => {
        throw fault;
      }),
      [],
    );

    assert.equal(code, 2);
    assert.deepEqual(shown, [fault]);
  });

  it('suggests the option that was meant', async () => {
    assert.equal(
      await runCommand(
        exampleOf(() => assert.fail('it ran')),
        ['--clikcs', '4'],
      ),
      2,
    );
    assert.match(errors.join('\n'), /unknown option '--clikcs'\n\(Did you mean --clicks\?\)/);
  });

  it('ends with 2 and a sentence without a stack where a person can help, and with 130 when interrupted', async () => {
    assert.equal(
      await runCommand(
        exampleOf(() => {
          throw new UserError('no ledger runs');
        }),
        [],
      ),
      2,
    );
    assert.deepEqual(errors, ['clickledger: no ledger runs']);
    assert.equal(
      await runCommand(
        exampleOf(() => {
          throw new Interrupted('interrupted');
        }),
        [],
      ),
      130,
    );
  });

  it('names a missing region and missing credentials', async () => {
    const failing = (error: Error) =>
      runCommand(
        exampleOf(() => {
          throw error;
        }),
        [],
      );
    assert.equal(await failing(new Error('Region is missing')), 2);
    assert.equal(errors[0], 'clickledger: no AWS region is known: set AWS_REGION');
    errors = [];
    const regional = defineCommand('regional', 'An example.')
      .option('--region <name>', 'where')
      .option('--other', 'another')
      .action(() => {
        throw new Error('Region is missing');
      });
    await runCommand(regional, []);
    assert.deepEqual(errors, [
      'clickledger: no AWS region is known: name one with --region, or set AWS_REGION',
    ]);
    errors = [];
    const credentials = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    assert.equal(await failing(credentials), 2);
    assert.match(errors[0] ?? '', /^clickledger: no AWS credentials were found/);
  });
});

describe('values of options', () => {
  it('numbers are within their bounds, both included', () => {
    assert.deepEqual(['1', '10'].map(parseWholeNumber(1, 10)), [1, 10]);
    for (const given of ['0', '11', '1.0', '+1', ' 1', '0x1', '99999999999999999']) {
      assert.throws(() => parseWholeNumber(1, 10)(given), /Allowed is a whole number from 1 to 10/, given);
    }
    assert.equal(parseDecimal(0, 2)('1.5'), 1.5);
    assert.throws(() => parseDecimal(0, 2)('2.5'), /Allowed is a number from 0 to 2/);
    assert.throws(() => parseWholeNumber(3)('2'), /Allowed is a whole number from 3\./);
  });

  it('an hour names its first and its last millisecond, and so does a day; no minute is allowed', () => {
    for (const [given, from, to] of [
      ['2026-11-21', '2026-11-21T00:00:00.000Z', '2026-11-21T23:59:59.999Z'],
      ['2026-11-21T10', '2026-11-21T10:00:00.000Z', '2026-11-21T10:59:59.999Z'],
    ] as const)
      assert.deepEqual(
        [parseHourStart(given), parseHourEnd(given)].map((time) => new Date(time).toISOString()),
        [from, to],
      );
    for (const given of ['2026-11-21T10:30', '2026-11-21T10Z', '2026-11-31', 'x2026-11-21', ''])
      assert.throws(() => parseHourEnd(given), /Allowed is a UTC/, given);
    assert.throws(
      () => parseHourStart('2026-11-21T10:30'),
      /Allowed is a UTC day or hour like 2026-11-21 or 2026-11-21T10\./,
    );
  });

  it('one of several, and nothing else', () => {
    assert.equal(parseOneOf('s3', 'sqs')('sqs'), 'sqs');
    assert.throws(() => parseOneOf('s3', 'sqs')('ftp'), /Allowed are s3, sqs\./);
    assert.throws(() => parseOneOf('s3')('s'), /Allowed is s3\./);
  });

  it('a list drops what is named twice and refuses what one of them must not be', () => {
    const ids = parseList(parseMatching(/^sg-\d+$/, 'an id like sg-1'));
    assert.deepEqual(ids('sg-1, sg-2,sg-1'), ['sg-1', 'sg-2']);
    assert.throws(() => ids('sg-1,x'), /Allowed is an id like sg-1/);
  });

  it('a time names its first and its last millisecond', () => {
    const spans: readonly [string, string, string][] = [
      ['2026-11-21', '2026-11-21T00:00:00.000Z', '2026-11-21T23:59:59.999Z'],
      ['2026-11-21T10', '2026-11-21T10:00:00.000Z', '2026-11-21T10:59:59.999Z'],
      ['2026-11-21T10:30Z', '2026-11-21T10:30:00.000Z', '2026-11-21T10:30:59.999Z'],
      ['2026-11-21T10:30:05Z', '2026-11-21T10:30:05.000Z', '2026-11-21T10:30:05.999Z'],
    ];
    for (const [given, from, to] of spans) {
      assert.equal(new Date(parseUtcStart(given)).toISOString(), from, given);
      assert.equal(new Date(parseUtcEnd(given)).toISOString(), to, given);
    }
    for (const given of [
      '2026-11-31',
      '2026-13-01',
      '2026-11',
      '2026-11-21T24',
      '21.11.2026',
      '',
      '2026-11-21T10:60',
    ]) {
      assert.throws(() => parseUtcStart(given), /Allowed is a UTC time like/, given);
    }
  });
});
