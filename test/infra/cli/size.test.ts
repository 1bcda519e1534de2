/** What the planner takes, and what it refuses with what is allowed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readInputs, size } from '../../../infra/cli/size.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';

function inputsOf(...given: string[]) {
  return readInputs(parsed(size, given));
}

describe("the planner's input", () => {
  it('is the case of the design where nothing is said', () => {
    const { clicksPerSecond, clickBytes, groups, retentionHours, keys, headroom } = inputsOf();

    assert.deepEqual(
      { clicksPerSecond, clickBytes, groups, retentionHours, headroom, keys: keys.described },
      {
        clicksPerSecond: 33_000,
        clickBytes: 284,
        groups: 2,
        retentionHours: 168,
        headroom: 2,
        keys: '500 advertisers, Zipf 1',
      },
    );
  });

  it('a measured speed is taken as it is; without one it follows the memory up to one vCPU', () => {
    assert.equal(inputsOf('--handler-clicks-per-second', '10000').handlerClicksPerSecond, 10_000);
    assert.equal(inputsOf('--memory-mb', '1769').handlerClicksPerSecond, 150_000);
    assert.equal(inputsOf('--memory-mb', '10240').handlerClicksPerSecond, 150_000);
    assert.equal(Math.round(inputsOf('--memory-mb', '1024').handlerClicksPerSecond), 86_829);
  });

  it('a price of the own region replaces its row alone', () => {
    const { prices } = inputsOf('--price', 'epu-hour=0.2', '--price', 'key-month=0');

    assert.deepEqual([prices['epu-hour'], prices['key-month'], prices['alarm-month']], [0.2, 0, 0.1]);
  });

  const refusals: readonly (readonly [given: string, sentence: string | RegExp])[] = [
    ['--clicks-per-second=0', "'0' is invalid. Allowed is a number from 0.001 to 100000000"],
    ['--clicks-per-second=-1', "'-1' is invalid. Allowed is a number from 0.001 to 100000000"],
    ['--clicks-per-second=1e999', "'1e999' is invalid. Allowed is a number from 0.001 to 100000000"],
    ['--clicks-per-second=NaN', "'NaN' is invalid. Allowed is a number from 0.001 to 100000000"],
    ['--clicks-per-second=', "'' is invalid. Allowed is a number from 0.001 to 100000000"],
    ['--click-bytes=0', "'0' is invalid. Allowed is a whole number from 1 to 4000000"],
    ['--click-bytes=2.5', "'2.5' is invalid. Allowed is a whole number from 1 to 4000000"],
    ['--groups=0', "'0' is invalid. Allowed is a whole number from 1 to 1000"],
    ['--retention-hours=0', "'0' is invalid. Allowed is a whole number from 1 to 87600"],
    ['--hottest-share=1.1', "'1.1' is invalid. Allowed is a number from 0 to 1"],
    [
      '--hottest-share=0.001',
      '--hottest-share is 0.001, but of 500 advertisers the hottest has at least 0.002: allowed is 0.002 to 1',
    ],
    [
      '--hottest-share=0.5 --advertisers=1',
      '--hottest-share is 0.5, but of 1 advertisers the hottest has at least 1: allowed is 1 to 1',
    ],
    [
      '--hottest-share=0.5 --zipf=1',
      '--zipf and --hottest-share are both given, and each says how clicks are spread: allowed is one',
    ],
    ['--zipf=-1', "'-1' is invalid. Allowed is a number from 0 to 10"],
    ['--handler-clicks-per-second=0', "'0' is invalid. Allowed is a number from 1 to 100000000"],
    ['--memory-mb=64', "'64' is invalid. Allowed is a whole number from 128 to 10240"],
    ['--batch-records=10001', "'10001' is invalid. Allowed is a whole number from 1 to 10000"],
    ['--window-seconds=301', "'301' is invalid. Allowed is a whole number from 1 to 300"],
    ['--headroom=0.5', "'0.5' is invalid. Allowed is a number from 1 to 100"],
    [
      '--region=eu-west-1',
      "'eu-west-1' is invalid. Allowed is us-east-1: for another, name its prices with --price <name=usd>",
    ],
    ['--price=beer=1', /'beer=1' is invalid. Allowed names are express-broker-hour, /],
    ['--price=epu-hour=free', "'epu-hour=free' is invalid. Allowed is a number from 0 to 1000000"],
    ['--price=epu-hour', "'epu-hour' is invalid. Allowed is a number from 0 to 1000000"],
    ['--skew=1', "unknown option '--skew=1'"],
    ['33000', 'too many arguments. Expected 0 arguments but got 1: 33000.'],
  ];
  for (const [given, sentence] of refusals) {
    it(`refuses '${given}' in a sentence`, () => {
      const said = refusalOf(() => inputsOf(...given.split(' ')));
      if (typeof sentence === 'string') assert.ok(said.includes(sentence), said);
      else assert.match(said, sentence);
    });
  }
});
