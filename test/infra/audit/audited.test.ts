import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readAuditRequest, USAGE } from '../../../infra/audit/audited.ts';
import { readDirectory } from '../../../infra/audit/ledger-items.ts';
import { answerOf } from '../../../infra/terminal/answer-of.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const dynamodb = {
  ...{ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1' },
  ...{ accessKeyId: 'key', secretAccessKey: 'word' },
};
const running = {
  ...{ pid: process.pid, kafka: '127.0.0.1:2,127.0.0.1:3', dynamodb, children: [] },
  tables: { billing: 'app-billing', fraud: 'app-fraud' },
  groups: {
    billing: { id: 'billing-service', topic: 'ad_clicks' },
    fraud: { id: 'fraud-service', topic: 'ad_clicks' },
  },
};

function runFile(t: TestContext, content: unknown): string {
  const file = join(temporaryFolder(t), 'run.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function refusal(given: readonly string[], file?: string): string {
  try {
    readAuditRequest(given, file);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return assert.fail(`${given} was not refused`);
}

const full = ['--kafka', 'b-1:9092,b-2:9092', '--topic', 'clicks', '--group', 'g', '--table', 'ledger'];

describe('what is audited', () => {
  it('is every ledger of the running ground, at its addresses and with its key', async (t) => {
    const { audited, ...rest } = readAuditRequest([], runFile(t, running)) ?? {};

    assert.deepEqual(rest, { atRest: false, json: false, incarnation: undefined, since: undefined });
    const kafka = { bootstrapBrokers: ['127.0.0.1:2', '127.0.0.1:3'] };
    assert.deepEqual(
      audited?.map(({ client: _, ...named }) => named),
      [
        { ledger: 'billing', kafka, topic: 'ad_clicks', group: 'billing-service', table: 'app-billing' },
        { ledger: 'fraud', kafka, topic: 'ad_clicks', group: 'fraud-service', table: 'app-fraud' },
      ],
    );
    for (const { client } of audited ?? []) {
      const { hostname, port } = (await client.config.endpoint?.()) ?? {};
      const { accessKeyId, secretAccessKey } = await client.config.credentials();
      assert.deepEqual([hostname, port, accessKeyId, secretAccessKey], ['127.0.0.1', 1, 'key', 'word']);
    }
  });

  it('is the one ledger that is asked for, at rest and for programs if that is', (t) => {
    const request = readAuditRequest(['--ledger', 'fraud', '--at-rest', '--json'], runFile(t, running));

    assert.deepEqual(
      request?.audited.map(({ table }) => table),
      ['app-fraud'],
    );
    assert.deepEqual([request?.atRest, request?.json], [true, true]);
  });

  it('is a ledger elsewhere if one is named in full, whether anything runs here or not', (t) => {
    const [audited] = readAuditRequest(full, join(temporaryFolder(t), 'run.json'))?.audited ?? [];

    const { client, ...named } = audited ?? {};
    const kafka = { bootstrapBrokers: ['b-1:9092', 'b-2:9092'] };
    assert.deepEqual(named, { ledger: 'ledger', kafka, topic: 'clicks', group: 'g', table: 'ledger' });
    assert.equal(client?.config.endpoint, undefined);
    assert.equal(readAuditRequest([...full, '--ledger', 'prod'])?.audited[0]?.ledger, 'prod');
  });

  it('is reached by IAM and in a region if that is said', async () => {
    const [audited] = readAuditRequest([...full, '--iam', '--region', 'eu-north-1'])?.audited ?? [];

    assert.equal(audited?.kafka.sasl?.mechanism, 'OAUTHBEARER');
    assert.equal(await audited?.client.config.region(), 'eu-north-1');
  });

  it('is nothing where help is asked for', (t) => {
    assert.equal(
      readAuditRequest(['--help', '--ledger', 'x'], join(temporaryFolder(t), 'run.json')),
      undefined,
    );
  });

  it('is refused in part', () => {
    assert.equal(refusal(['--kafka', 'a:1']), `--kafka needs --topic, --group, --table too\n${USAGE}`);
    assert.equal(refusal(['--table', 't', '--group', 'g']), `--group needs --kafka, --topic too\n${USAGE}`);
    assert.equal(refusal(['--iam', '--topic', 't']), `--topic needs --kafka, --group, --table too\n${USAGE}`);
    assert.equal(
      refusal(['--region', 'eu-west-1']).split('\n')[0],
      '--region needs --kafka, --topic, --group, --table too',
    );
    assert.equal(refusal(['--ledger']).split('\n')[0], "Option '--ledger <value>' argument missing");
    assert.equal(refusal(['--fast']).endsWith(`\n${USAGE}`), true);
  });

  it('is refused by name if it is none of those that run', (t) => {
    const file = runFile(t, running);

    for (const ledger of ['biling', '', 'constructor', '__proto__'])
      assert.equal(
        refusal(['--ledger', ledger], file),
        `ledger '${ledger}' is unknown, running are billing, fraud`,
      );
  });

  it('is not looked for where nothing runs, or in a damaged file', (t) => {
    const folder = temporaryFolder(t);
    const { groups: _, ...withoutGroups } = running;

    assert.equal(
      refusal([], join(folder, 'run.json')),
      `nothing runs here, as there is no ${folder}/run.json: start it with npm start, or name a ledger in full (--help)`,
    );
    const gone = runFile(t, { ...running, pid: 2 ** 30 });
    assert.equal(
      refusal([], gone),
      `nothing runs here, as process ${2 ** 30} of ${gone} has ended: start it with npm start, or name a ledger in full (--help)`,
    );
    for (const content of ['', '{"pid":', 'null', '[]', withoutGroups, { ...running, dynamodb: {} }]) {
      const file = runFile(t, content);

      assert.equal(refusal([], file), `${file} is damaged: stop what runs, and start it again`);
    }
  });
});

describe('an answer', () => {
  it('is handed on', async () => {
    assert.equal(await answerOf('Kafka', Promise.resolve(7)), 7);
  });

  it('that is refused says by whom and what was said innermost', async () => {
    const cause = new Error('connect ECONNREFUSED');
    const wrapped = new AggregateError([new Error('first'), new Error('outer', { cause })], 'six times');

    await assert.rejects(answerOf('Kafka at a:1', Promise.reject(wrapped)), {
      constructor: UserError,
      message: "Kafka at a:1 can't be read: connect ECONNREFUSED",
    });
  });

  it('that a table refuses names the table', async () => {
    const send = () => Promise.reject(new Error('Requested resource not found'));

    await assert.rejects(readDirectory({ table: 'app-billing', client: { send } as never }), {
      constructor: UserError,
      message: "table app-billing can't be read: Requested resource not found",
    });
  });

  it('that does not come is not waited for without end', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = answerOf('Kafka at a:1', new Promise(() => {}));

    t.mock.timers.tick(25_000);

    await assert.rejects(asked, { message: "Kafka at a:1 can't be read: no answer within 25 s" });
  });
});

const command = join(import.meta.dirname, '../../../infra/audit/audit.ts');
const run = (folder: string, ...given: string[]) =>
  promisify(execFile)(process.execPath, [command, ...given], {
    env: { PATH: process.env['PATH'], CLICKLEDGER_FOLDER: folder },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

describe('npm run audit', () => {
  it('ends with 0 after its help, and with 2 and one sentence where nothing runs', async (t) => {
    const folder = temporaryFolder(t);
    const [help, nothing] = await Promise.all([run(folder, '--help'), run(folder)]);

    assert.deepEqual(help, { code: 0, stdout: `${USAGE}\n`, stderr: '' });
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(nothing.stderr, /^clickledger: nothing runs here, [^\n]*\n$/);
  });

  it('ends with 2 and one sentence where nobody answers as Kafka', { timeout: 60_000 }, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...running, kafka: '127.0.0.1:1' }));

    const { code, stdout, stderr } = await run(folder, '--json');

    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      "clickledger: Kafka at 127.0.0.1:1 can't be read: connect ECONNREFUSED 127.0.0.1:1\n",
    );
  });
});
