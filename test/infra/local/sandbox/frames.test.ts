import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Frame, readFrames, writeFrame } from '../../../../infra/local/sandbox/frames.ts';

/** A socket's two streaming sides, without a network. */
function aSocket(): Socket & PassThrough {
  return new PassThrough({ highWaterMark: 64 * 1024 * 1024 }) as unknown as Socket & PassThrough;
}

function bytesOf(frames: readonly Frame[]): Buffer {
  const socket = aSocket();
  for (const { header, body } of frames) writeFrame(socket, header, body);
  return (socket.read() as Buffer | null) ?? Buffer.alloc(0);
}

/** What a reader makes of chunks, and whether it has let go of the socket. */
function readAll(chunks: readonly Buffer[]): { frames: Frame[]; refused: Error | undefined } {
  const socket = aSocket();
  const frames: Frame[] = [];
  let refused: Error | undefined;
  socket.destroy = ((error?: Error) => {
    refused = error;
    return socket;
  }) as typeof socket.destroy;
  readFrames(socket, (frame) => frames.push(frame));
  for (const chunk of chunks) socket.emit('data', chunk);
  return { frames, refused };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])];
  ends.sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const aFrame = fc.record(
  {
    header: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
    body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

describe('frames', () => {
  it('arrive unchanged, however the socket splits them', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 5 }), fc.array(fc.nat()), (frames, places) => {
        const read = readAll(cut(bytesOf(frames), places));

        assert.deepEqual(read, { frames, refused: undefined });
      }),
    );
  });

  it('arrive also byte by byte', () => {
    const frames = [
      { header: { requestId: 'ü' }, body: Buffer.from('{"records":{}}') },
      { header: { returned: null }, body: Buffer.alloc(0) },
    ];
    const bytes = bytesOf(frames);

    const read = readAll(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)));

    assert.deepEqual(read.frames, frames);
  });

  it('arrive as soon as they are complete, and not before', () => {
    const bytes = bytesOf([{ header: 1, body: Buffer.from('ab') }]);

    assert.equal(readAll([bytes.subarray(0, -1)]).frames.length, 0);
    assert.equal(readAll([bytes.subarray(0, -1), bytes.subarray(-1)]).frames.length, 1);
  });

  it('carry a payload of 6 MB in the chunks of a socket', () => {
    const body = Buffer.alloc(6 * 1024 * 1024, 'abcdefg');
    const bytes = bytesOf([{ header: { requestId: 'r' }, body }]);

    const { frames } = readAll(
      cut(
        bytes,
        Array.from({ length: 100 }, (_, i) => i * 65_536),
      ),
    );

    assert.equal(frames.length, 1);
    assert.ok(frames[0]?.body.equals(body));
  });

  const damaged: [why: string, bytes: Buffer][] = [
    ['a header that is no JSON', Buffer.concat([prefix(3, 0), Buffer.from('{"a')])],
    ['no header at all', prefix(0, 2)],
    ['a header longer than any answer', prefix(0xffff_ffff, 0)],
    ['a body longer than any payload', prefix(2, 0xffff_ffff)],
  ];
  for (const [why, bytes] of damaged)
    it(`end the connection if they are damaged, but neither process: ${why}`, () => {
      const good = bytesOf([{ header: 'good', body: Buffer.alloc(0) }]);

      const { frames, refused } = readAll([good, bytes, Buffer.from('{}..'), good]);

      assert.deepEqual(
        frames.map(({ header }) => header),
        ['good'],
      );
      assert.match(refused?.message ?? 'not refused', /^not a frame: /);
    });
});

function prefix(headerLength: number, bodyLength: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(headerLength, 0);
  bytes.writeUInt32BE(bodyLength, 4);
  return bytes;
}
