import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Children } from '../../../../infra/local/children.ts';
import { EmittedMetrics } from '../../../../infra/local/emitted-metrics.ts';
import { writeFrame } from '../../../../infra/local/sandbox/frames.ts';
import { Invoker, type Lease } from '../../../../infra/local/sandbox/invoker.ts';
import type { Sandboxes } from '../../../../infra/local/sandbox/sandboxes.ts';
import type { PlannedFunction } from '../../../../infra/local/template/planned.ts';
import { lentAtOnce, sandboxesIn } from '../../../support/local-mapping.ts';
import { isAlive } from '../../../support/pids.ts';
import { behave, callsOf } from '../../../support/scripted-function.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 30_000;
const TIMEOUT_MS = 60_000;
const event = Buffer.from(JSON.stringify({ records: { 'clicks-0': [{ partition: 0, offset: 7 }] } }));

describe('the sandboxes of a function', { timeout: 120_000 }, () => {
  const children = new Children();
  const opened: Sandboxes[] = [];
  after(async () => {
    for (const sandboxes of opened) sandboxes.close();
    children.killAll();
    await until('every process has ended', () => children.list().length === 0, WITHIN_MS);
  });
  const folder = temporaryFolder({ after });
  behave(folder, { does: 'succeed' });

  function open(fields: Partial<PlannedFunction> = {}, metrics = new EmittedMetrics()): Sandboxes {
    const sandboxes = sandboxesIn(folder, children, fields, metrics);
    opened.push(sandboxes);
    return sandboxes;
  }

  /** A function of its own, from the text of its module. */
  function functionOf(name: string, text: string): Partial<PlannedFunction> {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, text);
    return { name, file, handler: 'index.handler', environment: { FROM_THE_TEMPLATE: 'yes' } };
  }

  const isListed = (pid: number) => children.list().some((child) => child.pid === pid);

  it('are lent again while warm, and else another is started', async () => {
    const sandboxes = open();
    const [first, second] = [new Invoker(await sandboxes.lend()), new Invoker(await sandboxes.lend())];
    const pids = [first.lease.pid, second.lease.pid];

    const ends = [await first.invoke(event, TIMEOUT_MS), await second.invoke(event, TIMEOUT_MS)];
    first.close();
    second.close();
    await until('both are lent again', async () => isWithin(pids, await lentAtOnce(sandboxes, 4)), WITHIN_MS);

    assert.deepEqual(ends, [{ returned: null }, { returned: null }]);
    assert.notEqual(pids[0], pids[1]);
  });

  it('are not lent while they still work for a dead holder', async () => {
    behave(folder, { does: 'hold', partition: 0 });
    const sandboxes = open();
    const abandoned = new Invoker(await sandboxes.lend());
    const { pid } = abandoned.lease;
    void abandoned.invoke(event, TIMEOUT_MS);
    const notes = () => callsOf(folder).filter((call) => call.pid === pid);
    await until('it works', () => notes().length === 1, WITHIN_MS);
    abandoned.close();

    const others = [...(await lentAtOnce(sandboxes, 2)), ...(await lentAtOnce(sandboxes, 3))];
    const workedOn = isAlive(pid) && notes().length === 1;
    behave(folder, { does: 'succeed' });
    const isLent = async () => (await lentAtOnce(sandboxes, 6)).includes(pid);
    await until('it is lent when it has ended', isLent, WITHIN_MS);

    assert.ok(!others.includes(pid), others.join());
    assert.equal(workedOn, true);
    assert.deepEqual(
      notes()
        .slice(0, 2)
        .map(({ at }) => at),
      ['begin', 'end'],
    );
  });

  it('are lent again if a holder was killed before it connected', async (t) => {
    const sandboxes = open();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const lost = [await sandboxes.lend(), await sandboxes.lend()];

    t.mock.timers.tick(3_000);
    const again = [await sandboxes.lend(), await sandboxes.lend()];

    const ids = (leases: Lease[]) => leases.map(({ id }) => id).sort();
    assert.deepEqual(ids(lost), [1, 2]);
    assert.deepEqual(ids(again), [1, 2]);
  });

  it("have the template's environment, and nothing of the user's", async () => {
    process.env['SECRET_OF_THE_USER'] = 'secret';
    const text = `export const handler = async (event, { functionName, memoryLimitInMB, getRemainingTimeInMillis }) => ({
      event, functionName, memoryLimitInMB, left: getRemainingTimeInMillis() > 0, names: Object.keys(process.env) });`;
    const invoker = new Invoker(await open(functionOf('curious', text)).lend());

    const end = await invoker.invoke(Buffer.from('{"a":[1]}'), TIMEOUT_MS);
    delete process.env['SECRET_OF_THE_USER'];
    invoker.close();

    const { names, ...rest } = (end as { returned: { names: string[] } }).returned;
    assert.deepEqual(rest, {
      event: { a: [1] },
      functionName: 'curious',
      memoryLimitInMB: '256',
      left: true,
    });
    const own = names.filter((name) => !name.startsWith('NODE_'));
    const ours = ['AWS_LAMBDA_FUNCTION_NAME', 'AWS_SDK_UA_APP_ID'];
    assert.deepEqual(own.sort(), [...ours, 'FROM_THE_TEMPLATE', 'PATH']);
  });

  it('have their metrics counted however their output is split, and the rest logged', async () => {
    const line = JSON.stringify({
      _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'Clicks' }] }] },
      Clicks: 5,
    });
    const text = `const line = ${JSON.stringify(line)};
      const write = (text) => new Promise((done) => process.stdout.write(text, done));
      export const handler = async () => {
        for (const part of [line.slice(0, 9), line.slice(9, 40), line.slice(40) + '\\nhello\\n{"_aws":', '1}\\n', line + '\\n' + line.slice(0, 30)])
          await write(part);
        process.exit(1); };`;
    const metrics = new EmittedMetrics();
    const invoker = new Invoker(await open(functionOf('talkative', text), metrics).lend());

    await invoker.invoke(event, TIMEOUT_MS);
    await until('both lines were heard', () => metrics.sum('Clicks') === 10, WITHIN_MS);
    await until('it is forgotten', () => !isListed(invoker.lease.pid), WITHIN_MS);

    assert.equal(metrics.sum('Clicks'), 10);
  });

  const broken: [why: string, text: string, message: RegExp][] = [
    [
      'exports no handler',
      'export const other = 1;',
      /^function broken does not start: .*broken\.mjs does not export 'handler'$/,
    ],
    ['throws while it loads', "throw new Error('no table');", /^function broken does not start: no table$/],
    ['ends while it loads', 'process.exit(5);', /^function broken ended before it was ready \(5\)$/],
  ];
  for (const [why, text, message] of broken)
    it(`report why the function does not start: it ${why}`, async () => {
      await assert.rejects(open(functionOf('broken', text)).lend(), { message });
      await until(
        'its process has ended',
        () => !children.list().some(({ name }) => name === 'broken'),
        WITHIN_MS,
      );
    });

  it('end at the timeout even if a handler blocks its process and the invoker is gone', async () => {
    behave(folder, { does: 'spin' });
    const { pid, socket } = await open().lend();
    const holder = connect(socket);
    writeFrame(holder, { requestId: 'r', timeoutMs: 300 }, event);
    await until('it blocks', () => callsOf(folder).some((call) => call.pid === pid), WITHIN_MS);

    holder.destroy();
    await until('it has ended', () => !isAlive(pid), WITHIN_MS);

    behave(folder, { does: 'succeed' });
  });

  it('end with the local runtime', async () => {
    const sandboxes = open();
    const [idle = -1] = await lentAtOnce(sandboxes, 1);
    const lent = await sandboxes.lend();

    sandboxes.close();
    await until('they have ended', () => !isAlive(idle) && !isAlive(lent.pid), WITHIN_MS);
  });
});

function isWithin(some: readonly number[], all: readonly number[]): boolean {
  return some.every((each) => all.includes(each));
}
