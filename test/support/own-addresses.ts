/** The addresses of this machine that a neighbour could reach, and whether a port is open on one. */
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Never none: what listens on 127.0.0.1 alone can't be reached by the next address of loopback either, without any network. */
const NEXT_OF_LOOPBACK = '127.0.0.2';

export function ownAddresses(): string[] {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return [NEXT_OF_LOOPBACK, ...outside];
}

export function isOpen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
