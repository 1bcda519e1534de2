/**
 * Events as they have been published, fed to the very bundles that a deployment uploads, on DynamoDB Local: what the ledgers
 * of both groups hold of them afterwards, to the micro.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { groups } from '../../functions/index.ts';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { createTables } from '../../infra/local/servers/dynamodb-tables.ts';
import type { Ledger } from '../../shared/journal/journal-store.ts';
import { readStatement, wholePeriod } from '../../shared/statement/statement.ts';
import { anEvent, aRecord, base64, records } from '../support/builders.ts';
import { sharedDynamoDb } from '../support/shared-dynamodb.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Bundles, synthesized } from './bundles.ts';
import { entriesOf, heldIn, parkedIn } from './ledger-contents.ts';
import { eventOfGroup, journalOfGroup, publishedEvent, publishedEvents } from './published-events.ts';
import { strangeEvents } from './strange-events.ts';

const nothingFailed = { returned: { batchItemFailures: [] } };

describe('the bundles', { timeout: 120_000 }, () => {
  let client: DynamoDBClient;
  let bundles: Bundles;
  after(async () => {
    await bundles?.stop();
    client?.destroy();
  });
  const folder = temporaryFolder({ after });

  const dynamodb = sharedDynamoDb({ before, after });

  before(async () => {
    const plan = synthesized(join(folder, 'cdk.out'));
    const access = dynamodb.address();
    client = new DynamoDBClient(buildClientConfig(access));
    await createTables(access, plan.tables);
    bundles = new Bundles(plan, access);
  });

  const ledgerOf = (group: string): Ledger => ({ client, table: bundles.table(group), entryDays: 35 });

  for (const group of Object.keys(groups)) {
    for (const [index, [name, held]] of Object.entries(publishedEvents).entries()) {
      const shift = 100 * (index + 1);
      const journals = held.map((each) => ({ ...each, journal: journalOfGroup(each, shift) }));

      it(`${group}: the event ${name} is billed to the micro, and what is no click is parked (I2, I6)`, async () => {
        const answer = await bundles.invokeConsumer(group, eventOfGroup(name, shift));

        assert.deepEqual(answer, nothingFailed);
        assert.ok(journals.length > 0);
        for (const each of journals) assert.deepEqual(await heldIn(ledgerOf(group), each.journal), each);
      });

      it(`${group}: the event ${name} fed again changes nothing (I1)`, async () => {
        const [{ journal } = { journal: '' }] = journals;
        await bundles.invokeConsumer(group, eventOfGroup(name, shift));
        const before = await entriesOf(ledgerOf(group), journal);

        const answer = await bundles.invokeConsumer(group, eventOfGroup(name, shift));

        assert.deepEqual(answer, nothingFailed);
        assert.ok(before.length > 0);
        assert.deepEqual(await entriesOf(ledgerOf(group), journal), before);
      });
    }

    it(`${group}: an event of another topic is refused whole, and nothing of it is written`, async () => {
      const answer = await bundles.invokeConsumer(group, publishedEvent('label-of-two-digits'));

      assert.match(
        'failed' in answer ? answer.failed : 'it was taken',
        /^AppError: event\.topic: it holds topic 'mytopic' partition 0, allowed is 'ad_clicks' alone/,
      );
      assert.deepEqual(await entriesOf(ledgerOf(group), 'mytopic@1#0'), []);
    });

    it(`${group}: records that overlap an earlier event are billed only where they are new (I1)`, async () => {
      const partition = 10;
      await bundles.invokeConsumer(group, anEvent(records(0, 5, { partition })));

      const answer = await bundles.invokeConsumer(group, anEvent(records(3, 5, { partition })));

      assert.deepEqual(answer, nothingFailed);
      const { resolved, clicks, micros } = await heldIn(ledgerOf(group), 'ad_clicks@1#10');
      assert.deepEqual([resolved, clicks, micros], ['0-7', 8n, 2_000_000n]);
    });

    it(`${group}: of an event that is mostly rubbish ${group === 'billing' ? 'the partition alone fails, and nothing of it is parked (I8)' : 'the rubbish alone is parked, for its mapping would give up the whole'}`, async () => {
      const bad = [
        ...records(0, 101, { partition: 20, value: base64('rubbish') }),
        ...records(101, 99, { partition: 20 }),
      ];
      const good = records(0, 2, { partition: 21 });
      const event = { eventSource: 'aws:kafka', records: { 'ad_clicks-020': bad, 'ad_clicks-21': good } };

      const answer = await bundles.invokeConsumer(group, event);

      const held = await heldIn(ledgerOf(group), 'ad_clicks@1#21');
      assert.deepEqual([held.clicks, held.parked], [2n, {}]);
      if (group === 'fraud') {
        const { clicks, parked } = await heldIn(ledgerOf(group), 'ad_clicks@1#20');
        assert.deepEqual(answer, nothingFailed);
        assert.deepEqual([clicks, Object.keys(parked).length], [99n, 101]);
        return;
      }
      const all = bad.map(({ offset }) => ({ itemIdentifier: { partition: 'ad_clicks-020', offset } }));
      assert.deepEqual(answer, { returned: { batchItemFailures: all } });
      assert.deepEqual(await entriesOf(ledgerOf(group), 'ad_clicks@1#20'), []);
    });

    it(`${group}: an event of which just half is rubbish goes on without it (I2)`, async () => {
      const partition = 30;
      const rubbish = records(0, 100, { partition, value: base64('rubbish') });

      const answer = await bundles.invokeConsumer(
        group,
        anEvent([...rubbish, ...records(100, 100, { partition })]),
      );

      assert.deepEqual(answer, nothingFailed);
      const { clicks, parked } = await heldIn(ledgerOf(group), 'ad_clicks@1#30');
      assert.deepEqual([clicks, Object.keys(parked).length], [100n, 100]);
    });

    it(`${group}: what is no event of a Kafka mapping is refused whole, saying why (I7)`, async () => {
      for (const [name, event, sentence] of strangeEvents) {
        const says = 'this is not an event of a Kafka event source mapping';
        assert.deepEqual(
          await bundles.invokeConsumer(group, event),
          { failed: `AppError: event.malformed: ${sentence} (${says})` },
          name,
        );
      }
      assert.deepEqual(await entriesOf(ledgerOf(group), 'strange@1#0'), []);
    });

    it(`${group}: the rollup lists what was billed by advertiser and hour, and what was parked`, async () => {
      const shift = 100 * (Object.keys(publishedEvents).indexOf('several-partitions') + 1);
      await bundles.invokeConsumer(group, eventOfGroup('several-partitions', shift));

      const answer = await bundles.invokeRollup(group);

      assert.ok('returned' in answer, JSON.stringify(answer));
      const hours = await readStatement(ledgerOf(group), 'adv-9', wholePeriod, false);
      assert.deepEqual(
        hours.map(({ hour, sums }) => [hour, sums['clicks'], sums['micros']]),
        [
          ['2026-11-21T10', 1n, 30_000_000n],
          ['2026-11-21T11', 2n, 9n],
        ],
      );
      const [held = { journal: '', parked: {} }] = publishedEvents['several-partitions'] ?? [];
      assert.deepEqual(await parkedIn(ledgerOf(group), journalOfGroup(held, shift)), held.parked);
    });
  }

  it('flag, for fraud alone, the clicks of one address on one ad beyond twenty in a minute', async () => {
    const event = anEvent(records(0, 23, { partition: 40, click: { ip: '203.0.113.77' } }));

    for (const group of Object.keys(groups)) await bundles.invokeConsumer(group, event);

    const flagged = async (group: string) =>
      (await entriesOf(ledgerOf(group), 'ad_clicks@1#40')).flatMap(({ changed }) =>
        changed.flags.map(({ offset, score }) => [offset, score]),
      );
    assert.deepEqual(await flagged('billing'), []);
    assert.deepEqual(await flagged('fraud'), [
      [20, 21],
      [21, 22],
      [22, 23],
    ]);
  });

  it('log no address, no key and no value', async () => {
    const secret = { click: { ip: '203.0.113.99', adId: 'ad-secret' }, key: base64('key-secret') };
    const rubbish = aRecord({ partition: 50, offset: 1, value: base64('value-secret') });
    const event = anEvent([aRecord({ partition: 50, ...secret }), rubbish]);

    for (const group of Object.keys(groups)) await bundles.invokeConsumer(group, event);
    await bundles.stop();

    assert.match(bundles.logged, /"journal":"ad_clicks@1#50"/);
    for (const word of ['203.0.113.99', 'secret', base64('key-secret'), base64('value-secret')])
      assert.ok(!bundles.logged.includes(word), word);
  });

  it('leave what an operator reads with the statement command', async () => {
    const event = anEvent(records(0, 4, { partition: 60, click: { advertiserId: 'adv-read' } }));
    await bundles.invokeConsumer('billing', event);
    const { endpoint, region, accessKeyId, secretAccessKey } = dynamodb.address();
    const access = { endpoint, region, accessKeyId, secretAccessKey };
    const run = {
      pid: process.pid,
      kafka: '',
      dynamodb: access,
      tables: { billing: bundles.table('billing') },
    };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(run));

    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['infra/cli/main.ts', 'statement', '--advertiser', 'adv-read', '--exact'],
      {
        cwd: join(import.meta.dirname, '../..'),
        env: { PATH: process.env['PATH'], CLICKLEDGER_FOLDER: folder },
      },
    );

    assert.deepEqual(stdout.split('\n').slice(1, 3), [
      '2026-11-21T10       4  1.000000',
      'total               4  1.000000',
    ]);
  });
});
