import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { getRunFile, type RunFile, removeRunFile, writeRunFile } from '../../../infra/local/run-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const content: RunFile = {
  pid: 7,
  kafka: '127.0.0.1:9092',
  dynamodb: {
    endpoint: 'http://127.0.0.1:8000',
    region: 'eu-west-1',
    accessKeyId: 'a',
    secretAccessKey: 's',
  },
  tables: { billing: 'table' },
  lambda: {
    endpoint: 'http://127.0.0.1:9000',
    region: 'eu-west-1',
    accessKeyId: 'k',
    secretAccessKey: 't',
  },
  groups: {
    billing: {
      id: 'billing-service',
      topic: 'ad_clicks',
      function: 'billing',
      sourceArn: 'arn',
      batchRecords: 100,
      destination: '/folder',
    },
  },
  children: [{ role: 'poller', group: 'billing-service', name: 'poller 1', pid: 8 }],
};

const WRITES = 600;
/** Writes short and long contents in turns, until it has written so many. */
const writer = `
  import { writeRunFile } from ${JSON.stringify(join(import.meta.dirname, '../../../infra/local/run-file.ts'))};
  const [folder, text] = process.argv.slice(1);
  const content = JSON.parse(text);
  const many = Array.from({ length: 500 }, (_, pid) => ({ ...content.children[0], pid }));
  for (let n = 0; n < ${WRITES}; n++) writeRunFile(folder, n % 2 ? content : { ...content, children: many });
`;

describe('run.json', () => {
  it('holds exactly what is documented, readable by its owner only', (t) => {
    const folder = temporaryFolder(t);
    const running = { ...content.dynamodb, port: 8000, stop: async () => {} };

    writeRunFile(folder, { ...content, dynamodb: running });

    assert.deepEqual(JSON.parse(readFileSync(getRunFile(folder), 'utf8')), content);
    assert.equal(statSync(getRunFile(folder)).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ['run.json']);
  });

  it('is never read half written', { timeout: 60_000 }, async (t) => {
    const folder = temporaryFolder(t);
    const given = ['--input-type=module', '-e', writer, folder, JSON.stringify(content)];
    let writing = true;
    const written = new Promise<void>((resolve, reject) =>
      execFile(process.execPath, given, (error) => {
        writing = false;
        if (error === null) resolve();
        else reject(error);
      }),
    );

    const seen = new Map<number, number>();
    while (writing) {
      if (existsSync(getRunFile(folder))) {
        const { children } = JSON.parse(readFileSync(getRunFile(folder), 'utf8')) as RunFile;
        seen.set(children.length, (seen.get(children.length) ?? 0) + 1);
      }
      await new Promise(setImmediate);
    }
    await written;

    assert.deepEqual([...seen.keys()].sort(), [1, 500], 'it was read between writes of both');
    assert.deepEqual(readdirSync(folder), ['run.json']);
  });

  it('follows no link that was placed beside it, and leaves nothing if it can not be written', (t) => {
    const folder = temporaryFolder(t);
    const trap = join(temporaryFolder(t), 'trap');
    writeFileSync(trap, 'mine');
    for (const name of [`run.json.${process.pid}`, 'run.json.new']) symlinkSync(trap, join(folder, name));

    writeRunFile(folder, content);
    assert.equal(readFileSync(trap, 'utf8'), 'mine');

    const blocked = temporaryFolder(t);
    mkdirSync(join(blocked, 'run.json'));
    assert.throws(() => writeRunFile(blocked, content), { code: 'EISDIR' });
    assert.deepEqual(readdirSync(blocked), ['run.json']);
  });

  it('is removed, also where it was never written', (t) => {
    const folder = temporaryFolder(t);
    writeRunFile(folder, content);

    removeRunFile(folder);
    removeRunFile(folder);

    assert.deepEqual(readdirSync(folder), []);
  });
});
