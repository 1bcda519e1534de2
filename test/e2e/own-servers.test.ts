/** A Kafka and a DynamoDB of one's own: used as they are, left as they are, and billed just as exactly, rubbish included. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigResourceTypes, ConfigSources } from '@platformatic/kafka';
import { type RunningDynamoDb, startDynamoDb } from '../../infra/local/dynamodb.ts';
import { clientConfig } from '../../infra/local/endpoint-access.ts';
import { openLedger } from '../../infra/ops/ledger-view.ts';
import { listJournals, readHead } from '../../shared/journal-store.ts';
import { offsetsIn } from '../../shared/offsets.ts';
import { furnished, groundFolder } from '../support/ground-folder.ts';
import { LocalBroker } from '../support/local-broker.ts';
import { localJars } from '../support/local-jars.ts';
import { isAlive } from '../support/pids.ts';
import { RunningStart } from '../support/running-start.ts';
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
  const folder = groundFolder({ after });
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
    await broker.topic(TOPIC, PARTITIONS, { 'message.timestamp.type': 'CreateTime' });
  });

  function aStart(given: readonly string[]): RunningStart {
    return new RunningStart({ folder, environment, given: [...given, '--exit'] });
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
    const ledger = openLedger(table, clientConfig(dynamodb));
    const journals = (await listJournals(ledger)).sort();
    const heads = await Promise.all(journals.map((journal) => readHead(ledger, journal, Date.now())));
    ledger.client.destroy();
    return heads.map(({ state }) => [...offsetsIn(state.parked)]);
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
    const start = aStart(['--clicks', '1']);
    const { code } = await start.ended();

    const [described] = await broker.admin.describeConfigs({ resources: [resource] });
    const set = (described?.configs ?? []).filter(
      ({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG,
    );
    assert.deepEqual(
      set.map(({ name, value }) => [name, value]),
      [['message.timestamp.type', 'CreateTime']],
    );
    assert.ok(
      start.stdout.includes(
        `Not as on AWS: topic '${TOPIC}' stood there already and is left as it is, with message.timestamp.type CreateTime instead of LogAppendTime\n`,
      ),
      start.stdout,
    );
    const { produced, exact, billing } = JSON.parse(start.lastLine());
    assert.deepEqual([code, exact, produced], [0, true, CLICKS + RUBBISH], start.stderr);
    assert.deepEqual([billing.applied, billing.duplicates], [CLICKS - RUBBISH, 0]);
  });

  it('they outlive the ground', async () => {
    assert.ok(isAlive(dynamodb.pid));
    assert.equal(await broker.end(TOPIC, 0).then((end) => end > 0), true);
  });
});
