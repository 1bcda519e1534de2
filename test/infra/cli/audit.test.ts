import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readDirectory } from '../../../infra/audit/read-ledger.ts';
import { audit, createLedgerClient } from '../../../infra/cli/audit.ts';
import { readLogs } from '../../../infra/cli/target.ts';
import { awaitAnswer } from '../../../infra/terminal/answer-of.ts';
import { UserError } from '../../../infra/terminal/user-error.ts';
import { parsed, refusalOf } from '../../support/parsed.ts';
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

const read = (given: readonly string[], file?: string) => readLogs(parsed(audit, given), file);
const refusal = (given: readonly string[], file?: string) => refusalOf(() => read(given, file));

const full = ['--kafka', 'b-1:9092,b-2:9092', '--topic', 'clicks', '--group', 'g', '--table', 'ledger'];

describe('what is audited', () => {
  it('is every ledger of the running local runtime, at its addresses and with its key', async (t) => {
    const logs = read([], runFile(t, running));

    const kafka = { bootstrapBrokers: ['127.0.0.1:2', '127.0.0.1:3'] };
    assert.deepEqual(
      logs.map(({ dynamodb: _, ...named }) => named),
      [
        { ledger: 'billing', kafka, topic: 'ad_clicks', group: 'billing-service', table: 'app-billing' },
        { ledger: 'fraud', kafka, topic: 'ad_clicks', group: 'fraud-service', table: 'app-fraud' },
      ],
    );
    for (const { config } of logs.map(createLedgerClient)) {
      const { hostname, port } = (await config.endpoint?.()) ?? {};
      const { accessKeyId, secretAccessKey } = await config.credentials();
      assert.deepEqual([hostname, port, accessKeyId, secretAccessKey], ['127.0.0.1', 1, 'key', 'word']);
    }
  });

  it('is the one ledger that is asked for', (t) => {
    assert.deepEqual(
      read(['--ledger', 'fraud'], runFile(t, running)).map(({ table }) => table),
      ['app-fraud'],
    );
  });

  it('is asked for at rest, for programs and by incarnation', () => {
    const { atRest, json, incarnation } = parsed(audit, '--at-rest --json --incarnation 3');

    assert.deepEqual([atRest, json, incarnation], [true, true, 3]);
    assert.match(
      refusalOf(() => parsed(audit, '--incarnation 0')),
      /'0' is invalid. Allowed is a whole number from 1/,
    );
  });

  it('is a ledger elsewhere if one is named in full, whether anything runs here or not', (t) => {
    const [log, ...others] = read(full, join(temporaryFolder(t), 'run.json'));

    const kafka = { bootstrapBrokers: ['b-1:9092', 'b-2:9092'] };
    assert.deepEqual(others, []);
    assert.ok(log);
    assert.deepEqual(log, {
      ...{ ledger: 'ledger', kafka, topic: 'clicks', group: 'g', table: 'ledger', dynamodb: {} },
    });
    assert.equal(createLedgerClient(log).config.endpoint, undefined);
    assert.equal(read([...full, '--ledger', 'prod'])[0]?.ledger, 'prod');
  });

  it('is reached by IAM and in a region if that is said', async () => {
    const [log] = read([...full, '--iam', '--region', 'eu-north-1']);

    assert.ok(log);
    assert.equal(log.kafka.sasl?.mechanism, 'OAUTHBEARER');
    assert.equal(await createLedgerClient(log).config.region(), 'eu-north-1');
  });

  it('is refused in part', () => {
    assert.equal(refusal(['--kafka', 'a:1']), `--kafka needs --topic, --group, --table too`);
    assert.equal(refusal(['--table', 't', '--group', 'g']), `--group needs --kafka, --topic too`);
    assert.equal(refusal(['--iam', '--topic', 't']), `--topic needs --kafka, --group, --table too`);
    assert.equal(refusal(['--region', 'eu-west-1']), '--region needs --kafka, --topic, --group, --table too');
    assert.equal(refusal(['--ledger']), "option '--ledger <name>' argument missing");
    assert.match(refusal(['--fast']), /^unknown option '--fast'/);
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

    const nothingRuns =
      'nothing runs on this machine: start it with npm start, or name a ledger on AWS in full (--help)';
    assert.equal(refusal([], join(folder, 'run.json')), nothingRuns);
    assert.equal(refusal([], runFile(t, { ...running, pid: 2 ** 30 })), nothingRuns);
    for (const content of ['', '{"pid":', 'null', '[]', withoutGroups, { ...running, dynamodb: {} }]) {
      const file = runFile(t, content);

      assert.equal(refusal([], file), `${file} is damaged: stop what runs, and start it again`);
    }
  });
});

describe('an answer', () => {
  it('is handed on', async () => {
    assert.equal(await awaitAnswer('Kafka', Promise.resolve(7)), 7);
  });

  it('that is refused says by whom and what was said innermost', async () => {
    const cause = new Error('connect ECONNREFUSED');
    const wrapped = new AggregateError([new Error('first'), new Error('outer', { cause })], 'six times');

    await assert.rejects(awaitAnswer('Kafka at a:1', Promise.reject(wrapped)), {
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
    const asked = awaitAnswer('Kafka at a:1', new Promise(() => {}));

    t.mock.timers.tick(25_000);

    await assert.rejects(asked, { message: "Kafka at a:1 can't be read: no answer within 25 s" });
  });
});

const command = join(import.meta.dirname, '../../../infra/cli/main.ts');
const run = (folder: string, ...given: string[]) =>
  promisify(execFile)(process.execPath, [command, 'audit', ...given], {
    env: { PATH: process.env['PATH'], CLICKLEDGER_FOLDER: folder },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

describe('clickledger audit', () => {
  it('ends with 0 after its help, and with 2 and one sentence where nothing runs', async (t) => {
    const folder = temporaryFolder(t);
    const [help, nothing] = await Promise.all([run(folder, '--help'), run(folder)]);

    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(
      help.stdout,
      /^Usage: clickledger audit [\s\S]*Exit code: 0 pass; 1 fault; 2 could not tell/,
    );
    assert.deepEqual([nothing.code, nothing.stdout], [2, '']);
    assert.match(nothing.stderr, /^clickledger: nothing runs on this machine: [^\n]*\n$/);
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
