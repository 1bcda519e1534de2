/** `npm start` as other people's tools see it while it runs: run.json, consumer groups, statements; and Ctrl-C at the end. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { groups } from '../../functions/index.ts';
import { judgeClick } from '../../infra/audit/judge-click.ts';
import { TopicLog } from '../../infra/kafka/topic-log.ts';
import { getRunFile, type RunFile } from '../../infra/local/run-file.ts';
import { KafkaView } from '../support/kafka-view.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder, root } from '../support/runtime-folder.ts';

const TOPIC = 'ad_clicks';
const GROUPS = Object.values(groups).map(({ groupId }) => groupId);
const LEDGERS = Object.values(groups).map(({ ledger }) => ledger);
const PARTITIONS = 3;
const CLICKS = 20_000;

async function statement(folder: string, advertiser: string) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, 'infra/cli/main.ts'),
      'statement',
      '--ledger',
      'billing',
      '--advertiser',
      advertiser,
      '--json',
      '--exact',
    ],
    { env: { ...process.env, CLICKLEDGER_FOLDER: folder } },
  );
  return JSON.parse(stdout) as {
    clicks: number;
    micros: number;
    hours: { hour: string; clicks: number; micros: number }[];
  };
}

/** The hours of an advertiser, by the auditor's reading of the log. */
async function recountHours(kafka: string, advertiser: string) {
  const log = new TopicLog({ bootstrapBrokers: [kafka] }, TOPIC, 'clickledger-recount');
  const hours = new Map<string, { hour: string; clicks: number; micros: number }>();
  for (const [partition, bounds] of (await log.bounds()).entries())
    for await (const { time, value } of log.records(partition, bounds)) {
      const worth = judgeClick(time, value);
      const [hour = '', of] = typeof worth === 'string' ? [] : worth.line.split(' ');
      if (of !== advertiser || typeof worth === 'string') continue;
      const { clicks, micros } = hours.get(hour) ?? { clicks: 0, micros: 0 };
      hours.set(hour, { hour, clicks: clicks + 1, micros: micros + Number(worth.micros) });
    }
  await log.close();
  return [...hours.values()].sort((a, b) => a.hour.localeCompare(b.hour));
}

describe('npm start, while it runs', { timeout: 180_000 }, () => {
  const folder = prepareRuntimeFolder({ after });
  let start: RunningStart;
  let run: RunFile;
  let view: KafkaView;
  after(() => view?.close());

  before(async () => {
    await furnished(folder);
    start = new RunningStart({
      folder,
      command: ['npm', 'start', '--'],
      given: ['--clicks', String(CLICKS), '--seed', '7', '--advertisers', '40'],
    });
    run = await start.running();
    view = new KafkaView(run.kafka);
    await start.until('every group has committed all clicks', async () => {
      const ends = await view.ends(TOPIC, PARTITIONS);
      const committed = await Promise.all(GROUPS.map((group) => view.committed(group, TOPIC)));
      return (
        ends.reduce((sum, end) => sum + end, 0) === CLICKS &&
        committed.every((offsets) => offsets.join() === ends.join())
      );
    });
  });

  it('run.json names endpoints, tables and every process, and only its owner can read it', () => {
    const now = start.runFile();

    assert.deepEqual(Object.keys(run), [
      'pid',
      'kafka',
      'dynamodb',
      'tables',
      'lambda',
      'groups',
      'children',
    ]);
    assert.match(run.kafka, /^127\.0\.0\.1:\d+$/);
    assert.match(run.dynamodb.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
    const { region, accessKeyId, secretAccessKey } = run.dynamodb;
    assert.deepEqual([region.length > 0, accessKeyId.length, secretAccessKey.length], [true, 20, 40]);
    assert.deepEqual(Object.keys(run.tables).sort(), LEDGERS.toSorted());
    assert.match(run.lambda.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
    const { billing, fraud } = run.groups;
    assert.deepEqual(
      [billing?.id, billing?.topic, billing?.destination],
      ['billing-service', TOPIC, undefined],
    );
    assert.deepEqual([fraud?.id, fraud?.topic], ['fraud-service', TOPIC]);
    assert.ok(fraud?.destination?.startsWith(join(start.folder, 'destinations/s3')), fraud?.destination);
    const held = new Set((now?.children ?? []).map(({ role, group = '' }) => `${role} ${group}`.trim()));
    for (const group of GROUPS)
      assert.ok(held.has(`poller ${group}`) && held.has(`function ${group}`), group);
    assert.ok(held.has('broker') && held.has('dynamodb'));
    assert.equal(held.has('producer'), false, 'the producer has done its work and is gone');
    assert.equal(statSync(getRunFile(start.folder)).mode & 0o777, 0o600);
  });

  it('it prints where everything is', () => {
    assert.ok(start.stdout.includes(`Kafka      ${run.kafka}   topics ${TOPIC}`), start.stdout);
    assert.ok(start.stdout.includes(run.dynamodb.endpoint));
    assert.ok(start.stdout.includes(getRunFile(start.folder)));
  });

  it('each partition has exactly one owner in each group', async () => {
    for (const group of GROUPS) {
      const owners = await view.owners(group, TOPIC, PARTITIONS);

      assert.deepEqual(
        owners.map((members) => members.length),
        [1, 1, 1],
        group,
      );
    }
  });

  it('an exact statement agrees with the log, read by other code (I1, I6)', async () => {
    const expected = await recountHours(run.kafka, 'adv-7');

    const { clicks, micros, hours } = await statement(start.folder, 'adv-7');

    assert.ok(expected.length > 0, 'adv-7 had clicks');
    assert.deepEqual(hours, expected);
    assert.equal(
      clicks,
      expected.reduce((sum, hour) => sum + hour.clicks, 0),
    );
    assert.equal(
      micros,
      expected.reduce((sum, hour) => sum + hour.micros, 0),
    );
  });

  it('a process that is killed goes from run.json, and another comes', async () => {
    const [poller] = start.pids('poller', 'fraud-service');

    start.signal(poller, 'SIGKILL');

    await start.until('another poller stands in its place', () => {
      const [now] = start.pids('poller', 'fraud-service');
      return now !== undefined && now !== poller;
    });
  });

  it('Ctrl-C in its terminal ends all of it, and leaves no process and no run.json', async () => {
    start.interrupt();
    const { code } = await start.ended(30_000);

    assert.equal(code, 0);
    assert.match(
      start.stdout,
      /Stopping …\nStopped\. Its data is in [^\n]+: npm start -- --keep continues with it\.\n$/,
    );
    assert.doesNotMatch(start.stderr, /clickledger:|Error/);
    assert.equal(start.runFile(), undefined);
    assert.deepEqual(start.left(), []);
  });
});
