/** Runs a bundle's handler for a shadow ledger, one event after the other, in a process and an environment of its own. */
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => Promise<unknown>;

/** Long enough for the fold of a whole event; whoever started this process ends it when that is over. */
const REMAINING_MS = 60_000;

const [file = '', exported = ''] = process.argv.slice(2);

process.on('disconnect', () => process.exit(0));

const module = (await import(pathToFileURL(file).href).catch((error: unknown) => ({
  because: error instanceof Error ? error.message : String(error),
}))) as Record<string, unknown>;
const handler = module[exported];

process.on('message', (payload: string) => void answer(payload));
process.send?.(
  typeof handler === 'function'
    ? { ready: true }
    : { failed: String(module['because'] ?? `${file} does not export '${exported}'`) },
);

async function answer(payload: string): Promise<void> {
  const deadline = Date.now() + REMAINING_MS;
  const context = {
    awsRequestId: randomUUID(),
    functionName: 'shadow',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:shadow',
    memoryLimitInMB: '1024',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const returned = await (handler as Handler)(JSON.parse(payload), context);
    process.send?.({ returned: returned ?? null });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) });
  }
}
