/** The lab as people run it, made small: two strategies of two protocols, on a real broker. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { localJars } from '../support/local-jars.ts';
import { processesOf } from '../support/processes-of.ts';
import { root } from '../support/runtime-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const small =
  '--partitions 3 --members 2 --rate 150 --session-timeout-ms 1000 --heartbeat-ms 100 --commit-ms 200';

describe('clickledger lab', { timeout: 300_000 }, () => {
  it('measures a join, a leave and a crash, plots them, and leaves nothing behind', async (t) => {
    await localJars();
    const folder = temporaryFolder(t);
    const plots = join(folder, 'plots');
    symlinkSync(join(root, '.clickledger/jars'), join(folder, 'jars'));
    const given = [...small.split(' '), '--strategies', 'sticky,server-side', '--json', '--plots', plots];

    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'infra/cli/main.ts'), 'lab', ...given],
      {
        env: { ...process.env, CLICKLEDGER_FOLDER: folder },
      },
    );

    const { measures } = JSON.parse(stdout);
    assert.deepEqual(Object.keys(measures), ['sticky', 'server-side']);
    for (const steps of Object.values<Record<string, { moved: number; fewest: number; pausesMs: number[] }>>(
      measures,
    )) {
      assert.deepEqual(Object.keys(steps), ['join', 'leave', 'crash']);
      for (const { moved, fewest, pausesMs } of Object.values(steps)) {
        assert.ok(moved >= fewest && fewest > 0, `${moved} moved, ${fewest} had to`);
        assert.equal(pausesMs.length, 3);
      }
      // Nobody takes over before the session of the dead has run out, but for the last heartbeat that it sent.
      assert.ok(Math.max(...(steps['crash']?.pausesMs ?? [])) > 500, JSON.stringify(steps['crash']));
    }
    assert.equal(measures.sticky.join.moved, measures.sticky.join.fewest);
    for (const name of ['lab-moved.svg', 'lab-redelivered.svg', 'lab-pauses.svg'])
      assert.match(readFileSync(join(plots, name), 'utf8'), /<svg[\s\S]*server-side/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('lab-run-')),
      [],
    );
    assert.deepEqual(processesOf(folder), []);
  });
});
