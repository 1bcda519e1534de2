/**
 * Ports on 127.0.0.1, the only address that anything here listens on. If a given port is taken, one sentence says so before
 * the server starts, instead of a stack trace from the server.
 */

import { type AddressInfo, createServer } from 'node:net';
import { UserError } from '../../terminal/user-error.ts';

export const LOOPBACK = '127.0.0.1';

/** Returns the given port if it is free, or any free port if none is given. */
export async function findPort(port: number | undefined, server: string): Promise<number> {
  try {
    return await tryPort(port ?? 0);
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!taken) throw cause;
    throw new UserError(
      `port ${port} on ${LOOPBACK} is taken, and ${server} needs it: stop the program that holds it, or choose another port`,
      cause,
    );
  }
}

function tryPort(port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(port, LOOPBACK, () => {
    const { port: bound } = server.address() as AddressInfo;
    server.close(() => resolve(bound));
  });
  return promise;
}
