import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readStartOptions, start } from '../../../infra/cli/start.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';

const read = (given: readonly string[], ownKafka?: boolean) =>
  readStartOptions(parsed(start, given), ownKafka);
const refusal = (...given: string[]) => refusalOf(() => read(given));

describe('the options of npm start', () => {
  it('have defaults: a thousand clicks a second without end, on any free ports', () => {
    assert.deepEqual(read([]), {
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
      differences: false,
    });
  });

  it('are all read', () => {
    const given =
      '--clicks 5 --rate 6 --exit --seed 0 --advertisers 7 --stage prod --keep --incarnation 2 --partial-retry resume --kafka-port 8 --dynamodb-port 65535 --page-port 9 --differences';

    assert.deepEqual(read(given.split(' ')), {
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
      differences: true,
    });
  });

  it('produce nothing where nothing is wanted, and nothing on a Kafka of one’s own that was not asked for', () => {
    const rates = (ownKafka: boolean, ...given: string[]) => read(given, ownKafka).rate;

    assert.deepEqual(
      [rates(false), rates(true), rates(false, '--no-clicks'), rates(true, '--no-clicks')],
      [1_000, 0, 0, 0],
    );
    assert.deepEqual([rates(true, '--rate', '7'), rates(true, '--clicks', '5')], [7, undefined]);
    assert.match(
      refusal('--no-clicks', '--rate', '7'),
      /^option '--no-clicks' cannot be used with option '--rate <n>'$/,
    );
    assert.match(
      refusal('--no-clicks', '--clicks', '7'),
      /^option '--no-clicks' cannot be used with option '--clicks <n>'/,
    );
  });

  it('join groups that exist on a Kafka of one’s own alone', () => {
    assert.equal(read(['--join'], true).join, true);
    assert.match(refusal('--join'), /^--join is for a Kafka of your own: set CLICKLEDGER_KAFKA/);
  });

  it('serve no page where nobody will look: with --exit, or where none is wanted', () => {
    assert.equal(read(['--clicks', '5', '--exit']).page, false);
    assert.equal(read(['--no-page']).page, false);
  });

  it('make a number of clicks come as fast as possible', () => {
    assert.equal(read(['--clicks', '5']).rate, undefined);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['--click 5', "unknown option '--click'"],
    ['-x', "unknown option '-x'"],
    ['5', 'too many arguments. Expected 0 arguments but got 1: 5.'],
    ['--clicks', "option '--clicks <n>' argument missing"],
    ['--exit=yes --clicks 5', "unknown option '--exit=yes'"],
    ['--exit', '--exit needs --clicks <n>: without a number of clicks there is no end to wait for'],
    [
      '--incarnation 2',
      '--incarnation needs --keep: without it the data is deleted, and the first incarnation begins',
    ],
    ['--keep --incarnation 0', "'0' is invalid. Allowed is a whole number from 1 to 999999999"],
    ['--clicks 0', "'0' is invalid. Allowed is a whole number from 1 to 1000000000"],
    ['--clicks 1e5', "'1e5' is invalid. Allowed is a whole number from 1 to 1000000000"],
    ['--clicks 1000000001', "'1000000001' is invalid. Allowed is a whole number from 1 to 1000000000"],
    ['--clicks=', "'' is invalid. Allowed is a whole number from 1 to 1000000000"],
    ['--clicks=-5', "'-5' is invalid. Allowed is a whole number from 1 to 1000000000"],
    ['--rate 0.5', "'0.5' is invalid. Allowed is a whole number from 1 to 1000000"],
    ['--seed 4294967296', "'4294967296' is invalid. Allowed is a whole number from 0 to 4294967295"],
    ['--advertisers 0', "'0' is invalid. Allowed is a whole number from 1 to 1000000"],
    ['--kafka-port 65536', "'65536' is invalid. Allowed is a whole number from 1 to 65535"],
    ['--dynamodb-port x', "'x' is invalid. Allowed is a whole number from 1 to 65535"],
    [
      '--kafka-port 9092 --dynamodb-port 9092',
      '--kafka-port and --dynamodb-port are both 9092: each server needs its own',
    ],
    [
      '--kafka-port 9092 --page-port 9092',
      '--kafka-port and --page-port are both 9092: each server needs its own',
    ],
    ['--page-port 0', "'0' is invalid. Allowed is a whole number from 1 to 65535"],
    ['--no-page --page-port 80', "option '--no-page' cannot be used with option '--page-port <n>'"],
  ];
  for (const [given, sentence] of refused) {
    it(`refuse ${given}, saying what was given and what is allowed`, () => {
      const message = refusal(...given.split(' '));

      assert.ok(message.includes(sentence), message);
    });
  }
});
