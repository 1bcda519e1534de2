import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PlannedFunction } from '../../infra/local/template/planned.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { buildWithWrongClock } from './actions.ts';

const HOUR_MS = 3_600_000;
const SLACK_MS = 60_000;

describe('a clock that is off', () => {
  it('is that of every process with an even pid, whichever way it is asked; the bundle is the same', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'index.mjs');
    writeFileSync(
      file,
      `const loaded = Date.now();
       export const handler = () => [process.pid, loaded, Date.now(), new Date().getTime(), +new Date(7), new Date() instanceof Date];`,
    );
    const planned = { file, handler: 'index.handler' } as PlannedFunction;
    const written = buildWithWrongClock(planned, -26 * HOUR_MS, join(folder, 'clocks'));
    const ask = `console.log(JSON.stringify((await import(${JSON.stringify(pathToFileURL(written).href)})).handler()))`;

    const seen = new Set<boolean>();
    for (let tries = 0; tries < 20 && seen.size < 2; tries++) {
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', ask], { encoding: 'utf8' });
      const [pid, ...times] = JSON.parse(said) as [number, number, number, number, number, boolean];
      const off = pid % 2 === 0;
      seen.add(off);
      for (const time of times.slice(0, 3) as number[])
        assert.ok(Math.abs(Date.now() - time - (off ? 26 * HOUR_MS : 0)) < SLACK_MS, `${pid} ${time}`);
      assert.deepEqual(times.slice(3), [7, true]);
    }
    assert.equal(seen.size, 2, 'processes of both kinds were seen');
  });
});
