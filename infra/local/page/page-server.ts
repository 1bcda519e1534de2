/**
 * Serves the page: its files, its event stream and its actions, on loopback addresses only. The caller provides the page's
 * content and actions. This file decides only who may ask (request-guard.ts), and in which form.
 */

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findInnermostMessage, UserError } from '../../terminal/user-error.ts';
import { LOOPBACK } from '../servers/ports.ts';
import type { LiveStream } from './live-stream.ts';
import { type PageFile, readPageFiles } from './page-files.ts';
import { RequestGuard, securityHeaders } from './request-guard.ts';

interface PageServerOptions {
  /** Default: any free port. */
  readonly port: number | undefined;
  readonly stream: LiveStream;
  /** Executes an action and returns a sentence about it; throws `Refused` if it is not possible. */
  readonly act: (asked: unknown) => Promise<string>;
}

/** An action is not possible. The message tells the user why. */
export class Refused extends Error {}

const BODY_BYTES_MAX = 4_096;
const TOKEN_BYTES = 24;

export class PageServer {
  readonly port: number;
  readonly #token: string;
  readonly #options: PageServerOptions;
  readonly #guard: RequestGuard;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #servers: readonly Server[];

  static async start(options: PageServerOptions): Promise<PageServer> {
    const ipv4 = await listening(LOOPBACK, options.port ?? 0);
    const { port } = ipv4.address() as AddressInfo;
    // Without IPv6, or if another program has the port there, the page is on IPv4 only.
    const ipv6 = await listening('::1', port).catch(() => undefined);
    return new PageServer(options, port, ipv6 === undefined ? [ipv4] : [ipv4, ipv6]);
  }

  private constructor(options: PageServerOptions, port: number, servers: readonly Server[]) {
    this.port = port;
    this.#options = options;
    this.#token = randomBytes(TOKEN_BYTES).toString('base64url');
    this.#guard = new RequestGuard(port, this.#token);
    this.#files = readPageFiles();
    this.#servers = servers;
    for (const server of servers)
      server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** The token is in the fragment, which a browser never sends. */
  get url(): string {
    return `http://${LOOPBACK}:${this.port}/#token=${this.#token}`;
  }

  async close(): Promise<void> {
    this.#options.stream.close();
    await Promise.all(
      this.#servers.map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { method = 'GET', headers } = request;
      const url = URL.parse(request.url ?? '/', 'http://page');
      if (url === null) {
        answer(response, 400, { error: 'the path is not valid' });
        return;
      }
      const { pathname: path, searchParams } = url;
      const refusal = this.#guard.refusal({ method, path, headers, token: searchParams.get('token') });
      if (refusal !== undefined) answer(response, refusal.status, { error: refusal.error });
      else if (path === '/events') this.#look(response);
      else if (path === '/actions') await this.#act(request, response);
      else this.#file(path, response);
    } catch {
      response.destroy();
    }
  }

  #look(response: ServerResponse): void {
    if (!this.#options.stream.open(response, securityHeaders))
      answer(response, 503, { error: 'too many pages are open: close one' });
  }

  #file(path: string, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (file === undefined) answer(response, 404, { error: `there is no ${path}` });
    else response.writeHead(200, { ...securityHeaders, 'Content-Type': file.type }).end(file.content);
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (body === undefined) {
      response.setHeader('Connection', 'close');
      answer(response, 413, { error: `an action takes at most ${BODY_BYTES_MAX} bytes` });
      return;
    }
    try {
      answer(response, 200, { said: await this.#options.act(asJson(body)) });
    } catch (error) {
      if (error instanceof Refused) answer(response, 409, { error: error.message });
      else answer(response, 500, { error: findInnermostMessage(error) });
    }
  }
}

async function listening(host: string, port: number): Promise<Server> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return server;
  } catch (cause) {
    throw new UserError(
      `port ${port} on ${host} is taken or not allowed, and the page needs it: stop the program that holds it, choose another port with --page-port, or give --no-page`,
      cause,
    );
  }
}

/** Undefined if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function asJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused('the action is not JSON');
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...securityHeaders, 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
