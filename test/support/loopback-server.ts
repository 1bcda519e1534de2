/** An HTTP server on loopback that a test answers from, with its end when the test ends. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** @returns its endpoint. A request that `answer` does nothing with is accepted and never answered. */
export async function loopbackServer(
  t: TestContext,
  answer: (body: string, to: ServerResponse, from: IncomingMessage) => void,
): Promise<string> {
  const server = createServer((from, to) => {
    text(from).then(
      (body) => answer(body, to, from),
      () => {}, // The client has given up.
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
