import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { buildClientConfig, type EndpointAccess } from '../../../../infra/local/endpoint-access.ts';
import {
  type DynamoDbOptions,
  type RunningDynamoDb,
  startDynamoDb,
} from '../../../../infra/local/servers/dynamodb.ts';
import { createTables } from '../../../../infra/local/servers/dynamodb-tables.ts';
import { localJars } from '../../../support/local-jars.ts';
import { isOpen, ownAddresses } from '../../../support/own-addresses.ts';
import { aPlannedTable } from '../../../support/planned-table.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const ledger = aPlannedTable({
  globalIndexes: [
    { name: 'by-sk', keys: [{ attribute: 'sk', type: 'HASH' }], projection: 'KEYS_ONLY', included: [] },
  ],
  expiryAttribute: 'expires',
});

function clientOf(access: EndpointAccess): DynamoDBClient {
  return new DynamoDBClient(buildClientConfig(access));
}

/** What a page in a browser could send. */
function statusFor(port: number, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject).end('{}');
  });
}

describe('DynamoDB Local', { timeout: 120_000 }, () => {
  let dynamodb: RunningDynamoDb;
  let options: DynamoDbOptions;
  after(() => dynamodb?.stop());
  const folder = temporaryFolder({ after });

  before(async () => {
    options = {
      jars: await localJars(),
      dataFolder: join(folder, 'dynamodb'),
      logFile: join(folder, 'logs/dynamodb.log'),
    };
    dynamodb = await startDynamoDb(options);
  });

  it('listens on no address that a neighbour can reach', async () => {
    assert.equal(await isOpen('127.0.0.1', dynamodb.port), true);
    for (const address of ownAddresses()) assert.equal(await isOpen(address, dynamodb.port), false, address);
  });

  it('answers no page in a browser, under its own origin or a rebound name', async () => {
    const own = {
      Host: `127.0.0.1:${dynamodb.port}`,
      Authorization: 'AWS4 Credential=x/2/eu-west-1/d',
      'X-Amz-Target': 'DynamoDB_20120810.ListTables',
    };

    assert.equal(await statusFor(dynamodb.port, own), 200);
    assert.equal(await statusFor(dynamodb.port, { ...own, Host: `localhost:${dynamodb.port}` }), 200);
    assert.equal(await statusFor(dynamodb.port, { ...own, Origin: 'http://evil.example' }), 403);
    assert.equal(await statusFor(dynamodb.port, { ...own, Host: `evil.example:${dynamodb.port}` }), 403);
    assert.equal(await statusFor(dynamodb.port, { ...own, Host: '127.0.0.1' }), 403);
  });

  it('has the tables of the plan, and a second run changes nothing', async () => {
    const client = clientOf(dynamodb);

    await createTables(dynamodb, [ledger]);
    await createTables(dynamodb, [ledger]);

    const { Table } = await client.send(new DescribeTableCommand({ TableName: ledger.name }));
    assert.deepEqual(
      Table?.KeySchema?.map(({ AttributeName }) => AttributeName),
      ['pk', 'sk'],
    );
    assert.deepEqual(
      Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName),
      ['by-sk'],
    );
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: ledger.name }),
    );
    assert.equal(TimeToLiveDescription?.AttributeName, 'expires');
  });

  it('refuses a template that changes the keys of an existing table', async () => {
    await createTables(dynamodb, [ledger]);

    const change = createTables(dynamodb, [{ ...ledger, keys: ledger.keys.slice(0, 1) }]);

    await assert.rejects(
      change,
      /table 'app-Ledger' has the keys and indexes pk HASH, sk RANGE; by-sk sk HASH here and pk HASH; by-sk/,
    );
  });

  it('shows its tables only with the access key, which only the owner can read', async () => {
    await createTables(dynamodb, [ledger]);

    const stranger = await clientOf({ ...dynamodb, accessKeyId: 'stranger' }).send(new ListTablesCommand({}));

    assert.deepEqual(stranger.TableNames, []);
    assert.equal(statSync(join(options.dataFolder, 'credentials.json')).mode & 0o777, 0o600);
    assert.match(dynamodb.accessKeyId, /^[A-Za-z0-9]{20}$/);
  });

  it('refuses a second server on its data, in a sentence', async () => {
    await assert.rejects(
      startDynamoDb(options),
      /DynamoDB Local ended \(code 1\).*\n.*is in use by another process/s,
    );
  });

  it('keeps every acknowledged item through a SIGKILL, under the same key and port', async () => {
    await createTables(dynamodb, [ledger]);
    const key = (sk: number) => ({ pk: { S: 'journal' }, sk: { S: String(sk) } });
    const put = (sk: number) =>
      clientOf(dynamodb).send(
        new PutItemCommand({
          TableName: ledger.name,
          Item: key(sk),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    for (let sk = 0; sk < 20; sk++) await put(sk);

    process.kill(dynamodb.pid, 'SIGKILL');
    await dynamodb.exited;
    dynamodb = await startDynamoDb({ ...options, port: dynamodb.port });

    for (let sk = 0; sk < 20; sk++) {
      const { Item } = await clientOf(dynamodb).send(
        new GetItemCommand({ TableName: ledger.name, Key: key(sk) }),
      );
      assert.deepEqual(Item, key(sk));
    }
    await assert.rejects(put(19), { name: 'ConditionalCheckFailedException' });
  });

  it('leaves no unpacked code behind after a SIGKILL', async () => {
    const unpacked = readdirSync(join(options.dataFolder, 'tmp')).filter(
      (name) => name.endsWith('.so') || name.endsWith('.dylib'),
    );

    assert.ok(unpacked.length <= 1, unpacked.join());
  });

  it('is gone after a stop', async () => {
    await dynamodb.stop();

    assert.equal(await isOpen('127.0.0.1', dynamodb.port), false);
    assert.throws(() => process.kill(dynamodb.pid, 0), { code: 'ESRCH' });
  });

  it('ends with the process that started it, even by SIGKILL', async () => {
    const script = `
      import { startDynamoDb } from ${JSON.stringify(import.meta.resolve('../../../../infra/local/servers/dynamodb.ts'))};
      const { pid } = await startDynamoDb(${JSON.stringify(options)});
      console.log(pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(line);

    parent.kill('SIGKILL');

    await until(`process ${pid} has ended`, () => !isAlive(pid));
  });
});

/** A process that has ended but whom nobody has waited for yet has ended all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
