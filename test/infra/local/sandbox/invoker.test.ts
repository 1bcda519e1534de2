import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { Children } from '../../../../infra/local/children.ts';
import { Invoker } from '../../../../infra/local/sandbox/invoker.ts';
import type { Sandboxes } from '../../../../infra/local/sandbox/sandboxes.ts';
import { lentAtOnce, sandboxesIn } from '../../../support/local-mapping.ts';
import { isAlive } from '../../../support/pids.ts';
import { behave } from '../../../support/scripted-function.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 30_000;
const TIMEOUT_MS = 60_000;
const event = Buffer.from(JSON.stringify({ records: { 'clicks-0': [{ partition: 0, offset: 7 }] } }));

describe('an invoker', { timeout: 120_000 }, () => {
  const children = new Children();
  const opened: Sandboxes[] = [];
  after(async () => {
    for (const sandboxes of opened) sandboxes.close();
    children.killAll();
    await until('every process has ended', () => children.list().length === 0, WITHIN_MS);
  });
  const folder = temporaryFolder({ after });
  behave(folder, { does: 'succeed' });

  function open(): Sandboxes {
    const sandboxes = sandboxesIn(folder, children);
    opened.push(sandboxes);
    return sandboxes;
  }

  const isListed = (pid: number) => children.list().some((child) => child.pid === pid);

  it('that holds a sandbox excludes others', async () => {
    const sandboxes = open();
    const lease = await sandboxes.lend();
    const [holder, other] = [new Invoker(lease), new Invoker(lease)];

    const end = await holder.invoke(event, TIMEOUT_MS);
    const refused = await other.invoke(event, TIMEOUT_MS);

    assert.deepEqual(end, { returned: null });
    assert.match((refused as { unreached: string }).unreached, /^the process of the function ended/);
    assert.equal(other.usable, false);
    holder.close();
  });

  it('kills a sandbox that times out, which is never lent again', async () => {
    const sandboxes = open();
    behave(folder, { does: 'spin' });
    const invoker = new Invoker(await sandboxes.lend());
    const { pid } = invoker.lease;

    const end = await invoker.invoke(event, 250);
    await until('it has ended', () => !isAlive(pid) && !isListed(pid), WITHIN_MS);
    behave(folder, { does: 'succeed' });
    const next = new Invoker(await sandboxes.lend());
    const after = await next.invoke(event, TIMEOUT_MS);

    assert.deepEqual(end, { failed: 'Task timed out after 0.25 seconds' });
    assert.equal(invoker.usable, false);
    assert.notEqual(next.lease.pid, pid);
    assert.deepEqual(after, { returned: null });
    next.close();
  });

  it('notices when a sandbox ends by itself, which is then forgotten', async () => {
    const sandboxes = open();
    behave(folder, { does: 'exit' });
    const invoker = new Invoker(await sandboxes.lend());
    const { pid } = invoker.lease;

    const ends = [await invoker.invoke(event, TIMEOUT_MS), await invoker.invoke(event, TIMEOUT_MS)];
    await until('it is forgotten', () => !isListed(pid), WITHIN_MS);
    behave(folder, { does: 'succeed' });

    const ended = `the process of the function ended (pid ${pid})`;
    assert.deepEqual(ends, [{ failed: ended }, { unreached: ended }]);
    assert.ok(!(await lentAtOnce(sandboxes, 2)).includes(pid));
  });

  it('reports what the function throws, and keeps the sandbox', async () => {
    const sandboxes = open();
    behave(folder, { does: 'throw' });
    const invoker = new Invoker(await sandboxes.lend());

    const failed = await invoker.invoke(event, TIMEOUT_MS);
    behave(folder, { does: 'answer', answer: { batchItemFailures: [] } });
    const answered = await invoker.invoke(event, TIMEOUT_MS);
    behave(folder, { does: 'unwritable' });
    const unwritable = await invoker.invoke(event, TIMEOUT_MS);
    invoker.close();

    assert.deepEqual(failed, { failed: 'TypeError: as the test wants it' });
    assert.deepEqual(answered, { returned: { batchItemFailures: [] } });
    assert.match(
      (unwritable as { failed: string }).failed,
      /^TypeError: Do not know how to serialize a BigInt/,
    );
  });
});
