/** A Kafka and a DynamoDB of one's own: used as they are, left as they are, and billed just as exactly, rubbish included. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigResourceTypes, ConfigSources } from '@platformatic/kafka';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/servers/dynamodb.ts';
import { openLedger } from '../../infra/ops/ledger-view.ts';
import { readParkedReasons } from '../../infra/ops/redrive/open-work.ts';
import { listJournals } from '../../shared/journal/journal-store.ts';
import { listOffsets, uniteOffsets } from '../../shared/journal/offsets.ts';
import { LocalBroker } from '../support/local-broker.ts';
import { localJars } from '../support/local-jars.ts';
import { isAlive } from '../support/pids.ts';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder } from '../support/runtime-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOPIC = 'ad_clicks';
const PARTITIONS = 3;
const CLICKS = 12_000;

const click = (more: string) => Buffer.from(`{"clickId":"c","advertiserId":"adv-1","adId":"a",${more}}`);
const rubbish: readonly (Buffer | undefined)[] = [
  undefined,
  Buffer.alloc(0),
  Buffer.from('not JSON'),
  Buffer.from([0x7b, 0xff, 0x7d]),
  click('"v":1,"priceMicros":0.1'),
  click('"v":1,"priceMicros":-5'),
  click('"v":9,"priceMicros":5'),
];
const RUBBISH = rubbish.length * PARTITIONS;

describe('own servers', { timeout: 240_000 }, () => {
  const folder = prepareRuntimeFolder({ after });
  const broker = new LocalBroker({ before, after });
  let dynamodb: RunningDynamoDb;
  let environment: Record<string, string>;
  after(() => dynamodb?.stop());
  const data = temporaryFolder({ after });

  before(async () => {
    const jars = await localJars();
    dynamodb = await startDynamoDb({ jars, dataFolder: data, logFile: join(data, 'dynamodb.log') });
    environment = {
      CLICKLEDGER_KAFKA: broker.bootstrap.join(),
      CLICKLEDGER_DYNAMODB: dynamodb.endpoint,
      AWS_REGION: dynamodb.region,
      AWS_ACCESS_KEY_ID: dynamodb.accessKeyId,
      AWS_SECRET_ACCESS_KEY: dynamodb.secretAccessKey,
    };
    await furnished(folder);
    await broker.topic(TOPIC, PARTITIONS, {
      'message.timestamp.type': 'LogAppendTime',
      'retention.ms': '900000000',
    });
  });

  function aStart(given: readonly string[]): RunningStart {
    return new RunningStart({ folder, environment, given: [...given, '--exit'] });
  }

  /** What a press of a button gets for an answer. */
  async function pressed({ stdout }: RunningStart, action: object): Promise<[number, string]> {
    const [, page = '', token = ''] = /(http:\S+)#token=(\S+)/.exec(stdout) ?? [];
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const answer = await fetch(`${page}actions`, { method: 'POST', headers, body: JSON.stringify(action) });
    return [answer.status, (await answer.text()).trim()];
  }

  async function records(): Promise<number> {
    const ends = await Promise.all([0, 1, 2].map((partition) => broker.end(TOPIC, partition)));
    return ends.reduce((sum, end) => sum + end, 0);
  }

  async function produceRubbish(): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    await broker.produce(
      partitions.flatMap((partition) =>
        rubbish.map((value) => ({ topic: TOPIC, partition, ...(value !== undefined && { value }) })),
      ),
    );
  }

  /** By partition, as the billing ledger itself lists it. */
  async function parkedOffsets(table: string): Promise<number[][]> {
    const ledger = openLedger(table, buildClientConfig(dynamodb));
    const journals = (await listJournals(ledger)).sort();
    const everywhere = [0, Number.MAX_SAFE_INTEGER];
    const parked = await Promise.all(
      journals.map((journal) => readParkedReasons(ledger, journal, everywhere)),
    );
    ledger.client.destroy();
    return parked.map((reasons) => [
      ...listOffsets(reasons.map(({ offsets }) => offsets).reduce(uniteOffsets, [])),
    ]);
  }

  it('clicks are billed once, and rubbish between them is parked at its offset and stops nothing (I1, I2)', async () => {
    await produceRubbish();

    const start = aStart(['--clicks', String(CLICKS), '--rate', '4000']);
    const { children, kafka, tables, dynamodb: used } = await start.running();
    await start.until('clicks flow', async () => (await broker.end(TOPIC, 0)) > 2 * rubbish.length);
    await produceRubbish();
    const { code } = await start.ended();

    // What stood in the log before counts among --clicks; what another producer adds meanwhile comes on top.
    const expected = { applied: CLICKS - RUBBISH, parked: 2 * RUBBISH };
    const { produced, exact, billing, fraud } = JSON.parse(start.lastLine());
    assert.deepEqual([code, exact, produced], [0, true, CLICKS + RUBBISH], start.stderr);
    for (const { applied, parked, micros, expectedMicros } of [billing, fraud]) {
      assert.deepEqual({ applied, parked }, expected);
      assert.equal(micros, expectedMicros);
    }
    for (const offsets of await parkedOffsets(tables['billing'] ?? '')) {
      assert.equal(offsets.length, 2 * rubbish.length);
      assert.deepEqual(offsets.slice(0, rubbish.length), [...rubbish.keys()]);
    }
    assert.deepEqual([kafka, used.endpoint], [broker.bootstrap.join(), dynamodb.endpoint]);
    const servers = children.filter(({ role }) => role === 'broker' || role === 'dynamodb');
    assert.deepEqual(servers, []);
    assert.deepEqual(start.left(), []);
  });

  it('a topic that stood there keeps its settings, and the notes name what the ledgers would rather have', async () => {
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: TOPIC };
    const start = aStart(['--clicks', '1', '--join']);
    const { code } = await start.ended();

    const [described] = await broker.admin.describeConfigs({ resources: [resource] });
    const set = (described?.configs ?? []).filter(
      ({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
    );
    assert.deepEqual(set.map(({ name, value }) => `${name}=${value}`).sort(), [
      'message.timestamp.type=LogAppendTime',
      'retention.ms=900000000',
    ]);
    assert.ok(
      start.stdout.includes(
        `Not as on AWS: topic '${TOPIC}' exists already and is left unchanged, with retention.ms 900000000 instead of 604800000\n`,
      ),
      start.stdout,
    );
    const { produced, exact, billing } = JSON.parse(start.lastLine());
    assert.deepEqual([code, exact, produced], [0, true, CLICKS + RUBBISH], start.stderr);
    assert.deepEqual([billing.applied, billing.duplicates], [CLICKS - RUBBISH, 0]);
  });

  it('a group that exists is not joined unless --join says so: nothing is taken from it, and nothing runs', async () => {
    const before = await broker.committed('billing-service', TOPIC, PARTITIONS);
    const start = aStart(['--clicks', '1']);
    const { code } = await start.ended();

    assert.equal(code, 2, start.stdout);
    assert.match(
      start.stderr,
      /^clickledger: Kafka at \S+ already has the consumer group '(billing|fraud)-service' \(members: 0\) and '\S+' \(members: 0\): .* give --join; else choose another Kafka\n$/,
    );
    assert.deepEqual(await broker.committed('billing-service', TOPIC, PARTITIONS), before);
    assert.deepEqual([start.left(), start.remains()], [[], []]);
  });

  it('nothing is written to it that nobody asked for, by no button either, and the offsets of its groups stay', async () => {
    const before = await records();
    const start = new RunningStart({ folder, environment, given: ['--join'] });
    await start.running();
    await start.until('the page is served', () => /#token=\S+/.test(start.stdout));

    const writing = ['send-poison', 'send-duplicate'].map((action) => ({ action }));
    const others = [
      { action: 'set-rate', rate: 1_000 },
      { action: 'heat-key', on: true },
    ];
    for (const action of [...writing, ...others])
      assert.deepEqual(await pressed(start, action), [
        409,
        '{"error":"Kafka is your own, and nothing is written to it: start with --clicks N or --rate N if that is meant"}',
      ]);
    const [status, said] = await pressed(start, { action: 'replay', group: 'billing-service' });
    start.signal(start.process.pid, 'SIGINT');
    await start.ended();

    assert.equal(status, 409);
    assert.match(said, /its committed offsets are not deleted/);
    assert.equal(await records(), before);
    assert.match(
      start.stdout,
      /^Your Kafka \S+: nothing is written to topic ad_clicks; --clicks N or --rate N would/m,
    );
    assert.match(
      start.stdout,
      /^Your Kafka \S+: joins the consumer groups \S+, \S+, even if others are members \(--join\)/m,
    );
    assert.deepEqual(start.left(), []);
  });

  it('they outlive the local runtime', async () => {
    assert.ok(isAlive(dynamodb.pid));
    assert.equal(await broker.end(TOPIC, 0).then((end) => end > 0), true);
  });
});
