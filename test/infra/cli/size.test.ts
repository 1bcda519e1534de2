/** What the planner takes, and what it refuses with what is allowed. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readInputs, size } from '../../../infra/cli/size.ts';
import { PRICES_FILE } from '../../../infra/ops/size/prices.ts';
import { formatReport } from '../../../infra/ops/size/report.ts';
import { planLoad } from '../../../infra/ops/size/size.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function inputsOf(...given: string[]) {
  return readInputs(parsed(size, given));
}

describe("the planner's input", () => {
  it('is 33,000 clicks/s of 284 bytes for two groups where nothing is said', () => {
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

  it('follows the stage in retention, cluster and shared pollers', () => {
    const { cluster, retentionHours, sharedPollers } = inputsOf();
    assert.deepEqual(
      [cluster.stage, cluster.instanceType, cluster.volumeGb],
      ['prod', 'express.m7g.large', undefined],
    );
    assert.deepEqual([retentionHours, sharedPollers], [168, false]);
    assert.equal(inputsOf('--shared-pollers').sharedPollers, true);

    const dev = inputsOf('--stage', 'dev', '--retention-hours', '24');
    assert.deepEqual(
      [dev.cluster.stage, dev.cluster.instanceType, dev.cluster.volumeGb],
      ['dev', 'kafka.m7g.large', 100],
    );
    assert.deepEqual([dev.retentionHours, dev.sharedPollers], [24, true]);
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
    ['--stage=test', "'test' is invalid. Allowed are dev, prod."],
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

describe('a file of prices', () => {
  const whole = () => JSON.parse(readFileSync(PRICES_FILE, 'utf8'));

  function fileOf(t: TestContext, text: string): string {
    const file = join(temporaryFolder(t), 'prices.json');
    writeFileSync(file, text);
    return file;
  }

  it('replaces the prices, and the plan says of when and where they are', (t) => {
    const file = fileOf(
      t,
      JSON.stringify({
        ...whole(),
        date: '2026-11-01',
        region: 'eu-west-1',
        prices: { ...whole().prices, key: { usd: 7 } },
      }),
    );
    const inputs = inputsOf('--prices', file);
    const plan = planLoad(inputs);

    assert.equal(plan.group['key']?.value, 7);
    assert.match(formatReport(inputs, plan).join(' '), /Prices of 2026-11-01, eu-west-1, from/);
    assert.equal(planLoad(inputsOf()).group['key']?.value, 1);
  });

  it("needs the broker's price of the stage alone", (t) => {
    const { 'kafka.m7g.large': _, ...prices } = whole().prices;
    const file = fileOf(t, JSON.stringify({ ...whole(), prices }));

    assert.ok(planLoad(inputsOf('--prices', file)).cluster['brokers']);
    assert.match(
      refusalOf(() => planLoad(inputsOf('--prices', file, '--stage', 'dev'))),
      /has no price for kafka\.m7g\.large\. Add it to a copy, and name that with --prices\.$/,
    );
  });

  const { key: _, ...others } = whole().prices;
  const refused: readonly (readonly [what: string, text: string, sentence: RegExp])[] = [
    ['is not JSON', '{', /it can't be read \(Expected property name/],
    ['is a list', '[]', /Invalid key|Expected/],
    ['has no date', JSON.stringify({ ...whole(), date: undefined }), /: date: /],
    ['has a date that does not exist', JSON.stringify({ ...whole(), date: 'soon' }), /: date: Invalid date/],
    ['has no region', JSON.stringify({ ...whole(), region: '' }), /: region: /],
    ['has one thing more', JSON.stringify({ ...whole(), currency: 'EUR' }), /: currency: /],
    ['lacks a price', JSON.stringify({ ...whole(), prices: others }), /: it lacks key\. Copy/],
    [
      'has an unknown price',
      JSON.stringify({ ...whole(), prices: { ...others, beer: { usd: 1 } } }),
      /'beer' is no price\. Allowed are standard-storage, .*, and instance types of brokers\. Copy/,
    ],
    [
      'has a negative price',
      JSON.stringify({ ...whole(), prices: { ...others, key: { usd: -1 } } }),
      /: prices\.key\.usd: .*-1/,
    ],
    [
      'has a price as text',
      JSON.stringify({ ...whole(), prices: { ...others, key: { usd: '1' } } }),
      /: prices\.key\.usd: /,
    ],
  ];
  for (const [what, text, sentence] of refused)
    it(`that ${what} is refused in a sentence`, (t) => {
      const said = refusalOf(() => inputsOf('--prices', fileOf(t, text)));

      assert.match(said, sentence);
      assert.match(
        said,
        /^--prices .*prices\.json: .* Copy infra\/ops\/size\/prices\.json and change its prices\.$/,
      );
    });

  it('that does not exist is refused in a sentence', () => {
    assert.match(
      refusalOf(() => inputsOf('--prices', '/absent/prices.json')),
      /^--prices \/absent\/prices\.json: it can't be read \(ENOENT/,
    );
  });
});
