/** The planner's sums, done again by hand from published prices and limits. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { groups } from '../../../../functions/index.ts';
import { readInputs, size } from '../../../../infra/cli/size.ts';
import type { Figure } from '../../../../infra/ops/size/figure.ts';
import { countItemBytes, entryFixedBytes, entryLineBytes } from '../../../../infra/ops/size/item-sizes.ts';
import { brokerLimits, limits } from '../../../../infra/ops/size/limits.ts';
import { readPrices } from '../../../../infra/ops/size/prices.ts';
import { formatReport } from '../../../../infra/ops/size/report.ts';
import { planLoad } from '../../../../infra/ops/size/size.ts';
import { metrics } from '../../../../shared/metrics.ts';
import { parsed } from '../../../support/parsed.ts';
import { resourcesOf, templateOf } from '../../aws/templates.ts';

const COMMAND = join(import.meta.dirname, '../../../../infra/cli/main.ts');

function planned(given = '') {
  const inputs = readInputs(parsed(size, given));
  return { inputs, ...planLoad(inputs) };
}

/** To the cent, or six digits. */
function near(figure: Figure | undefined, expected: number): void {
  assert.ok(figure !== undefined);
  const error = Math.abs(figure.value - expected);
  assert.ok(
    error <= Math.max(0.005, 1e-6 * expected),
    `${figure.value}, by hand ${expected}: ${figure.because}`,
  );
}

