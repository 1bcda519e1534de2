import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { printStatement } from '../../../infra/cli/statement.ts';
import type { Item } from '../../../shared/journal/journal-items.ts';
import { records } from '../../support/builders.ts';
import { apply, roll } from '../../support/filled-ledger.ts';
import { type MemoryLedger, memoryLedger } from '../../support/memory-ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const asked = {
  key: 'adv-7',
  isAdvertiser: true,
  from: '0000-01-01T00',
  to: '9999-12-31T23',
  exact: false,
  json: false,
};

/** Two hours, two partitions, another advertiser, and an entry that no rollup has folded. */
async function filled(): Promise<MemoryLedger> {
  const ledger = memoryLedger();
  const nextHour = Date.UTC(2026, 10, 21, 11);
  await apply(ledger, records(0, 12));
  await apply(ledger, records(0, 1, { partition: 1, timestamp: nextHour, click: { priceMicros: 1 } }));
  await apply(ledger, records(1, 1, { partition: 1, timestamp: nextHour, click: { advertiserId: 'adv-9' } }));
  await roll(ledger);
  await apply(ledger, records(12, 2, { timestamp: nextHour, click: { priceMicros: 1_000_000_000 } }));
  return ledger;
}

async function printed(t: TestContext, request: Partial<typeof asked>, ledger?: MemoryLedger) {
  const log = t.mock.method(console, 'log', () => undefined);
  await printStatement({ ...asked, ...request }, ledger ?? (await filled()));
  return log.mock.calls.map(({ arguments: [line] }) => String(line));
}

const file = join(import.meta.dirname, '../../../infra/cli/main.ts');
const run = (folder: string, ...given: string[]) =>
  promisify(execFile)(process.execPath, [file, 'statement', ...given], {
    env: { PATH: process.env['PATH'], CLICKLEDGER_FOLDER: folder },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

describe('a statement', () => {
  it('is a table by hour with totals, and says what it leaves out', async (t) => {
    assert.deepEqual(await printed(t, {}), [
      'hour (UTC)     clicks    amount',
      '2026-11-21T10      12  3.000000',
      '2026-11-21T11       1  0.000001',
      'total              13  3.000001',
      'As of the last rollup; --exact adds what came since: 1 entry (of all advertisers).',
    ]);
  });

  it('is exact if asked, and leaves nothing out', async (t) => {
    assert.deepEqual(await printed(t, { exact: true }), [
      'hour (UTC)     clicks       amount',
      '2026-11-21T10      12     3.000000',
      '2026-11-21T11       3  2000.000001',
      'total              15  2003.000001',
    ]);
  });

  it('holds only the hours between from and to, both included', async (t) => {
    const [, ...rows] = await printed(t, { exact: true, from: '2026-11-21T11', to: '2026-11-21T11' });

    assert.deepEqual(rows, ['2026-11-21T11       3  2000.000001', 'total               3  2000.000001']);
  });

  it('is one JSON object for programs', async (t) => {
    const lines = await printed(t, { json: true });

    assert.equal(lines.length, 1);
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      advertiser: 'adv-7',
      exact: false,
      entriesNotRolledUp: 1,
      clicks: 13,
      micros: 3_000_001,
      hours: [
        { hour: '2026-11-21T10', clicks: 12, micros: 3_000_000 },
        { hour: '2026-11-21T11', clicks: 1, micros: 1 },
      ],
    });
  });

  it('keeps every digit beyond 2^53, in the table and in JSON (I6)', async (t) => {
    const ledger = await filled();
    const [pk, sk] = ['advertiser#adv-7', '2026-11-21T10#ad_clicks@1#0'];
    const line = ledger.memory.get(pk, sk) as Item;
    ledger.memory.set({ ...line, micros: { N: '90071992547409930001' } });

    const [, row] = await printed(t, {}, ledger);
    const [json = ''] = await printed(t, { json: true }, ledger);

    assert.equal(row, '2026-11-21T10      12  90071992547409.930001');
    assert.match(json, /"micros":90071992547409930002,"hours":\[.*"micros":90071992547409930001\}/);
  });

  it('of an advertiser without clicks is a total of nothing', async (t) => {
    assert.deepEqual(await printed(t, { key: 'adv-0', exact: true }), [
      'hour (UTC)  clicks    amount',
      'total            0  0.000000',
    ]);
  });

  it('ends with 0 after its help, and with 2 and a sentence, no stack, where it could not', async (t) => {
    const folder = temporaryFolder(t);

    const [help, refused, nothing] = await Promise.all([
      run(folder, '--help'),
      run(folder, '--advertiser', '#'),
      run(folder, '--advertiser', 'adv-7'),
    ]);

    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: clickledger statement \[options\]\n/);
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(
      refused.stderr,
      /^clickledger: option '--advertiser <id>' argument '#' is invalid\. Allowed is .*\nclickledger statement --help lists/,
    );
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(
      nothing.stderr,
      /^clickledger: nothing runs on this machine: start it with npm start, [^\n]*\n$/,
    );
  });
});
