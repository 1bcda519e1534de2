/**
 * The folder for the sockets between pollers and sandboxes. It is in the local runtime's folder, or in the system's folder for
 * temporary files if a socket's path would be longer than systems allow (104 bytes on macOS, 108 on Linux).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_NAME_BYTES = '/12345678.sock'.length;

/** Returns an empty folder that only its owner can open. */
export function prepareSocketFolder(folder: string): string {
  const beside = join(folder, 'sockets');
  if (Buffer.byteLength(beside) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES_MAX)
    return mkdtempSync(join(tmpdir(), 'clickledger-'));
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { mode: 0o700 });
  return beside;
}