describe('the planner', () => {
  it('33,000 clicks/s on one key are beyond any number of consumers', () => {
    const { partitions, inputs, ...rest } = planned(
      '--hottest-share=1 --advertisers=1 --handler-clicks-per-second=10000',
    );

    assert.equal(partitions.verdict, 'impossible');
    assert.equal(partitions.keysTooHot.value, 1);
    near(partitions.capacity, 10_000 / (10_000 / 10_000 + 0.02));
    near(partitions.splits, Math.ceil((2 * 33_000) / (9_803.92 / 2)));
    assert.match(
      formatReport(inputs, { partitions, ...rest })
        .join(' ')
        .replace(/\s+/g, ' '),
      /no number of partitions or consumers helps/,
    );
  });

  it('offers what works today for a key that is too hot, into how many, and what it costs', () => {
    const { inputs, ...plan } = planned(
      '--hottest-share=1 --advertisers=1 --handler-clicks-per-second=10000',
    );
    const said = formatReport(inputs, plan, true).join(' ').replace(/\s+/g, ' ');

    assert.match(said, /spread the hottest over 14 sub-keys/);
    assert.match(said, /adv-1#0 … adv-1#13\./);
    assert.match(said, /Nothing that counts depends on a record's key/);
    assert.match(said, /a fold that carries state sees a part of them on each partition/);
    assert.match(said, /\(1 advertiser with all clicks\)/);
  });

  it('33,000 clicks/s spread over keys: four consumers of 10,000 clicks/s, and as many partitions', () => {
    const { partitions, consumers } = planned(
      '--zipf=0 --advertisers=100000 --headroom=1 --handler-clicks-per-second=10000',
    );

    // ceil(33,000 / 9,804) = 4, and 6 is the next multiple of three brokers.
    assert.deepEqual([partitions.verdict, partitions.partitions.value], ['fits', 6]);
    assert.match(partitions.partitions.because, / = 4, up to a multiple of 3 brokers$/);
    assert.equal(consumers.concurrency.value, Math.ceil(33_000 / 9_803.92));
  });

  it('partitions, pollers and invocations of the default case', () => {
    const { partitions, consumers } = planned();
    const hottest =
      1 / Array.from({ length: 500 }, (_, i) => 1 / (i + 1)).reduce((sum, share) => sum + share);
    const speed = (150_000 * 1024) / 1769;

    near(partitions.bytesPerSecond, 9.372);
    near(partitions.capacity, 5_000_000 / 284);
    const wanted = (66_000 * (1 - hottest)) / (5_000_000 / 284 - 66_000 * hottest);
    assert.equal(partitions.partitions.value, 3 * Math.ceil(wanted / 3));
    assert.deepEqual([consumers.pollers.value, consumers.epus.value], [2, 1]);
    near(consumers.epuHours, 730);
    near(consumers.clicksPerInvocation, 10_000);
    near(consumers.invocationsPerSecond, 3.3);
    near(consumers.durationMs, (10_000 / speed) * 1000 + 20);
    assert.equal(consumers.concurrencyMax.value, partitions.partitions.value + 1);
  });

  it('a backlog takes more pollers, and so more units', () => {
    const { partitions, consumers } = planned('--clicks-per-second=3000000 --zipf=0');
    const count = partitions.partitions.value;

    assert.equal(consumers.pollers.value, Math.ceil(852 / 5));
    assert.equal(consumers.epus.value, Math.ceil(852 / 20));
    assert.equal(consumers.epusMax.value, Math.max(Math.ceil(count / 10), Math.ceil((2 * 852) / 20)));
  });

  it('pollers follow the invocations at once where batches are small', () => {
    const { consumers } = planned('--batch-records=10 --zipf=0');

    // 33,000 clicks/s in tens, each 10 / 86,829 s + 20 ms: 66.4 at once, five to a poller.
    assert.equal(consumers.pollers.value, Math.ceil((3_300 * (10 / 86_828.7 + 0.02)) / 5));
    assert.ok(consumers.concurrency.value <= 5 * consumers.pollers.value);
  });

  it('write units: entries by their bytes, lines by the minute', () => {
    const { partitions, ledger } = planned('--zipf=0');
    const count = partitions.partitions.value;
    // One key in 500, in the 20,000 clicks that two pollers put into one entry for each partition: all but surely all keys.
    const lines = (500 * (1 - (499 / 500) ** 20_000)) / count;
    const bytes = entryFixedBytes + lines * entryLineBytes;
    const units = Math.ceil(bytes / 1024);

    near(ledger.entriesPerSecond, (3.3 * count) / 2);
    near(ledger.linesPerEntry, lines);
    near(ledger.entryBytes, bytes);
    near(ledger.rollupUnitsPerMinute, 500 + count);
    near(ledger.writeUnitsPerSecond, ((3.3 * count) / 2) * units + (500 + count) / 60);
    near(ledger.entriesGb, (((3.3 * count) / 2) * bytes * 35 * 86_400) / 1e9);
  });

  it("a group's month at published prices", () => {
    const { ledger, group, consumers } = planned();
    const seconds = 730 * 3600;
    const invocations = 3.3 * seconds;

    near(group['event pollers'], 730 * 0.185);
    near(group['Lambda requests'], invocations * 0.0000002);
    near(group['Lambda compute'], invocations * (consumers.durationMs.value / 1000) * 0.0000133334);
    near(group['DynamoDB writes'], ledger.writeUnitsPerSecond.value * seconds * 0.000000625);
    near(group['DynamoDB reads'], ledger.readUnitsPerSecond.value * seconds * 0.000000125);
    near(group['alarms'], 4.2);
    near(group['dashboard'], 3);
    near(group['key'], 1);
    near(group['metrics'], Object.keys(metrics).length * 0.3);
    near(group['logs'], ((invocations * 1_000) / 1e9) * 0.5);
    near(group['DynamoDB storage'], (ledger.entriesGb.value + ledger.linesGb.value) * (0.25 + 0.2));
    assert.match(group['Lambda rollups']?.because ?? '', /^43,800 × 0\.1591 s × 1 GB × 0\.0000133334$/);

    const { group: slow, ledger: full } = planned('--zipf=0 --advertisers=1000000');
    near(slow['Lambda rollups'], (seconds / 60) * full.rollupSeconds.value * 0.0000133334);
    near(slow['DynamoDB storage'], (full.entriesGb.value + full.linesGb.value) * (0.25 + 0.2));
    assert.deepEqual(new Set(Object.values(slow).map(({ unit }) => unit)), new Set(['USD']));
    assert.equal(Object.keys(slow).length, 12);
  });

  it("a month of the stage's cluster at published prices", () => {
    const { cluster: express } = planned();
    const { cluster: standard } = planned('--stage=dev');
    const writtenGb = (9.372 * 730 * 3600) / 1000;
    const keptGb = (9.372 * 168 * 3600) / 1000;

    near(express['brokers'], 893.52);
    near(express['data in'], writtenGb * 0.01);
    near(express['storage'], keptGb * 0.1);
    near(planned('--retention-hours=24').cluster['storage'], (keptGb / 7) * 0.1);
    near(standard['brokers'], 446.76);
    near(standard['storage'], 3 * 100 * 0.1);
    assert.deepEqual(Object.keys(standard), ['brokers', 'storage']);
  });

  it('the brokers that a load needs grow with what comes in, with what groups read, and with the disk', () => {
    const needed = (given: string) => planned(given).brokersNeeded;

    assert.equal(needed('')?.value, 3);
    assert.equal(needed('--clicks-per-second=0.001')?.value, 3);
    assert.equal(
      needed('--clicks-per-second=330000 --zipf=0')?.value,
      3 * Math.ceil((2 * 2 * 93.72) / 31.2 / 3),
    );
    assert.match(
      needed('--clicks-per-second=330000 --zipf=0 --groups=1 --headroom=1')?.because ?? '',
      /^in: /,
    );
    assert.match(needed('--clicks-per-second=3000000 --zipf=0 --click-bytes=20')?.because ?? '', /^out: /);
    assert.match(
      needed('--clicks-per-second=100000 --zipf=0 --click-bytes=1 --commit-ms=60000')?.because ?? '',
      /^replicas: /,
    );
    // 9.372 MB/s for a week, three times, on disks that are filled to 85 %.
    const disk = needed('--stage=dev');
    assert.match(disk?.because ?? '', /^disk: /);
    assert.equal(disk?.value, 3 * Math.ceil((9.372 * 168 * 3.6 * 3) / 0.85 / 100 / 3));
    assert.match(needed('--stage=dev --retention-hours=1')?.because ?? '', /^in: /);
  });

  it('plans the topic of the stage that is named, and refuses one that the stage has not', () => {
    const { cluster, retentionHours } = planned('--stage=dev --topic=ad_impressions').inputs;
    assert.deepEqual([cluster.partitions, retentionHours], [2, 48]);
    assert.equal(planned('--stage=dev').inputs.retentionHours, 168);
    assert.throws(() => planned('--topic=ad_impressions'), {
      message: "--topic is 'ad_impressions', which the stage 'prod' has not: allowed are ad_clicks",
    });
  });

  it('says where the stage has too few partitions or brokers, and where it has enough', () => {
    const told = (given: string) => {
      const { inputs, ...plan } = planned(given);
      return formatReport(inputs, plan).join(' ').replace(/\s+/g, ' ');
    };

    assert.match(told('--stage=dev'), /The topic of dev has 3 partitions: raise them/);
    assert.match(
      told('--stage=dev'),
      /The cluster of dev has 3 kafka\.m7g\.large, and this load needs \d+ of them/,
    );
    assert.doesNotMatch(told(''), /The topic of prod|The cluster of prod|are not known here/);
    const { inputs, ...plan } = planned();
    assert.match(
      formatReport(inputs, { ...plan, brokersNeeded: undefined })
        .join(' ')
        .replace(/\s+/g, ' '),
      /The limits of express\.m7g\.large are not known here/,
    );
  });

  it('fits 80 columns, with formulas and without', () => {
    for (const given of [
      '',
      '--stage=dev',
      '--hottest-share=1 --advertisers=1',
      '--clicks-per-second=99999.5 --groups=1000 --handler-clicks-per-second=1000',
    ])
      for (const formulas of [false, true]) {
        const { inputs, ...plan } = planned(given);
        const lines = formatReport(inputs, plan, formulas);

        assert.deepEqual(
          lines.filter((line) => line.length > 80),
          [],
          given,
        );
        assert.equal(
          lines.some((line) => line.startsWith('    = ')),
          formulas,
        );
      }
  });

  it('a key that leaves no headroom, a hot journal and a slow rollup are each told', () => {
    const told = (given: string) => {
      const { inputs, ...plan } = planned(given);
      return formatReport(inputs, plan).join(' ').replace(/\s+/g, ' ');
    };

    assert.match(told('--handler-clicks-per-second=10000'), /has no room to drain a backlog at 2 × the load/);
    assert.match(told('--zipf=0 --advertisers=1000000'), /A rollup takes longer than the minute/);
    assert.match(told('--batch-records=1 --commit-ms=0 --zipf=0'), /hottest journal is above/);
    assert.match(told(''), /More partitions later remap keys: from 9 to 18, 50 % of them stay/);
    assert.doesNotMatch(
      told('--zipf=0 --headroom=1'),
      /no number of partitions|no room|hottest journal is above/,
    );
  });

  it('an item is measured as DynamoDB does', () => {
    // pk: 2 + 7; n: 1 + 2; m: 1 + 3, in it a: 1 + 2 + 1, b: 1 + 3 + 1.
    assert.equal(
      countItemBytes({ pk: { S: 'journal' }, n: { N: '12' }, m: { M: { a: { S: 'é' }, b: { N: '123' } } } }),
      25,
    );
    assert.ok(entryFixedBytes > 300 && entryFixedBytes < 1024, `${entryFixedBytes}`);
    assert.ok(entryLineBytes > 15 && entryLineBytes < 30, `${entryLineBytes}`);
  });

  it('groups of one poller group share event poller units, and pay for those together', () => {
    const own = planned('--groups=3');
    const shared = planned('--groups=3 --shared-pollers');

    near(own.group['event pollers'], 730 * 0.185);
    // Three groups at 9.372 MB/s each are 28.1 MB/s: two units.
    near(shared.group['event pollers'], (2 * 730 * 0.185) / 3);
    assert.deepEqual({ ...shared.group, 'event pollers': 0 }, { ...own.group, 'event pollers': 0 });
  });

  it('counts about as many metrics as the alarms of a group look at', () => {
    for (const team of Object.keys(groups)) {
      const alarms = resourcesOf(templateOf('dev', team), 'AWS::CloudWatch::Alarm');
      const composite = resourcesOf(templateOf('dev', team), 'AWS::CloudWatch::CompositeAlarm');
      const metrics = alarms.flatMap(([, { Properties: alarm }]) => {
        const several = alarm['Metrics'] as readonly { readonly MetricStat?: unknown }[] | undefined;
        return several === undefined ? [alarm] : several.filter(({ MetricStat }) => MetricStat !== undefined);
      }).length;

      // A composite alarm costs what five metrics cost (Amazon CloudWatch pricing).
      const priced = metrics + 5 * composite.length;
      assert.ok(Math.abs(priced - planned().inputs.alarmMetrics) <= 3, `${team} has ${priced}`);
    }
  });

  it('every price and limit says where it is from', () => {
    const perBroker = Object.values(brokerLimits).flatMap((limit) => Object.values(limit));
    assert.ok(perBroker.length >= 5);
    for (const { value, unit, mark, source } of [...Object.values(limits), ...perBroker]) {
      assert.ok(value > 0 && unit !== '' && source !== '', unit);
      assert.match(mark, /^(documented~?|from source|inferred)$/);
    }
    const { prices } = readPrices();
    assert.ok(Object.keys(prices).length > 15);
    for (const [name, { usd, unit = '', source = '' }] of Object.entries(prices))
      assert.ok(usd > 0 && unit !== '' && source !== '', name);
  });

  it('each command of docs/sizing.md prints the lines below it, in that order', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../../docs/sizing.md'), 'utf8');
    const blocks = [...page.matchAll(/```(\w*)\n(.*?)\n```/gs)].map(([, language, text = '']) => ({
      language,
      lines: text.split('\n'),
    }));
    const examples = blocks.flatMap(({ language, lines: [command = ''] }, i) => {
      const below = blocks[i + 1];
      return language === 'sh' ? [{ command, shown: below?.language === '' ? below.lines : [] }] : [];
    });

    assert.equal(examples.length, 3);
    for (const { command, shown } of examples) {
      const [npx, clickledger, ...words] = command.split(' ');
      assert.deepEqual([npx, clickledger, words[0]], ['npx', 'clickledger', 'size']);
      const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...words]);
      const printed = stdout.split('\n');
      const places = shown.map((line) => printed.indexOf(line));
      assert.ok(shown.length > 1, command);
      assert.deepEqual(
        shown.filter((_, at) => (places[at] ?? -1) <= (places[at - 1] ?? -1)),
        [],
        `${command} does not print these, or not in this order`,
      );
    }
  });

  it('prints one object for programs, and ends with 2 on what it refuses', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      COMMAND,
      'size',
      '--json',
      '--groups',
      '3',
    ]);
    const { inputs, limits: known, partitions, cluster, group, monthUsd } = JSON.parse(stdout);

    assert.equal(inputs.groups, 3);
    assert.equal(inputs.prices.prices.key.usd, 1);
    assert.equal(known.pollerMbps.value, 5);
    assert.equal(partitions.partitions.value, 9);
    const sum = (bill: Record<string, Figure>) =>
      Object.values(bill).reduce((all, { value }) => all + value, 0);
    assert.ok(Math.abs(monthUsd - sum(cluster) - 3 * sum(group)) < 1e-6);
    await assert.rejects(promisify(execFile)(process.execPath, [COMMAND, 'size', '--groups', '0']), {
      code: 2,
      stderr:
        "clickledger: option '--groups <n>' argument '0' is invalid. Allowed is a whole number from 1 to 1000.\nclickledger size --help lists its options.\n",
    });
  });
});
