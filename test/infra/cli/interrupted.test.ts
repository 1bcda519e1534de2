/** Ctrl-C in commands that have nothing to finish: one sentence, 130, and nothing left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { processesOf } from '../../support/processes-of.ts';
import { root } from '../../support/runtime-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Takes connections and never answers. */
async function startSilentServer(t: TestContext): Promise<{ port: number; reached: Promise<void> }> {
  const sockets = new Set<Socket>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => resolve());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, reached: promise };
}

const commands: readonly string[] = [
  'statement --table t --advertiser adv-7',
  'audit --table t --kafka KAFKA --topic ad_clicks --group billing-service',
  'reachable --subnets subnet-0123456789abcdef0 --security-groups sg-0123456789abcdef0',
  'record --stage dev --owners stream',
];

describe('a command that is interrupted', { concurrency: 2 }, () => {
  for (const command of commands)
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      it(`ends with one sentence and 130: ${command.split(' ')[0]}, ${signal}`, async (t) => {
        const { port, reached } = await startSilentServer(t);
        const folder = temporaryFolder(t);
        const recorded = readFileSync(join(root, 'infra/deployed/dev.json'), 'utf8');
        const given = command.replace('KAFKA', `127.0.0.1:${port}`).split(' ');
        const child = spawn(process.execPath, [join(root, 'infra/cli/main.ts'), ...given], {
          env: {
            PATH: process.env['PATH'],
            HOME: folder,
            CLICKLEDGER_FOLDER: folder,
            AWS_REGION: 'eu-west-1',
            AWS_ACCESS_KEY_ID: 'none',
            AWS_SECRET_ACCESS_KEY: 'none',
            AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        t.after(() => child.kill('SIGKILL'));
        const said = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const)
          child[name].on('data', (chunk: Buffer) => {
            said[name] += chunk;
          });
        const ended = new Promise<number | null>((resolve) => child.once('close', resolve));

        await Promise.race([
          reached,
          ended.then((code) => assert.fail(`ended with ${code}: ${said.stderr}`)),
        ]);
        child.kill(signal);

        assert.equal(await ended, 130);
        assert.deepEqual(said, { stdout: '', stderr: 'clickledger: interrupted before it was done\n' });
        assert.deepEqual(processesOf(folder), []);
        assert.deepEqual(readdirSync(folder), []);
        assert.equal(readFileSync(join(root, 'infra/deployed/dev.json'), 'utf8'), recorded);
      });
});
