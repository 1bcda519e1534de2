/** A process that never comes up is reported with its last line. Child processes get none of the shell's secrets. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildChildEnvironment, Children } from '../../../infra/local/children.ts';
import { FRUITLESS_STARTS_MAX } from '../../../infra/local/managed-process.ts';
import { NaiveGroup } from '../../../infra/local/page/naive/naive-group.ts';
import { ClickProducer } from '../../../infra/local/producer/click-producer.ts';
import { Auditing } from '../../../infra/start/page/auditing.ts';
import type { AuditAssignment } from '../../../infra/start/page/auditing-process.ts';
import { setEnvironment } from '../../support/environment.ts';
import { LocalMapping, sandboxesIn } from '../../support/local-mapping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

/** Nobody listens there; a poller looks for it long enough to be looked at. */
const NOWHERE = ['127.0.0.1:1'];
const nowhere = {
  endpoint: 'http://127.0.0.1:1',
  region: 'eu-west-1',
  accessKeyId: 'a',
  secretAccessKey: 'b',
};
const SECRET = 'a-secret-of-the-shell';
const told = {
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_PROFILE: SECRET,
  NODE_OPTIONS: '--no-warnings',
  MY_TOKEN: SECRET,
};

describe('children', { timeout: 120_000 }, () => {
  it('get the path, but no credentials, profiles or options of the shell', (t) => {
    setEnvironment(t, told);

    const environment = buildChildEnvironment();

    assert.equal(environment['PATH'], process.env['PATH']);
    assert.deepEqual(
      Object.keys(environment).filter((name) => /AWS|NODE|TOKEN/.test(name)),
      [],
    );
  });

  it("run without the shell's secrets: pollers and producer", {
    skip: process.platform !== 'linux',
  }, async (t) => {
    setEnvironment(t, told);
    const children = new Children();
    const stopped: (() => unknown)[] = [() => children.killAll()];
    t.after(() => Promise.all(stopped.map((stop) => stop())));
    const folder = temporaryFolder(t);
    const mapping = new LocalMapping({ folder, bootstrap: NOWHERE, topic: 't' });
    const producer = producerIn(folder, children);
    stopped.push(
      () => mapping.stop(),
      () => producer.stop(),
    );

    const running = [...mapping.processes('poller'), ...children.list()];
    assert.equal(running.length, 2);
    for (const { pid, name } of running) {
      await until(`${name} runs its own program`, () => of(pid, 'cmdline').includes('-process.ts'));
      assert.match(of(pid, 'environ'), /PATH=/);
      assert.doesNotMatch(of(pid, 'environ'), /AWS_|NODE_OPTIONS|MY_TOKEN/, name);
    }
  });

  it('a mapping whose pollers end before they are members is reported, with the last line of its log', async (t) => {
    const mapping = new LocalMapping({
      folder: temporaryFolder(t),
      bootstrap: NOWHERE,
      topic: 't',
      rules: { filters: ['no pattern'] },
    });
    t.after(() => mapping.stop());

    await until('it is reported', () => mapping.failures.length > 0, 60_000);

    assert.match(
      mapping.failures[0] ?? '',
      new RegExp(
        `^t: poller 1 ended ${FRUITLESS_STARTS_MAX} times before it came up, and is not started again; its last line: .*is not JSON.* \\(\\S+/pollers-t\\.log\\)$`,
      ),
    );
    assert.equal(mapping.said.length, FRUITLESS_STARTS_MAX - 1);
    assert.deepEqual(mapping.processes('poller'), []);
  });

  it('a function that never starts is reported once, with its error; one that has come up before is not', async (t) => {
    const folder = temporaryFolder(t);
    const [broken, sound] = [join(folder, 'broken.mjs'), join(folder, 'sound.mjs')];
    writeFileSync(broken, "throw new Error('no table');");
    writeFileSync(sound, 'export const handler = () => null;');
    const failed: string[] = [];
    const children = new Children();
    const fields = { file: broken, handler: 'broken.handler', name: 'billing' };
    const sandboxes = sandboxesIn(folder, children, fields, undefined, ({ message }) => failed.push(message));
    t.after(() => {
      sandboxes.close();
      children.killAll();
    });

    for (let n = 0; n < 12; n++)
      await assert.rejects(sandboxes.lend(), /^Error: function billing does not start: no table$/);
    assert.deepEqual(failed, [
      `function billing does not start: no table: it failed to start 10 times; its log is ${folder}/billing.log`,
    ]);

    sandboxes.useBundle(sound, {});
    await sandboxes.invoke(Buffer.from('{}'));
    sandboxes.useBundle(broken, {});
    for (let n = 0; n < 12; n++) await assert.rejects(sandboxes.lend(), /no table/);
    assert.equal(failed.length, 1);
  });
});

describe('what the page starts', { timeout: 300_000 }, () => {
  it('an auditor that never comes up is reported with its last line, and tried again for the next viewer', async (t) => {
    const children = new Children();
    t.after(() => children.killAll());
    let started = 0;
    const pids = new Set<number>();
    children.on('change', () => {
      for (const { pid } of children.list()) pids.add(pid);
      started = pids.size;
    });
    const assignment = { topic: 't', groups: [{ ledger: 'billing', table: 'b', group: 'g' }] };
    // Without the addresses of a broker it ends at once.
    const auditing = new Auditing({
      assignment: assignment as unknown as AuditAssignment,
      dynamodb: nowhere,
      children,
    });
    t.after(() => auditing.stop());
    const said = () => auditing.verdict(Date.now(), { records: 0, setAside: 0 }).ledgers[0]?.says ?? '';

    auditing.watch(true);
    await until('it is reported', () => said() !== 'the first audit is under way', 120_000);

    assert.match(
      said(),
      /^the auditor ended 10 times before it came up, and is not started again; its last line: TypeError: .*iterable.* \(it is tried again when the page is opened again\)$/,
    );
    assert.equal(started, FRUITLESS_STARTS_MAX);

    auditing.watch(false);
    auditing.watch(true);
    assert.equal(started, FRUITLESS_STARTS_MAX + 1);
  });

  it('a consumer without Clickledger that never comes up is reported once, with its last line', async (t) => {
    const tables = createServer((_, response) => {
      response.end(JSON.stringify({ Table: { TableStatus: 'ACTIVE' } }));
    });
    t.after(() => tables.close());
    await new Promise<void>((resolve) => tables.listen(0, '127.0.0.1', resolve));
    const direct = { ...nowhere, endpoint: `http://127.0.0.1:${(tables.address() as AddressInfo).port}` };
    const children = new Children();
    const logFolder = temporaryFolder(t);
    const failed: string[] = [];
    const group = await NaiveGroup.start({
      // Without the addresses of a broker it ends at once.
      bootstrap: null as unknown as string[],
      topic: 't',
      direct,
      reached: direct,
      children,
      logFolder,
      failed: (why) => failed.push(why),
    });
    t.after(() => group.stop());

    await until('it is reported', () => failed.length > 0, 120_000);

    assert.match(
      failed[0] ?? '',
      /^the consumer without Clickledger ended 10 times before it came up, and is not started again; its last line: TypeError: .*iterable/,
    );
    assert.deepEqual([failed.length, children.list(), group.members()], [1, [], []]);
  });
});

function producerIn(logFolder: string, children: Children): ClickProducer {
  const assignment = {
    bootstrap: NOWHERE,
    topic: 't',
    partitions: 1,
    seed: 1,
    advertisers: 1,
    clicks: 1,
    rate: 1,
  };
  return new ClickProducer({ assignment, children, logFolder, say: () => {}, fail: assert.fail });
}

function of(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}
