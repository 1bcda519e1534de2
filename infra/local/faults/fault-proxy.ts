/**
 * Stands between the functions and DynamoDB, and lets a fault fire at an exact point of one request: before it is forwarded,
 * after it was and before the reply, after the reply. The functions need no hooks for it: a sandbox is known by the application
 * id that the SDK writes into each request's user agent.
 *
 * It passes requests on under a Host of its own, so it has to guard what DynamoDB Local would: only who names this very address
 * is served, no page of a browser, and no body that DynamoDB would not take.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Call, Heard, InjectedFault } from './fault.ts';

interface FaultProxyOptions {
  /** DynamoDB's own endpoint. */
  readonly endpoint: string;
  /** Chooses what befalls a request. */
  readonly decide: (call: Call) => InjectedFault | undefined;
  /** Sends a signal to the process of a sandbox, at a point of a request; one that has ended is no error. */
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

/** What DynamoDB takes in one request (Amazon DynamoDB docs: BatchWriteItem). */
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
      // What is left of the body is not read.
      to.writeHead(refusal === undefined ? 413 : 403, { connection: 'close' });
      to.end(`${refusal ?? `a request has at most ${BODY_BYTES_MAX} bytes`}\n`, () => from.destroy());
      return;
    }
    const call = callOf(from, body);
    const fault = this.#options.decide(call);
    const reply = await this.#befall(call, fault, from, to, body).catch(() => {
      to.destroy();
      return undefined;
    });
    // Also where DynamoDB is away, or the process would stay frozen for ever.
    if (fault?.kind === 'frozen') this.#options.signal(call.sandbox ?? '', 'SIGCONT', fault.kind);
    const error = reply === undefined || reply.status < 400 ? undefined : errorOf(reply.body);
    this.#options.heard({ call, fault: fault?.kind, status: reply?.status, error });
  }

  #refusalOf({ host, origin, 'sec-fetch-site': site }: IncomingMessage['headers']): string | undefined {
    if (`http://${host}` !== this.endpoint) return `Host '${host}' is not the one that is served here`;
    return origin === undefined && site === undefined ? undefined : 'a page of a browser is not served here';
  }

  /** Returns DynamoDB's reply, if it was asked; throws if none came. */
  async #befall(
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

/** Undefined where it is longer than that. */
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
  const operation = String(from.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  const agent = `${from.headers['user-agent'] ?? ''} ${from.headers['x-amz-user-agent'] ?? ''}`;
  const asked = JSON.parse(body.toString('utf8')) as {
    Item?: Record<string, { S?: string; M?: Record<string, { S?: string }> }>;
    Key?: Record<string, { S?: string }>;
    ExpressionAttributeValues?: Record<string, { S?: string }>;
  };
  const key = asked.Item ?? asked.Key;
  const entry = asked.Item?.['sk']?.S?.startsWith('entry#') ? asked.Item : undefined;
  return {
    sandbox: / app\/(pid-\d+)/.exec(agent)?.[1],
    operation,
    pk: key?.['pk']?.S ?? asked.ExpressionAttributeValues?.[':pk']?.S ?? '',
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
    message: 'a fault on purpose',
  });
  to.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  to.end(body);
}

function errorOf(body: Buffer): string | undefined {
  return /"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z]+)"/.exec(body.toString('utf8'))?.[1];
}
