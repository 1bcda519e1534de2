/**
 * Lambda's Invoke for the functions of the plan. With it, a redrive and a replay use the same client and the same deployed function
 * locally and on AWS.
 *
 *   POST /2015-03-31/functions/<name>/invocations          payload ≤ 6 MB, JSON (AWS Lambda docs: API_Invoke)
 *   200, body: what the function returned                  X-Amz-Function-Error: Unhandled if it threw
 *   4xx, {"Type":"User","Message":…}                       X-Amzn-ErrorType: the exception's name
 *
 * It listens on loopback only. It refuses any other Host, so a page whose name was rebound to it gets no answer, and requires the
 * random access key from `run.json`. It does not verify signatures: whoever can read the key can read the secret beside it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointAccess } from './endpoint-access.ts';
import { PAYLOAD_BYTES_MAX } from './mapping/kafka-event.ts';
import type { Sandboxes } from './sandbox/sandboxes.ts';
import { LOOPBACK } from './servers/ports.ts';
import type { PlannedFunction } from './template/planned.ts';
import { REGION } from './template/scope.ts';

/** The part of the local runtime that can be invoked. */
interface Invocable {
  readonly plan: { readonly functions: readonly PlannedFunction[] };
  sandboxesOf(functionId: string): Pick<Sandboxes, 'invoke'>;
}

const pathPattern = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const credentialPattern = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//;

const UNWRITABLE = 'Error: the returned value is nested too deep for JSON';

/** An error response of Lambda before the function is invoked. */
class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export class InvokeEndpoint {
  readonly access: EndpointAccess;
  readonly #server: Server;
  readonly #invocable: Invocable;

  static async start(invocable: Invocable): Promise<InvokeEndpoint> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
    await promise;
    return new InvokeEndpoint(server, invocable);
  }

  private constructor(server: Server, invocable: Invocable) {
    this.#server = server;
    this.#invocable = invocable;
    const { port } = server.address() as AddressInfo;
    this.access = {
      endpoint: `http://${LOOPBACK}:${port}`,
      region: REGION,
      accessKeyId: randomBytes(16).toString('hex').toUpperCase(),
      secretAccessKey: randomBytes(20).toString('hex'),
    };
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    response.setHeader('x-amzn-requestid', requestId);
    response.setHeader('content-type', 'application/json');
    try {
      const planned = this.#called(request);
      const payload = await payloadOf(request);
      await this.#invoke(planned, payload, requestId, response);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'ServiceException', String(error));
      response.setHeader('x-amzn-errortype', refusal.type);
      // The rest of a refused payload is not read.
      response.setHeader('connection', 'close');
      response.writeHead(refusal.status);
      response.end(JSON.stringify({ Type: 'User', Message: refusal.message }));
    }
  }

  async #invoke(
    planned: PlannedFunction,
    payload: Buffer,
    requestId: string,
    response: ServerResponse,
  ): Promise<void> {
    const end = await this.#invocable
      .sandboxesOf(planned.id)
      .invoke(payload, requestId)
      .catch((error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }));
    if ('unreached' in end) throw new Refusal(500, 'ServiceException', end.unreached);
    response.setHeader('x-amz-executed-version', '$LATEST');
    const body = 'failed' in end ? undefined : textOf(end.returned ?? null);
    if (body === undefined) response.setHeader('x-amz-function-error', 'Unhandled');
    response.writeHead(200);
    response.end(body ?? JSON.stringify(thrown('failed' in end ? end.failed : UNWRITABLE)));
  }

  #called({ method, url = '', headers }: IncomingMessage): PlannedFunction {
    const { host, authorization = '' } = headers;
    if (`http://${host}` !== this.access.endpoint)
      throw new Refusal(403, 'AccessDeniedException', `Host '${host}' is not served here`);
    if (credentialPattern.exec(authorization)?.[1] !== this.access.accessKeyId)
      throw new Refusal(
        403,
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
    const { pathname, searchParams } = urlOf(url, this.access.endpoint);
    const path = pathPattern.exec(pathname);
    if (method !== 'POST' || path === null)
      throw new Refusal(
        404,
        'UnknownOperationException',
        `${method} ${pathname} is not served here; only Invoke is`,
      );
    if ((headers['x-amz-invocation-type'] ?? 'RequestResponse') !== 'RequestResponse')
      throw new Refusal(400, 'InvalidParameterValueException', 'only RequestResponse is served here');
    const named = decoded(path[1] ?? '').replace(/^.*function:/, '');
    const planned = this.#invocable.plan.functions.find(({ name }) => name === named);
    if (planned === undefined || (searchParams.get('Qualifier') ?? '$LATEST') !== '$LATEST')
      throw new Refusal(404, 'ResourceNotFoundException', `Function not found: ${named}`);
    return planned;
  }
}

/** A client may send a path that is not a valid URL, such as `//`. */
function urlOf(url: string, endpoint: string): URL {
  const parsed = URL.parse(url, endpoint);
  if (parsed === null) throw new Refusal(400, 'ValidationException', `'${url}' is not a path`);
  return parsed;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Refusal(
      400,
      'ValidationException',
      `'${name}' is not a function name: its percent-encoding is wrong`,
    );
  }
}

async function payloadOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > PAYLOAD_BYTES_MAX)
      throw new Refusal(
        413,
        'RequestTooLargeException',
        `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`,
      );
    chunks.push(chunk);
  }
  const payload = bytes === 0 ? Buffer.from('{}') : Buffer.concat(chunks, bytes);
  try {
    JSON.parse(payload.toString('utf8'));
  } catch (error) {
    throw new Refusal(
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : error}`,
    );
  }
  return payload;
}

/** Undefined if the value is nested too deep for JSON; the limit depends on the stack. */
function textOf(returned: unknown): string | undefined {
  try {
    return JSON.stringify(returned);
  } catch {
    return undefined;
  }
}

/** A handler's error as Lambda's runtime writes it. A sandbox reports `<name>: <message>`. */
function thrown(failed: string): object {
  const [, errorType = 'Error', errorMessage = failed] = /^(\w+): (.*)$/s.exec(failed) ?? [];
  return { errorType, errorMessage, trace: [] };
}
