/**
 * Decides who may ask the page's server for what. The server can kill processes, so a page of another origin must not reach it,
 * also not through a name that resolves to this machine (DNS rebinding; precedent: CVE-2025-66414). The Host must be one of
 * ours with our port. The browser must say that the request comes from our page or from no page. An action must have our Origin
 * and the token of this run. A program that is not a browser sends no Sec-Fetch-Site and no Origin; it still needs the token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** From the query, because an event stream can't send a header. */
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

  /** Undefined if the request is allowed. */
  refusal({ method, path, headers, token }: Asked): Refusal | undefined {
    const host = headers.host?.toLowerCase() ?? '';
    if (!this.#hosts.has(host)) return refuse(403, `Host '${host}' is not this page's`);
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return refuse(403, `requests from another site are refused (Sec-Fetch-Site: ${String(site)})`);
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${host}`)
      return refuse(403, `Origin '${origin}' is not this page's`);
    if (path === '/events')
      return this.#isToken(token) ? undefined : refuse(401, 'the token of this run is missing or wrong');
    if (path !== '/actions')
      return method === 'GET' || method === 'HEAD'
        ? undefined
        : refuse(405, `${method} is not allowed here; GET and HEAD are`);
    return this.#refusalOfAction(method, headers);
  }

  #refusalOfAction(method: string, headers: IncomingHttpHeaders): Refusal | undefined {
    if (method !== 'POST') return refuse(405, 'an action must be a POST');
    // A browser sends an Origin with every POST; a program that is not a browser sends no Sec-Fetch-Site.
    if (headers.origin === undefined && headers['sec-fetch-site'] !== undefined)
      return refuse(403, 'a browser must send its Origin');
    const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? null;
    if (!this.#isToken(given)) return refuse(401, 'the bearer token of this run is missing or wrong');
    if (!/^application\/json(;\s*charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
      return refuse(415, 'an action must be sent as application/json');
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

/** For every response. Nothing is loaded from elsewhere, nothing may frame the page, and no cache keeps anything. */
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
