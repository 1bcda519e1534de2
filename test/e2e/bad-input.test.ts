/** What a start can't work with gets one clear sentence; nothing is left running, and the folder is free again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RunningStart } from '../support/running-start.ts';
import { furnished, prepareRuntimeFolder } from '../support/runtime-folder.ts';

const REFUSED_WITHIN_MS = 90_000;

interface Attempt {
  readonly folder: string;
  readonly given?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The sentence, once it is sure that there is nothing else. */
async function refusal(attempt: Attempt): Promise<string> {
  const start = new RunningStart(attempt);
  const { code } = await start.ended(REFUSED_WITHIN_MS);
  const [first = '', ...more] = start.stderr.split('\n');
  assert.equal(code, 2, start.stdout + start.stderr);
  assert.match(first, /^clickledger: /);
  assert.doesNotMatch(more.join('\n'), /^\s+at |clickledger:/m);
  assert.deepEqual(start.left(), []);
  if (statSync(attempt.folder).isDirectory()) assert.deepEqual(start.remains(), []);
  return start.stderr.slice('clickledger: '.length);
}

/** A PATH of these tools alone: scripts, or `real` for the one of this machine. */
function machineWith(folder: string, tools: Readonly<Record<string, string>>): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [tool, script] of Object.entries(tools)) {
    if (script === 'real') symlinkSync(realPath(tool), join(bin, tool));
    else {
      writeFileSync(join(bin, tool), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, tool), 0o755);
    }
  }
  return { PATH: bin };
}

function realPath(tool: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
}

/** A port on which somebody listens and says nothing. */
async function silentPort(t: TestContext): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

const ownDynamoDb = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

describe('npm start refuses', { timeout: 300_000 }, () => {
  const misunderstood: readonly (readonly [string, string[], Record<string, string>, RegExp])[] = [
    ['an unknown flag', ['--click', '5'], {}, /^unknown option '--click'\n\(Did you mean --clicks\?\)\n/],
    ['--exit without --clicks', ['--exit'], {}, /^--exit needs --clicks <n>/],
    [
      'what is no number',
      ['--clicks', '1e5'],
      {},
      /^option '--clicks <n>' argument '1e5' is invalid\. Allowed is a whole number from 1 to 1000000000\.\n/,
    ],
    [
      'a malformed CLICKLEDGER_KAFKA',
      [],
      { CLICKLEDGER_KAFKA: 'localhost' },
      /^CLICKLEDGER_KAFKA has 'localhost', allowed is host:port/,
    ],
    [
      'a malformed CLICKLEDGER_DYNAMODB',
      [],
      { ...ownDynamoDb, CLICKLEDGER_DYNAMODB: 'localhost:8000' },
      /^CLICKLEDGER_DYNAMODB is 'localhost:8000', allowed is http:\/\/host:port or https:\/\/host\n$/,
    ],
  ];
  for (const [what, given, environment, sentence] of misunderstood) {
    it(what, async (t) => {
      const message = await refusal({ folder: prepareRuntimeFolder(t), given, environment });

      assert.match(message, sentence);
    });
  }

  it('a port that is taken', async (t) => {
    const port = await silentPort(t);
    const folder = await furnished(prepareRuntimeFolder(t));

    const message = await refusal({ folder, given: ['--kafka-port', String(port)] });

    assert.equal(
      message,
      `port ${port} on 127.0.0.1 is taken, and the Kafka broker needs it: stop the program that holds it, or choose another port\n`,
    );
  });

  const machines: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ['without java', {}, /^java was not found: install a JDK 17 or newer/],
    [
      'with too old a java',
      { java: 'echo \'openjdk version "11.0.2" 2019-01-15\' >&2' },
      /^java on the PATH is version 11: install a JDK 17 or newer/,
    ],
    [
      'without mvn, if the jars are to be fetched',
      { java: 'real', javac: 'real' },
      /^mvn was not found, and the jars must be fetched once: install Maven/,
    ],
  ];
  for (const [what, tools, sentence] of machines) {
    it(`a machine ${what}`, async (t) => {
      const folder = await furnished(prepareRuntimeFolder(t), { jars: tools['java'] !== 'real' });

      const message = await refusal({ folder, environment: machineWith(folder, tools) });

      assert.match(message, sentence);
    });
  }

  it('to go on without a broker that dies at its start, and shows its last words', async (t) => {
    const folder = await furnished(prepareRuntimeFolder(t));
    const dies = `case "$*" in *"Launcher kafka"*) echo "No space left on device" >&2; exit 1;; esac`;
    const environment = machineWith(folder, { java: `${dies}\nexec "${realPath('java')}" "$@"` });

    const message = await refusal({ folder, environment });

    assert.match(
      message,
      /^the Kafka broker ended \(code 1\); the last lines of .*\/broker\.log:\nNo space left on device\n$/,
    );
  });

  it('a Kafka of one’s own that is not there, or says nothing', async (t) => {
    const ports = [await closedPort(), await silentPort(t)];
    const messages = ports.map(async (port) => {
      const folder = await furnished(prepareRuntimeFolder(t));
      return refusal({ folder, environment: { CLICKLEDGER_KAFKA: `127.0.0.1:${port}` } });
    });

    for (const [n, message] of (await Promise.all(messages)).entries())
      assert.match(message, new RegExp(`^Kafka at 127\\.0\\.0\\.1:${ports[n]} failed \\(.+\\): check`));
  });

  it('a DynamoDB of one’s own that is not there', async (t) => {
    const folder = await furnished(prepareRuntimeFolder(t));
    const endpoint = `http://127.0.0.1:${await closedPort()}`;

    const message = await refusal({
      folder,
      environment: { ...ownDynamoDb, CLICKLEDGER_DYNAMODB: endpoint },
    });

    assert.match(message, new RegExp(`^DynamoDB at ${endpoint} failed \\(.+\\): check`));
  });

  it('a folder that can not be one', async (t) => {
    const file = join(prepareRuntimeFolder(t), 'file');
    writeFileSync(file, '');

    const message = await refusal({ folder: file });

    assert.match(message, /CLICKLEDGER_FOLDER/);
  });
});
