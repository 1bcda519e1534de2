import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { Children } from '../../../infra/local/children.ts';
import type { Sandboxes } from '../../../infra/local/sandbox/sandboxes.ts';
import { Schedule } from '../../../infra/local/schedules.ts';
import type { PlannedFunction, PlannedSchedule } from '../../../infra/local/template/planned.ts';
import { sandboxesIn } from '../../support/local-mapping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const WITHIN_MS = 30_000;
const EVERY_MS = 40;

/** Notes begin and end of each run, ends only once nothing holds it, and fails if it is told to. */
const scheduled = `
  import { appendFileSync, existsSync } from 'node:fs';
  const note = (text) => appendFileSync(process.env.FOLDER + '/noted', text + '\\n');
  export const handler = async (event) => {
    note('begin ' + process.pid + ' ' + JSON.stringify(event));
    while (existsSync(process.env.FOLDER + '/hold')) await new Promise((resolve) => setTimeout(resolve, 5));
    if (existsSync(process.env.FOLDER + '/exit')) process.exit(3);
    if (existsSync(process.env.FOLDER + '/fail')) throw new TypeError('as the test wants it');
    note('end');
  };
`;

describe('a schedule', { timeout: 120_000 }, () => {
  const children = new Children();
  let opened: Sandboxes | undefined;
  let running: Schedule | undefined;
  let said: string[];
  let folder: string;

  after(() => until('every process has ended', () => children.list().length === 0, WITHIN_MS));
  beforeEach((t) => {
    said = [];
    folder = temporaryFolder(t as { after: (run: () => void) => void });
  });
  afterEach(async () => {
    await running?.stop();
    opened?.close();
  });

  function start(input: PlannedSchedule['input'] = null, text = scheduled): Schedule {
    const file = join(folder, 'scheduled.mjs');
    writeFileSync(file, text);
    const planned = { name: 'rollup', file, handler: 'scheduled.handler', timeoutSeconds: 30 };
    opened = sandboxesIn(folder, children, { ...planned, environment: { FOLDER: folder } });
    running = new Schedule(
      { id: 'schedule', functionId: 'rollup', everyMs: EVERY_MS, input },
      planned as PlannedFunction,
      opened,
      (line) => said.push(line),
    );
    return running;
  }

  const tell = (what: 'hold' | 'fail' | 'exit') => writeFileSync(join(folder, what), '');
  const noted = (what: string) =>
    existsSync(join(folder, 'noted'))
      ? readFileSync(join(folder, 'noted'), 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(what))
      : [];

  it('runs its function repeatedly, with its input, in one warm sandbox', async () => {
    start({ why: 'hourly' });

    await until('it has run three times', () => noted('end').length >= 3, WITHIN_MS);

    const events = noted('begin').map((line) => line.split(' ').slice(2).join(' '));
    assert.deepEqual(new Set(events), new Set(['{"why":"hourly"}']));
    assert.equal(new Set(noted('begin').map((line) => line.split(' ')[1])).size, 1);
    assert.deepEqual(said, []);
  });

  it('passes an empty object if the template has no input', async () => {
    start();

    await until('it has run', () => noted('end').length > 0, WITHIN_MS);

    assert.match(noted('begin')[0] ?? '', / \{\}$/);
  });

  it('never runs twice at the same time, however long a run takes', async () => {
    tell('hold');
    start();
    await until('a run has begun', () => noted('begin').length > 0, WITHIN_MS);
    const since = performance.now();

    await until('many intervals are over', () => performance.now() - since > 10 * EVERY_MS, WITHIN_MS);

    assert.equal(noted('begin').length, 1);
    rmSync(join(folder, 'hold'));
    await until('it runs again', () => noted('begin').length > 1, WITHIN_MS);
  });

  it('reports a failed run, and runs at the next interval', async () => {
    tell('fail');
    start();
    await until('it is said', () => said.length > 0, WITHIN_MS);
    rmSync(join(folder, 'fail'));

    await until('a run has gone well', () => noted('end').length > 0, WITHIN_MS);

    assert.equal(said[0], 'rollup failed: TypeError: as the test wants it');
  });

  it('takes another sandbox when its own has ended', async () => {
    tell('exit');
    start();
    await until('it is said', () => said.length > 0, WITHIN_MS);
    rmSync(join(folder, 'exit'));

    await until('a run has gone well', () => noted('end').length > 0, WITHIN_MS);

    assert.match(said[0] ?? '', /^rollup failed: the process of the function ended \(pid \d+\)$/);
  });

  it('reports a function that does not start', async () => {
    start(null, 'throw new Error("no such table");');

    await until('it is said', () => said.length > 0, WITHIN_MS);

    assert.equal(said[0], 'function rollup does not start: no such table');
  });

  it('stops during a run, and neither reports nor runs any more', async () => {
    tell('hold');
    const schedule = start();
    await until('a run has begun', () => noted('begin').length > 0, WITHIN_MS);

    await schedule.stop();
    rmSync(join(folder, 'hold'));
    await until('the run has come to its end', () => noted('end').length > 0, WITHIN_MS);

    assert.equal(noted('begin').length, 1);
    assert.deepEqual(said, []);
  });
});
