/** One sandbox for a test: loads a bundle as Lambda does, from its file alone, and answers one event after the other. */
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const [, , file = '', timeoutSeconds] = process.argv;
const { handler } = (await import(pathToFileURL(file).href)) as { handler: Handler };

process.on('message', async ({ requestId, event }: { requestId: string; event: unknown }) => {
  const deadline = Date.now() + Number(timeoutSeconds) * 1000;
  const context = {
    awsRequestId: requestId,
    functionName: 'f',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f',
    memoryLimitInMB: '1024',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    process.send?.({ returned: await handler(event, context) });
  } catch (error) {
    process.send?.({ failed: String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
