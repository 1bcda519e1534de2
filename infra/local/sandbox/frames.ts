/**
 * How a poller and a function's process speak over their socket, one invocation at a time.
 *
 *   frame = length of the header (4 bytes) ‖ length of the body (4 bytes) ‖ header (JSON) ‖ body
 *   request  header { requestId, timeoutMs }         body: the event, serialised once and parsed once, as Lambda does
 *   response header { returned } or { failed }       body: empty
 */
import type { Socket } from 'node:net';

export interface Frame {
  readonly header: unknown;
  readonly body: Buffer;
}

const PREFIX_BYTES = 8;

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

/** Calls back with each whole frame that arrives. */
export function readFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = PREFIX_BYTES;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= needed) {
      const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
      const headerLength = bytes.readUInt32BE(0);
      const bodyStart = PREFIX_BYTES + headerLength;
      const end = bodyStart + bytes.readUInt32BE(4);
      if (bytes.length < end) {
        chunks = [bytes];
        needed = end;
        return;
      }
      chunks = bytes.length > end ? [bytes.subarray(end)] : [];
      size = bytes.length - end;
      needed = PREFIX_BYTES;
      onFrame({
        header: JSON.parse(bytes.toString('utf8', PREFIX_BYTES, bodyStart)),
        body: bytes.subarray(bodyStart, end),
      });
    }
  });
}
