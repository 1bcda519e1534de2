/** A fault proxy between a client of the test's own and a stub of DynamoDB, and all that happens between them in its order. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { TestContext } from 'node:test';
import type { Call, Heard, InjectedFault } from '../../../../infra/local/faults/fault.ts';
import { FaultProxy } from '../../../../infra/local/faults/fault-proxy.ts';

export const JOURNAL = 'ad_clicks@1#0';
export const AGENT =
  'aws-sdk-js/3.1162.0 ua/2.1 os/linux lang/js api/dynamodb#3.1162.0 app/pid-123-PT-NO-OP-2';

/** As the functions commit. */
export const commit = {
  TableName: 'ledger',
  Item: {
    pk: { S: JOURNAL },
    sk: { S: 'entry#0000000000000007' },
    changed: { M: { offsets: { S: '4-5,9' }, lines: { S: '{}' } } },
    by: { M: { code: { S: 'v1' } } },
  },
};

/** What a client gets: an answer, or the name of what broke. */
type Seen = { readonly status: number; readonly body: string; readonly crc: unknown } | string;

interface Finish {
  readonly request: { readonly socket: { readonly localPort?: number } };
}

export class ProxyBench {
  readonly happened: string[] = [];
  readonly heard: Heard[] = [];
  readonly forwarded: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[] = [];
  /** What befalls a request of a sandbox; others meet nothing. */
  fault: InjectedFault | undefined;
  /** What the stub says to everything. */
  reply = { status: 200, body: '{"done":true}' };
  readonly #stub: Server;
  #proxy: FaultProxy | undefined;

  static async start(t: TestContext): Promise<ProxyBench> {
    const bench = new ProxyBench();
    await new Promise<void>((resolve) => bench.#stub.listen(0, '127.0.0.1', resolve));
    const proxy = await FaultProxy.start({
      endpoint: `http://127.0.0.1:${(bench.#stub.address() as AddressInfo).port}`,
      decide: (call) => bench.#decide(call),
      signal: (sandbox, name, at) => bench.happened.push(`${name} ${sandbox} ${at}`),
      heard: (heard) => bench.heard.push(heard),
    });
    bench.#proxy = proxy;
    const replied = (message: unknown) => {
      const { localPort } = (message as Finish).request.socket;
      if (`http://127.0.0.1:${localPort}` === proxy.endpoint) bench.happened.push('replied');
    };
    subscribe('http.server.response.finish', replied);
    t.after(async () => {
      unsubscribe('http.server.response.finish', replied);
      await proxy.close();
      await bench.stopStub();
    });
    return bench;
  }

  private constructor() {
    this.#stub = createServer(async (from, to) => {
      const chunks: Buffer[] = [];
      for await (const chunk of from) chunks.push(chunk as Buffer);
      this.forwarded.push({ headers: from.headers, body: Buffer.concat(chunks).toString('utf8') });
      this.happened.push('forwarded');
      // Without a length, so in chunks.
      to.writeHead(this.reply.status, { 'x-amz-crc32': '7' });
      to.write(this.reply.body);
      to.end();
    });
  }

  get endpoint(): string {
    return this.#proxy?.endpoint ?? '';
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }

  async stopStub(): Promise<void> {
    this.#stub.closeAllConnections();
    await new Promise((resolve) => this.#stub.close(resolve));
  }

  /** Sends a request as the SDK does; resolves with what its sender gets to see. */
  send(asked: unknown = commit, more: { operation?: string; headers?: Record<string, string> } = {}) {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${more.operation ?? 'PutItem'}`,
      'user-agent': AGENT,
      ...more.headers,
    };
    return new Promise<Seen>((resolve) => {
      const fail = (error: Error & { code?: string }) => resolve(error.code ?? error.message);
      const sent = request(this.endpoint, { method: 'POST', agent: false, headers }, async (reply) => {
        const chunks: Buffer[] = [];
        reply.on('error', fail);
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          resolve({ status: reply.statusCode ?? 0, body, crc: reply.headers['x-amz-crc32'] });
        });
      });
      sent.on('error', fail);
      sent.end(JSON.stringify(asked));
    });
  }

  /**
   * Another request through the same proxy, there and back. Whatever was sent before it and is not held back has been forwarded
   * by then. Leaves no trace in what happened.
   */
  async roundTrip(): Promise<void> {
    const before = [...this.happened];
    const heard = this.heard.length;
    await this.send({}, { operation: 'Probe', headers: { 'user-agent': 'nobody' } });
    const news = this.happened.splice(0).slice(before.length);
    for (const own of ['forwarded', 'replied']) news.splice(news.indexOf(own), 1);
    this.happened.push(...before, ...news);
    this.heard.splice(heard, 1);
  }

  /** A connection that breaks off in the middle of its request. */
  async halfRequest(): Promise<void> {
    const { port } = new URL(this.endpoint);
    const socket = connect(Number(port), '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.end('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{"Item":');
    await new Promise((resolve) => socket.resume().once('close', resolve));
  }

  #decide(call: Call): InjectedFault | undefined {
    if (call.sandbox === undefined) return undefined;
    this.happened.push('decided');
    return this.fault;
  }
}
