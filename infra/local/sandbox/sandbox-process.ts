/**
 * One concurrent invocation of a function, as a process: loads the bundle from `cdk.out` and runs its handler, so that it
 * can be killed, frozen and timed out like a sandbox of Lambda. It listens on a socket of its own and serves whoever
 * holds it; a poller that dies leaves its invocation running to the end, as Lambda would.
 *
 * Its environment is the template's and nothing of the user's. It ends when the ground ends, and no later than the timeout
 * of its invocation, whoever is left to see to that: a thread of its own watches over it, since the handler may block this one.
 */
import { createServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Frame, readFrames, writeFrame } from './frames.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

interface Assignment {
  /** The file of the bundle and the name that it exports. */
  readonly file: string;
  readonly exported: string;
  readonly functionName: string;
  readonly memoryMb: number;
  readonly functionArn: string;
  readonly socket: string;
}

const assignment = JSON.parse(process.argv[2] ?? '{}') as Assignment;

process.on('disconnect', () => process.exit(0));
/** The SDK says it in every request, so that whatever stands between a function and DynamoDB knows whose it is. */
process.env['AWS_SDK_UA_APP_ID'] ??= `pid-${process.pid}`;

/** The deadline of what runs, in epoch milliseconds; 0 while nothing does. */
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
    socket.destroy(); // It was taken for lost and lent to another meanwhile.
    return;
  }
  held = true;
  process.send?.({ held: true });
  readFrames(socket, (frame) => {
    running = serve(socket, frame);
  });
  socket.on('error', () => {}); // A holder that was killed; what runs for it runs on.
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
    reply({ returned: returned ?? null }); // Throws where JSON can't hold it, before a byte is written.
  } catch (error) {
    reply({ failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  } finally {
    Atomics.store(deadlines, 0, 0n);
  }
}
