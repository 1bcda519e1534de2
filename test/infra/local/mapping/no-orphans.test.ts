import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Child } from '../../../../infra/local/children.ts';
import { LocalBroker, messages } from '../../../support/local-broker.ts';
import type { MappingParentOptions } from '../../../support/mapping-parent.ts';
import { isAlive } from '../../../support/pids.ts';
import { type Call, callsOf } from '../../../support/scripted-function.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';

const WITHIN_MS = 60_000;
const PARENT_FILE = join(import.meta.dirname, '../../../support/mapping-parent.ts');

describe('a killed parent', { timeout: 200_000 }, () => {
  const broker = new LocalBroker({ before, after });
  let children: readonly Child[] = [];
  after(() => {
    for (const { pid } of children) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  const folder = temporaryFolder({ after });

  function parentOf(options: MappingParentOptions): ChildProcess {
    const parent = fork(PARENT_FILE, [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    parent.on('message', (list: Child[]) => {
      children = list;
    });
    return parent;
  }

  async function untilCalled(partition: number, at: Call['at']): Promise<void> {
    await broker.produce(messages('mapped', partition, 1));
    const isCalled = (call: Call) => call.at === at && call.offsets[partition] !== undefined;
    await until(`the function had partition ${partition}`, () => callsOf(folder).some(isCalled), WITHIN_MS);
  }

  it('leaves no child process: pollers, producer, and functions that work, block or wait', async (t) => {
    await broker.topic('mapped', 3);
    await broker.topic('clicks', 1);
    const parent = parentOf({ folder, bootstrap: broker.bootstrap, topic: 'mapped', clicksTopic: 'clicks' });
    t.after(() => parent.kill('SIGKILL'));
    await untilCalled(0, 'begin');
    await untilCalled(1, 'begin');
    await untilCalled(2, 'end');
    await until('the producer runs', async () => (await broker.end('clicks', 0)) > 0, WITHIN_MS);
    const running = children.filter(({ pid }) => isAlive(pid));

    // With its poller gone, nobody but itself can end a function that blocks its process.
    for (const { pid } of running.filter(({ role }) => role === 'poller')) process.kill(pid, 'SIGKILL');
    parent.kill('SIGKILL');
    await until('all have ended', () => running.every(({ pid }) => !isAlive(pid)), WITHIN_MS);

    const countOf = (role: Child['role']) => running.filter((child) => child.role === role).length;
    assert.deepEqual([countOf('poller'), countOf('producer')], [2, 1]);
    assert.ok(countOf('function') >= 4, `${countOf('function')} functions`);
  });
});
