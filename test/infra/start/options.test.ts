import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readStartOptions, USAGE } from '../../../infra/start/options.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';

function refusal(...given: string[]): string {
  try {
    readStartOptions(given);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`${given.join(' ')} was not refused`);
}

describe('the options of npm start', () => {
  it('have defaults: a thousand clicks a second without end, on any free ports', () => {
    assert.deepEqual(readStartOptions([]), {
      stage: 'dev',
      clicks: undefined,
      rate: 1_000,
      exit: false,
      seed: 1,
      advertisers: 500,
      keep: false,
      partialRetry: 'listed',
      incarnation: undefined,
      join: false,
      kafkaPort: undefined,
      dynamodbPort: undefined,
      page: true,
      pagePort: undefined,
    });
  });

  it('are all read', () => {
    const given =
      '--clicks 5 --rate 6 --exit --seed 0 --advertisers 7 --stage prod --keep --incarnation 2 --partial-retry resume --kafka-port 8 --dynamodb-port 65535 --page-port 9';

    assert.deepEqual(readStartOptions(given.split(' ')), {
      stage: 'prod',
      clicks: 5,
      rate: 6,
      exit: true,
      seed: 0,
      advertisers: 7,
      keep: true,
      partialRetry: 'resume',
      incarnation: 2,
      join: false,
      kafkaPort: 8,
      dynamodbPort: 65_535,
      page: true,
      pagePort: 9,
    });
  });

  it('produce nothing where nothing is wanted, and nothing on a Kafka of one’s own that was not asked for', () => {
    const rates = (ownKafka: boolean, ...given: string[]) => readStartOptions(given, ownKafka)?.rate;

    assert.deepEqual(
      [rates(false), rates(true), rates(false, '--no-clicks'), rates(true, '--no-clicks')],
      [1_000, 0, 0, 0],
    );
    assert.deepEqual([rates(true, '--rate', '7'), rates(true, '--clicks', '5')], [7, undefined]);
    assert.match(
      refusal('--no-clicks', '--rate', '7'),
      /^--no-clicks is given, and --rate too: leave one of them out$/,
    );
    assert.match(refusal('--no-clicks', '--clicks', '7'), /^--no-clicks is given, and --clicks too/);
  });

  it('join groups that exist on a Kafka of one’s own alone', () => {
    assert.equal(readStartOptions(['--join'], true)?.join, true);
    assert.match(refusal('--join'), /^--join is for a Kafka of your own: set CLICKLEDGER_KAFKA/);
  });

  it('serve no page where nobody will look: with --exit, or where none is wanted', () => {
    assert.equal(readStartOptions(['--clicks', '5', '--exit'])?.page, false);
    assert.equal(readStartOptions(['--no-page'])?.page, false);
  });

  it('make a number of clicks come as fast as possible', () => {
    assert.equal(readStartOptions(['--clicks', '5'])?.rate, undefined);
  });

  it('ask for help before anything else is looked at, and the help names each of them', () => {
    const allowed = refusal('--nothing').split('allowed are ')[1]?.split(', ') ?? [];

    assert.equal(readStartOptions(['--help', '--exit']), undefined);
    assert.equal(allowed.length, 16);
    for (const option of allowed) assert.ok(USAGE.includes(`\n  ${option}`), option);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['--click 5', "Unknown option '--click'; allowed are --clicks, --rate, --no-clicks, "],
    ['-x', "Unknown option '-x'; allowed are --clicks, "],
    ['5', "Unexpected argument '5'"],
    ['--clicks', "Option '--clicks <value>' argument missing; allowed are "],
    ['--exit=yes --clicks 5', "Option '--exit' does not take an argument; allowed are "],
    ['--exit', '--exit needs --clicks N: without a number of clicks there is no end to wait for'],
    ['--incarnation 2', '--incarnation needs --keep: without it everything begins anew, with the first'],
    ['--keep --incarnation 0', "--incarnation is '0', allowed is a whole number from 1 to 999999999"],
    ['--clicks 0', "--clicks is '0', allowed is a whole number from 1 to 1000000000"],
    ['--clicks 1e5', "--clicks is '1e5', allowed is a whole number from 1 to 1000000000"],
    ['--clicks 1000000001', "--clicks is '1000000001', allowed is a whole number from 1 to 1000000000"],
    ['--clicks=', "--clicks is '', allowed is a whole number from 1 to 1000000000"],
    ['--clicks=-5', "--clicks is '-5', allowed is a whole number from 1 to 1000000000"],
    ['--rate 0.5', "--rate is '0.5', allowed is a whole number from 1 to 1000000"],
    ['--seed 4294967296', "--seed is '4294967296', allowed is a whole number from 0 to 4294967295"],
    ['--advertisers 0', "--advertisers is '0', allowed is a whole number from 1 to 1000000"],
    ['--kafka-port 65536', "--kafka-port is '65536', allowed is a whole number from 1 to 65535"],
    ['--dynamodb-port x', "--dynamodb-port is 'x', allowed is a whole number from 1 to 65535"],
    [
      '--kafka-port 9092 --dynamodb-port 9092',
      '--kafka-port and --dynamodb-port are both 9092: each server needs its own',
    ],
    [
      '--kafka-port 9092 --page-port 9092',
      '--kafka-port and --page-port are both 9092: each server needs its own',
    ],
    ['--page-port 0', "--page-port is '0', allowed is a whole number from 1 to 65535"],
    ['--no-page --page-port 80', '--page-port is given, and --no-page too: leave one of them out'],
  ];
  for (const [given, sentence] of refused) {
    it(`refuse ${given}, saying what was given and what is allowed`, () => {
      const message = refusal(...given.split(' '));

      assert.ok(message.startsWith(sentence), message);
      assert.doesNotMatch(message, /\n/);
    });
  }
});
