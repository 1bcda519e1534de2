import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { findLedger } from '../../../infra/cli/target.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const dynamodb = {
  endpoint: 'http://127.0.0.1:1',
  region: 'eu-west-1',
  accessKeyId: 'key',
  secretAccessKey: 'word',
};
const running = {
  pid: process.pid,
  kafka: '127.0.0.1:2',
  dynamodb,
  tables: { billing: 'app-billing', fraud: 'app-fraud' },
  children: [],
};
const billing = { ledger: 'billing' };
const nothingRuns =
  'nothing runs on this machine: start it with npm start, or name a table on AWS with --table';

/** A run file with that content. */
function runFile(t: TestContext, content: unknown): string {
  const file = join(temporaryFolder(t), 'run.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const refused = (message: string) => ({ name: 'UserError', message });

describe('the ledger of a command', () => {
  it('is the one of the running localRuntime, at its address and with its key', async (t) => {
    const { client, table } = findLedger({ ledger: 'fraud' }, runFile(t, running));

    assert.equal(table, 'app-fraud');
    const { config } = client as DynamoDBClient;
    const { hostname, port } = (await config.endpoint?.()) ?? {};
    const { accessKeyId, secretAccessKey } = await config.credentials();
    assert.deepEqual(
      [hostname, port, await config.region(), accessKeyId, secretAccessKey],
      ['127.0.0.1', 1, 'eu-west-1', 'key', 'word'],
    );
  });

  it('is a table on AWS where one is named, whatever runs here', async (t) => {
    const { client, table } = findLedger(
      { ledger: 'billing', table: 'clickledger-prod' },
      runFile(t, running),
    );

    assert.equal(table, 'clickledger-prod');
    assert.equal((client as DynamoDBClient).config.endpoint, undefined);
  });

  it('is the only one that runs if none is named, and has to be named where several run', (t) => {
    const alone = { ...running, tables: { billing: 'app-billing' } };

    assert.equal(findLedger({}, runFile(t, alone)).table, 'app-billing');
    assert.throws(
      () => findLedger({}, runFile(t, running)),
      refused('--ledger is missing, allowed are billing, fraud'),
    );
  });

  it('is in the region that is named, with a table alone', async (t) => {
    const { client } = findLedger({ table: 'T', region: 'eu-north-1' }, '/nowhere/run.json');

    assert.equal(await (client as DynamoDBClient).config.region(), 'eu-north-1');
    assert.throws(
      () => findLedger({ ledger: 'billing', region: 'eu-north-1' }, runFile(t, running)),
      refused('--region needs --table too'),
    );
  });

  it('is none where nothing has run', (t) => {
    const file = join(temporaryFolder(t), 'run.json');

    assert.throws(() => findLedger(billing, file), refused(nothingRuns));
  });

  it('is none of a localRuntime that has ended without removing its file', (t) => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const file = runFile(t, { ...running, pid });

    assert.throws(() => findLedger(billing, file), refused(nothingRuns));
  });

  it('is not looked for in a damaged file', (t) => {
    const { tables: _, ...withoutTables } = running;
    for (const content of ['', '{"pid":', '[]', 'null', withoutTables, { ...running, pid: '7' }]) {
      const file = runFile(t, content);

      assert.throws(
        () => findLedger(billing, file),
        refused(`${file} is damaged: stop what runs, and start it again`),
      );
    }
  });

  it('is not looked for in a file that can’t be read', (t) => {
    const file = join(temporaryFolder(t), 'run.json');
    mkdirSync(file);

    assert.throws(
      () => findLedger(billing, file),
      refused(`${file} can't be read (EISDIR): only the user who started the local runtime can read it`),
    );
  });

  it('is refused by name if it is none of those that run', (t) => {
    const file = runFile(t, running);

    for (const ledger of ['biling', '', 'constructor', '__proto__'])
      assert.throws(
        () => findLedger({ ledger }, file),
        refused(`ledger '${ledger}' is unknown, running are billing, fraud`),
      );
  });
});
