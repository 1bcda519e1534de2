/**
 * The protocol between a poller and a function's process on their socket, one invocation at a time.
 *
 *   frame = length of the header (4 bytes) ‖ length of the body (4 bytes) ‖ header (JSON) ‖ body
 *   request  header { requestId, timeoutMs }         body: the event, serialised once and parsed once, as Lambda does
 *   response header { begun }, then { returned } or { failed }   body: empty
 *
 * A reader closes the connection on anything else: after an unreadable frame the next one can't be found.
 */
import type { Socket } from 'node:net';

export interface Frame {
  readonly header: unknown;
  readonly body: Buffer;
}

const PREFIX_BYTES = 8;
/** Far above the 6 MB of an event or an answer (AWS Lambda docs: gettingstarted-limits): a longer part is damage. */
const PART_BYTES_MAX = 64 * 1024 * 1024;

export function writeFrame(socket: Socket, header: unknown, body: Buffer = Buffer.alloc(0)): void {
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(headerBytes.length, 0);
  prefix.writeUInt32BE(body.length, 4);
  socket.cork();
  socket.write(prefix);
  socket.write(headerBytes);
  if (body.length > 0) socket.write(body);
  socket.uncork();
}

/** Calls back with each complete frame. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = PREFIX_BYTES;
  let refused = false;
  function refuse(why: string): void {
    refused = true;
    chunks = [];
    socket.destroy(new Error(`not a frame: ${why}`));
  }
  socket.on('data', (chunk: Buffer) => {
    if (refused) return;
    chunks.push(chunk);
    size += chunk.length;
    while (size >= needed) {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
      const headerLength = bytes.readUInt32BE(0);
      const bodyLength = bytes.readUInt32BE(4);
      if (Math.max(headerLength, bodyLength) > PART_BYTES_MAX)
        return refuse(`it announces ${headerLength} and ${bodyLength} bytes`);
      const bodyStart = PREFIX_BYTES + headerLength;
      const end = bodyStart + bodyLength;
      if (bytes.length < end) {
        chunks = [bytes];
        needed = end;
        return;
      }
      chunks = bytes.length > end ? [bytes.subarray(end)] : [];
      size = bytes.length - end;
      needed = PREFIX_BYTES;
      const header = headerOf(bytes.subarray(PREFIX_BYTES, bodyStart));
      if (header === undefined) return refuse(`its header of ${headerLength} bytes is not JSON`);
      onFrame({ header, body: bytes.subarray(bodyStart, end) });
    }
  });
}

function headerOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
