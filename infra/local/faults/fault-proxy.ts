/**
 * A proxy between the functions and DynamoDB. It injects faults at exact points of one request: before it is forwarded, after it
 * was forwarded and before the reply, and after the reply. The functions need no hooks: the SDK writes an application id
 * into each request's user agent, which identifies the sandbox.
 *
 * It forwards requests under its own Host, so it must make the checks of DynamoDB Local itself: it serves only requests that
 * name its address, no pages of browsers, and no body that is too large for DynamoDB.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Heard, InjectedFault } from './fault.ts';

interface FaultProxyOptions {
  /** DynamoDB's own endpoint. */
  readonly endpoint: string;
  /** Chooses the fault of a request, if any. */
  readonly decide: (call: Call) => InjectedFault | undefined;
  /** Sends a signal to a sandbox's process, at a point of a request. It is not an error if the process has ended. */
  readonly signal: (
    sandbox: string,
    signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
    at: InjectedFault['kind'],
  ) => void;
  readonly heard: (heard: Heard) => void;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** DynamoDB's limit for one request (Amazon DynamoDB docs: BatchWriteItem). */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

const synthetic: Readonly<Record<'throttled' | 'internal-error' | 'unavailable', [number, string]>> = {
  throttled: [400, 'ProvisionedThroughputExceededException'],
  'internal-error': [500, 'InternalServerError'],
  unavailable: [503, 'ServiceUnavailable'],
};

export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #server: Server;

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#server = createServer((from, to) => void this.#serve(from, to).catch(() => to.destroy()));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const refusal = this.#refusalOf(from.headers);
    const body = refusal === undefined ? await bodyOf(from, BODY_BYTES_MAX) : undefined;
    if (body === undefined) {
      // The rest of the body is not read.
      to.writeHead(refusal === undefined ? 413 : 403, { connection: 'close' });
      to.end(`${refusal ?? `a request has at most ${BODY_BYTES_MAX} bytes`}\n`, () => from.destroy());
      return;
    }
    const call = callOf(from, body);
    const fault = this.#options.decide(call);
    const reply = await this.#applyFault(call, fault, from, to, body).catch(() => {
      to.destroy();
      return undefined;
    });
    // Also if DynamoDB does not answer; else the process would stay frozen for ever.
    if (fault?.kind === 'frozen') this.#options.signal(call.sandbox ?? '', 'SIGCONT', fault.kind);
    const error = reply === undefined || reply.status < 400 ? undefined : errorOf(reply.body);
    this.#options.heard({ call, fault: fault?.kind, status: reply?.status, error });
  }

  #refusalOf({ host, origin, 'sec-fetch-site': site }: IncomingMessage['headers']): string | undefined {
    if (`http://${host}` !== this.endpoint) return `Host '${host}' is not served here`;
    return origin === undefined && site === undefined ? undefined : 'pages of browsers are not served here';
  }

  /** Applies the fault. Returns DynamoDB's reply if the request was forwarded; throws if no reply came. */
  async #applyFault(
    call: Call,
    fault: InjectedFault | undefined,
    from: IncomingMessage,
    to: ServerResponse,
    body: Buffer,
  ): Promise<Reply | undefined> {
    const signal = (name: 'SIGKILL' | 'SIGSTOP') => {
      if (fault !== undefined) this.#options.signal(call.sandbox ?? '', name, fault.kind);
    };
    switch (fault?.kind) {
      case 'throttled':
      case 'internal-error':
      case 'unavailable':
        answerError(to, ...synthetic[fault.kind]);
        return undefined;
      case 'reset-before-forward':
        to.destroy();
        return undefined;
      case 'silent':
        if (!to.destroyed) await once(to, 'close');
        return undefined;
      case 'killed-before-forward':
        signal('SIGKILL');
        to.destroy();
        return undefined;
      case 'frozen':
      case 'outrun':
        if (fault.kind === 'frozen') signal('SIGSTOP');
        await fault.held;
        break;
      case 'delayed':
        await pause(fault.ms);
        break;
    }
    const reply = await forward(this.#options.endpoint, from, body);
    if (fault?.kind === 'killed-after-forward') signal('SIGKILL');
    if (fault?.kind === 'reply-late') await pause(fault.ms);
    if (fault?.kind === 'reply-lost' || fault?.kind === 'killed-after-forward') to.destroy();
    else await answer(to, reply);
    if (fault?.kind === 'killed-after-reply') signal('SIGKILL');
    if (fault?.kind === 'poller-killed-after-reply') fault.kill();
    return reply;
  }
}

/** Undefined if the body is longer than `bytesMax`. */
async function bodyOf(from: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function callOf(from: IncomingMessage, body: Buffer): Call {
  const agent = `${from.headers['user-agent'] ?? ''} ${from.headers['x-amz-user-agent'] ?? ''}`;
  const asked = JSON.parse(body.toString('utf8')) as {
    Item?: Record<string, { S?: string; M?: Record<string, { S?: string }> }>;
    Key?: Record<string, { S?: string }>;
  };
  const key = asked.Item ?? asked.Key;
  const entry = asked.Item?.['sk']?.S?.startsWith('entry#') ? asked.Item : undefined;
  return {
    sandbox: / app\/(pid-\d+)/.exec(agent)?.[1],
    pk: key?.['pk']?.S ?? '',
    commits: entry?.['changed']?.M?.['offsets']?.S,
    code: entry?.['by']?.M?.['code']?.S,
  };
}

function forward(endpoint: string, from: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { host: _, connection: __, ...headers } = from.headers;
    const onward = request(endpoint, { method: from.method ?? 'POST', headers }, (incoming) => {
      bodyOf(incoming, Number.POSITIVE_INFINITY).then(
        (answered = Buffer.alloc(0)) =>
          resolve({ status: incoming.statusCode ?? 500, headers: incoming.headers, body: answered }),
        reject,
      );
    });
    onward.on('error', reject);
    onward.end(body);
  });
}

function answer(to: ServerResponse, { status, headers, body }: Reply): Promise<void> {
  return new Promise((resolve) => {
    const { 'transfer-encoding': _, connection: __, ...kept } = headers;
    if (to.destroyed) return resolve();
    to.on('close', resolve);
    to.writeHead(status, { ...kept, 'content-length': body.length });
    to.end(body, () => resolve());
  });
}

function answerError(to: ServerResponse, status: number, name: string): void {
  const body = JSON.stringify({
    __type: `com.amazonaws.dynamodb.v20120810#${name}`,
    message: 'an injected fault',
  });
  to.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  to.end(body);
}

function errorOf(body: Buffer): string | undefined {
  return /"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z]+)"/.exec(body.toString('utf8'))?.[1];
}
