/**
 * Where the sockets between pollers and sandboxes stand: beside the rest, unless the path of a socket in it would be longer
 * than systems allow (104 bytes on macOS, 108 on Linux); then in the system's folder for temporary files.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOCKET_PATH_BYTES_MAX = 103;
const SOCKET_NAME_BYTES = '/12345678.sock'.length;

/** Empty, and open to its owner only. */
export function prepareSocketFolder(folder: string): string {
  const beside = join(folder, 'sockets');
  if (Buffer.byteLength(beside) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES_MAX)
    return mkdtempSync(join(tmpdir(), 'clickledger-'));
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { mode: 0o700 });
  return beside;
}
