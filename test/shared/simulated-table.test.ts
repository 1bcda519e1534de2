/**
 * The simulated table against DynamoDB Local: random runs of what the write path, the rollup and the statement do with a table,
 * torn journals, overlapping rollups and expiry included. A failure prints the seeds that repeat it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { buildClientConfig } from '../../infra/local/endpoint-access.ts';
import { createTables } from '../../infra/local/servers/dynamodb-tables.ts';
import { aPlannedTable } from '../support/planned-table.ts';
import { chanceOf } from '../support/random.ts';
import { sharedDynamoDb } from '../support/shared-dynamodb.ts';
import { ledgerRun } from './ledger-run.ts';
import { TwinTables } from './twin-tables.ts';

const RUNS = 8;
const STEPS = 40;

describe('the simulated table', { timeout: 120_000 }, () => {
  let client: DynamoDBClient;
  let tables = 0;
  after(() => client?.destroy());
  const dynamodb = sharedDynamoDb({ before, after });
  before(async () => {
    client = new DynamoDBClient(buildClientConfig(dynamodb.address()));
  });

  async function twins(pageSize: number): Promise<TwinTables> {
    tables += 1;
    const name = `simulated-${tables}`;
    await createTables(dynamodb.address(), [aPlannedTable({ name })]);
    return new TwinTables(client, name, pageSize);
  }

  it('answers every command of a ledger as DynamoDB does, and holds the same items in the end', async (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const compared = new Map<string, number>();
    const search = fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (runSeed) => {
      const chance = chanceOf(runSeed);
      const ledger = await twins(1 + chance.below(4));
      const step = ledgerRun(ledger, chance);
      for (let steps = 0; steps < STEPS; steps++) await step();

      assert.ok((await ledger.assertSame()) > 0, 'something was written');
      for (const [name, count] of ledger.compared) compared.set(name, (compared.get(name) ?? 0) + count);
    });

    await fc.assert(search, { seed, numRuns: RUNS, endOnFailure: true });

    const seldom = ['TransactWriteItemsCommand', 'cancelled'];
    for (const name of seldom) assert.ok(compared.has(name), `${name} was never compared`);
    for (const name of ['GetItemCommand', 'PutItemCommand', 'QueryCommand', 'UpdateItemCommand', 'refused'])
      assert.ok((compared.get(name) ?? 0) >= RUNS, `${name} was compared ${compared.get(name)} times`);
  });

  it('is found out where it differs, by answer and by content', async () => {
    const ledger = await twins(2);
    const key = { pk: { S: 'advertiser#a' }, sk: { S: 'x' } };
    ledger.memory.set({ ...key, clicks: { N: '1' } });
    const query = {
      TableName: ledger.table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': key.pk },
    };

    const got = ledger.client.send(new GetItemCommand({ TableName: ledger.table, Key: key }));
    const listed = ledger.client.send(new QueryCommand(query));

    await assert.rejects(got, /GetItemCommand .*advertiser#a/);
    await assert.rejects(listed, /QueryCommand .*advertiser#a/);
    await assert.rejects(ledger.assertSame(), { code: 'ERR_ASSERTION' });
  });
});
