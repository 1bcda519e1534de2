/**
 * Who may ask the page's server for what. It can kill processes, so a page of another origin must not reach it, not by a
 * name of its own that resolves to this machine either (DNS rebinding; precedent: CVE-2025-66414): the Host is one of ours
 * with our port, the browser says that the request comes from our own page or from nobody's, what acts has our Origin and the
 * token of this run. A program without a browser sends no Sec-Fetch-Site and no Origin; it still needs the token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the query: an event stream can't send a header. */
  readonly token: string | null;
}

interface Refusal {
  readonly status: 401 | 403 | 405 | 415;
  readonly error: string;
}

export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: Buffer;

  constructor(port: number, token: string) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `[::1]:${port}`, `localhost:${port}`]);
    this.#token = Buffer.from(token);
  }

  /** Undefined for what may pass. */
  refusal({ method, path, headers, token }: Asked): Refusal | undefined {
    const host = headers.host?.toLowerCase() ?? '';
    if (!this.#hosts.has(host)) return refuse(403, `Host '${host}' is not this page's`);
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return refuse(403, `a request of another site (Sec-Fetch-Site: ${String(site)})`);
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${host}`)
      return refuse(403, `Origin '${origin}' is not this page's`);
    if (path === '/events')
      return this.#isToken(token) ? undefined : refuse(401, 'the token of this run is missing or wrong');
    if (path !== '/actions')
      return method === 'GET' || method === 'HEAD'
        ? undefined
        : refuse(405, `${method} is not understood here`);
    return this.#refusalOfAction(method, headers);
  }

  #refusalOfAction(method: string, headers: IncomingHttpHeaders): Refusal | undefined {
    if (method !== 'POST') return refuse(405, 'an action is a POST');
    // A browser always says the origin of a POST; what says it is none has no Sec-Fetch-Site either.
    if (headers.origin === undefined && headers['sec-fetch-site'] !== undefined)
      return refuse(403, 'a browser has to say its Origin');
    const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
    if (!this.#isToken(given)) return refuse(401, 'the bearer token of this run is missing or wrong');
    if (!/^application\/json(;\s*charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
      return refuse(415, 'an action is sent as application/json');
    return undefined;
  }

  #isToken(given: string | null): boolean {
    const bytes = Buffer.from(given ?? '');
    return bytes.length === this.#token.length && timingSafeEqual(bytes, this.#token);
  }
}

function refuse(status: Refusal['status'], error: string): Refusal {
  return { status, error };
}

/** On every answer. Nothing is loaded from elsewhere, nothing may frame the page, nothing is kept by a cache. */
export const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;
