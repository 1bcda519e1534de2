import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { type Child, Children, getPid, killProcess } from '../../../infra/local/children.ts';
import { isAlive } from '../../support/pids.ts';
import { until } from '../../support/until.ts';

const child = (pid: number, fields: Partial<Child> = {}): Child => ({
  role: 'poller',
  name: 'poller 1',
  pid,
  ...fields,
});

/** A process that waits for ever. */
function waiting(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
}

describe('the register of processes', () => {
  it('lists the processes that were added and not removed', () => {
    const children = new Children();
    const billing = child(11, { role: 'function', group: 'billing-service', name: 'billing' });

    children.add(billing);
    children.add(child(12));
    children.remove(12);

    assert.deepEqual(children.list(), [billing]);
  });

  it('emits one event for each change, and no other', () => {
    const children = new Children();
    let changes = 0;
    children.on('change', () => changes++);

    children.add(child(11));
    children.remove(11);
    children.remove(11);

    assert.equal(changes, 2);
  });

  it('kills the processes that it still lists, and no other', async (t) => {
    const children = new Children();
    const [left, taken, gone] = [waiting(), waiting(), waiting()];
    t.after(() => taken.kill('SIGKILL'));
    for (const { pid } of [left, taken, gone]) children.add(child(pid as number));
    children.remove(taken.pid as number);
    gone.kill('SIGKILL');
    await once(gone, 'exit');

    children.killAll();

    await until('it has ended', () => left.exitCode !== null || left.signalCode !== null);
    assert.equal(left.signalCode, 'SIGKILL');
    assert.equal(isAlive(taken.pid as number), true);
  });

  it('kills one process, never a process group, and never pid 1', (t) => {
    const kill = t.mock.method(process, 'kill', () => true);
    for (const pid of [-1, 0, 1, -4711, 1.5, Number.NaN])
      assert.throws(() => killProcess(pid), RangeError, `${pid}`);

    assert.equal(kill.mock.callCount(), 0);
  });

  it('ignores a process that has ended, and throws on any other error', (t) => {
    const refusals = ['ESRCH', 'EPERM'].map((code) => Object.assign(new Error(code), { code }));
    t.mock.method(process, 'kill', () => {
      throw refusals.shift();
    });

    killProcess(4711);
    assert.throws(() => killProcess(4711), { code: 'EPERM' });
  });

  it('throws for a process that the system did not start', () => {
    assert.throws(() => getPid({ pid: undefined } as ChildProcess), /the system starts no more processes/);
    assert.equal(getPid({ pid: 4711 } as ChildProcess), 4711);
  });
});
