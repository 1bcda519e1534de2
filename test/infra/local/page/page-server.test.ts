import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { LiveStream } from '../../../../infra/local/page/live-stream.ts';
import { PageServer, Refused } from '../../../../infra/local/page/page-server.ts';
import { UserError } from '../../../../infra/terminal/user-error.ts';
import { ownAddresses } from '../../../support/own-addresses.ts';
import { until } from '../../../support/until.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('the server of the page', () => {
  const stream = new LiveStream(() => [{ name: 'view', data: { n: 1 } }]);
  const acted: unknown[] = [];
  let server: PageServer;
  let token = '';

  before(async () => {
    const act = async (asked: unknown) => {
      if (asked === 'no') throw new Refused('not now');
      acted.push(asked);
      return 'done';
    };
    server = await PageServer.start({ port: undefined, stream, act });
    token = server.url.slice(server.url.indexOf('=') + 1);
  });
  after(() => server.close());

  function ask(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
    body = '',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
          if (response.headers['content-type'] === 'text/event-stream') response.destroy();
        });
        response.on('close', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  const press = (headers: Record<string, string> = {}, body = '{"action":"reset"}') =>
    ask(
      '/actions',
      { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      'POST',
      body,
    );

  it('answers an invalid path', async () => {
    assert.equal((await ask('//')).status, 400);
  });

  it('serves its files with a policy that allows nothing from elsewhere', async () => {
    const page = await ask('/');

    assert.equal(page.status, 200);
    assert.match(page.body, /<script type="module" src="\/main.js">/);
    assert.match(
      String(page.headers['content-security-policy']),
      /default-src 'self'.*frame-ancestors 'none'/,
    );
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.equal(page.headers['access-control-allow-origin'], undefined);
    assert.doesNotMatch(page.body, new RegExp(token));
    assert.equal((await ask('/../page-server.ts')).status, 404);
    assert.equal((await ask('/%2e%2e/page-server.ts')).status, 404);
  });

  it('executes an action that has the token of this run, from its own page or from no page', async () => {
    const before = acted.length;
    const own = `http://127.0.0.1:${server.port}`;

    const statuses = [
      (await press()).status,
      (await press({ origin: own, 'sec-fetch-site': 'same-origin' })).status,
      (await press({ host: `localhost:${server.port}` })).status,
    ];

    assert.deepEqual(statuses, [200, 200, 200]);
    assert.equal(acted.length, before + 3);
  });

  it('refuses foreign hosts, origins and sites, wrong tokens, methods and types, and does nothing', async () => {
    const before = acted.length;
    const refused: [number, Promise<Answer>][] = [
      [403, ask('/', { host: 'evil.example' })],
      [403, ask('/', { host: '127.0.0.1' })],
      [403, ask('/', { host: `127.0.0.1:${server.port + 1}` })],
      [403, ask(`/events?token=${token}`, { host: `evil.example:${server.port}` })],
      [403, ask('/', { 'sec-fetch-site': 'cross-site' })],
      [403, ask(`/events?token=${token}`, { 'sec-fetch-site': 'same-site' })],
      [403, press({ origin: 'http://evil.example' })],
      [403, press({ origin: 'null' })],
      [403, press({ origin: `http://localhost:${server.port}` })],
      [403, press({ 'sec-fetch-site': 'same-origin' })],
      [403, press({ host: `evil.example:${server.port}` })],
      [401, press({ authorization: 'Bearer x' })],
      [401, press({ authorization: `Bearer ${token}x` })],
      [401, ask('/events')],
      [401, ask('/events?token=')],
      [405, ask('/actions')],
      [405, ask('/', {}, 'POST')],
      [415, press({ 'content-type': 'text/plain' })],
      [415, press({ 'content-type': 'application/x-www-form-urlencoded' })],
      [409, press({}, 'not json')],
      [409, press({}, '"no"')],
      [413, press({}, `"${'x'.repeat(5_000)}"`)],
      [404, ask('/nothing.js')],
    ];

    for (const [n, [status, answer]] of refused.entries()) {
      const { status: is, headers } = await answer;
      assert.equal(is, status, `${n}`);
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
    assert.equal(acted.length, before);
  });

  it('is reached on loopback only', async () => {
    for (const host of ownAddresses()) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(server.port, host, () => resolve('connected')).on('error', () =>
          resolve('refused'),
        );
        socket.unref();
      });

      assert.equal(outcome, 'refused', host);
    }
  });

  it('sends a new viewer the current state, and disconnects a viewer that does not read', async () => {
    const looked = await ask(`/events?token=${token}`);
    assert.match(looked.body, /retry: \d+\n\n/);
    const asleep = connect(server.port, '127.0.0.1');
    asleep.write(`GET /events?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    await new Promise((resolve) => asleep.once('readable', resolve));
    await until('one looks', () => stream.viewers === 1);

    const data = 'x'.repeat(256 * 1024);
    await until('it is dropped', () => {
      stream.send({ name: 'view', data });
      return stream.viewers === 0;
    });
    asleep.destroy();
  });

  it('limits the number of viewers', async () => {
    const sockets = Array.from({ length: 20 }, () => connect(server.port, '127.0.0.1'));
    for (const socket of sockets)
      socket.write(`GET /events?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    await until('all look', () => stream.viewers === 20);

    const refused = await ask(`/events?token=${token}`);
    for (const socket of sockets) socket.destroy();
    await until('all are gone', () => stream.viewers === 0);

    assert.equal(refused.status, 503);
  });

  it('says in one sentence that its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };

    await assert.rejects(
      PageServer.start({ port, stream, act: async () => '' }),
      (error) => error instanceof UserError && /--page-port/.test(error.message),
    );
    taken.close();
  });
});
