/**
 * One sandbox of a function, as a process: loads the bundle from `cdk.out` and runs its handler, so that it can be killed,
 * frozen and timed out like a sandbox of Lambda. It listens on its own socket and serves its current holder. If a poller
 * dies, its invocation still runs to the end, as on Lambda.
 *
 * Its environment comes from the template, not from the user's shell. It ends with the local runtime, and when an invocation
 * passes its timeout. Its own watchdog thread ensures both, because the handler may block the main thread.
 */
import { createServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Frame, readFrames, writeFrame } from './frames.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

interface Assignment {
  /** The bundle's file, and the name of the export that is the handler. */
  readonly file: string;
  readonly exported: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly functionArn: string;
  readonly socket: string;
}

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment;

process.on('disconnect', () => process.exit(0));
/** The SDK adds it to every request, so that a proxy before DynamoDB knows which sandbox sent the request. */
process.env['AWS_SDK_UA_APP_ID'] ??= `pid-${process.pid}`;

/** The deadline of the current invocation, in epoch milliseconds; 0 if there is none. */
const deadlines = new BigInt64Array(new SharedArrayBuffer(8));
new Worker(new URL('./watchdog.ts', import.meta.url), {
  workerData: { deadlines, parent: process.ppid },
  resourceLimits: { maxOldGenerationSizeMb: 16 },
}).unref();

const handler = await loadHandler();
let running: Promise<void> = Promise.resolve();
let held = false;
const server = createServer((socket) => {
  if (held) {
    socket.destroy(); // Its lease has expired, and another holder has the sandbox.
    return;
  }
  held = true;
  process.send?.({ held: true });
  readFrames(socket, (frame) => {
    running = serve(socket, frame);
  });
  socket.on('error', () => {}); // The holder was killed; its invocation goes on.
  socket.on('close', () => void running.then(letGo));
});
server.listen(assignment.socket, () => process.send?.({ ready: true }));

function letGo(): void {
  held = false;
  process.send?.({ held: false });
}

async function loadHandler(): Promise<Handler> {
  try {
    const module = (await import(pathToFileURL(assignment.file).href)) as Record<string, unknown>;
    const found = module[assignment.exported];
    if (typeof found !== 'function')
      throw new Error(`${assignment.file} does not export '${assignment.exported}'`);
    return found as Handler;
  } catch (error) {
    process.send?.({ ready: false, because: error instanceof Error ? error.message : String(error) }, () =>
      process.exit(1),
    );
    return new Promise(() => {});
  }
}

async function serve(socket: Socket, { header, body }: Frame): Promise<void> {
  const { requestId, timeoutMs } = header as { requestId: string; timeoutMs: number };
  const deadline = Date.now() + timeoutMs;
  Atomics.store(deadlines, 0, BigInt(deadline));
  const context = {
    awsRequestId: requestId,
    functionName: assignment.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: assignment.functionArn,
    memoryLimitInMB: String(assignment.memoryMb),
    logGroupName: `/aws/lambda/${assignment.functionName}`,
    logStreamName: String(process.pid),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  const reply = (answer: object) => {
    if (!socket.destroyed) writeFrame(socket, answer);
  };
  reply({ begun: true });
  try {
    const returned = await handler(JSON.parse(body.toString('utf8')), context);
    reply({ returned: returned ?? null }); // Throws before a byte is written, if JSON can't hold the value.
  } catch (error) {
    reply({ failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  } finally {
    Atomics.store(deadlines, 0, 0n);
  }
}
