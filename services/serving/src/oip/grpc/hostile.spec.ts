import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { GrpcClient } from './grpc-client.testing';
import { GrpcWorld } from './grpc-world.testing';
import {
  ERROR,
  FLAG,
  FRAME,
  PREFACE,
  frame,
  settingsFrame,
  windowUpdateFrame,
  resetFrame,
} from './http2/frames';
import { encodeFields } from './http2/hpack';
import { loadInferenceService } from './messages';

const NOTHING = Buffer.alloc(0);
const HELLO = Buffer.concat([PREFACE, settingsFrame([])]);
const INFER = '/inference.GRPCInferenceService/ModelInfer';

const block = (path = INFER, more: Record<string, string> = {}): Buffer =>
  encodeFields({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    'content-type': 'application/grpc',
    ...more,
  });
const headers = (stream: number, flags: number = FLAG.END_HEADERS, fields = block()): Buffer =>
  frame(FRAME.HEADERS, flags, stream, fields);
const data = (stream: number, payload: Uint8Array, flags: number = FLAG.END_STREAM): Buffer =>
  frame(FRAME.DATA, flags, stream, payload);
const prefixed = (message: Uint8Array, length = message.length, flag = 0): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
};
const repeated = (count: number, make: (i: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));

const request = {
  model_name: 'fraud',
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 2] }],
  raw_input_contents: [Buffer.from(Float32Array.of(3, 1).buffer)],
};
const message = loadInferenceService().ModelInfer!.requestSerialize(request);

/** The frames of what came, as [type, stream, payload]. */
const framesOf = (bytes: Buffer): [type: number, stream: number, payload: Buffer][] => {
  const frames: [number, number, Buffer][] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const length = bytes.readUIntBE(at, 3);
    frames.push([bytes[at + 3]!, bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, at + 9 + length)]);
    at += 9 + length;
  }
  return frames;
};

/** Bytes on the wire, and whether the process still answers others. */
describe('hostile bytes at the gRPC door', () => {
  let world: GrpcWorld;
  let client: GrpcClient;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    world = await GrpcWorld.make({ maxMessageBytes: 65_536 });
    client = new GrpcClient(world.address);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    expect(await client.call('ModelInfer', request)).toMatchObject({ model_name: 'fraud' });
    expect(world.defects).toEqual([]);
  });
  afterAll(async () => {
    client.close();
    await world.stop();
  });

  const open = (): { socket: Socket; received: () => Buffer; over: Promise<void> } => {
    const socket = connect(world.door.port!, '127.0.0.1');
    sockets.push(socket);
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined);
    const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    return { socket, received: () => Buffer.concat(parts), over };
  };

  /** The code of the GOAWAY that answers these bytes, and its reason. */
  const goAwayAfter = async (bytes: Buffer): Promise<[code: number, why: string]> => {
    const { socket, received, over } = open();
    socket.write(bytes);
    await over;
    const [, , payload] = framesOf(received()).find(([type]) => type === FRAME.GOAWAY)!;
    return [payload.readUInt32BE(4), payload.subarray(8).toString()];
  };

  it.each<[string, Buffer, number]>([
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'), ERROR.PROTOCOL_ERROR],
    ['random bytes', repeated(64, (i) => Buffer.of((i * 7_919) & 0xff)), ERROR.PROTOCOL_ERROR],
    [
      'a frame beyond the size',
      Buffer.concat([HELLO, frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385))]),
      ERROR.FRAME_SIZE_ERROR,
    ],
    ['a stream of even number', Buffer.concat([HELLO, headers(2)]), ERROR.PROTOCOL_ERROR],
    ['DATA of a stream that was not opened', Buffer.concat([HELLO, data(5, NOTHING)]), ERROR.PROTOCOL_ERROR],
    ['DATA on the connection', Buffer.concat([HELLO, data(0, NOTHING)]), ERROR.PROTOCOL_ERROR],
    [
      'padding beyond the frame',
      Buffer.concat([HELLO, headers(1), data(1, Buffer.of(9, 1), FLAG.PADDED)]),
      ERROR.PROTOCOL_ERROR,
    ],
    [
      'a reset of a stream that was not opened',
      Buffer.concat([HELLO, resetFrame(7, ERROR.CANCEL)]),
      ERROR.PROTOCOL_ERROR,
    ],
    [
      'a push',
      Buffer.concat([HELLO, frame(FRAME.PUSH_PROMISE, 0, 1, Buffer.alloc(4))]),
      ERROR.PROTOCOL_ERROR,
    ],
    [
      'a frame within a header block',
      Buffer.concat([HELLO, headers(1, 0), data(1, NOTHING)]),
      ERROR.PROTOCOL_ERROR,
    ],
    [
      'CONTINUATION of nothing',
      Buffer.concat([HELLO, frame(FRAME.CONTINUATION, 4, 1, block())]),
      ERROR.PROTOCOL_ERROR,
    ],
    [
      'a flood of CONTINUATION',
      Buffer.concat([HELLO, headers(1, 0), repeated(100, () => frame(FRAME.CONTINUATION, 0, 1, NOTHING))]),
      ERROR.ENHANCE_YOUR_CALM,
    ],
    [
      'a header block that is not HPACK',
      Buffer.concat([HELLO, headers(1, FLAG.END_HEADERS, Buffer.of(0xff, 0xff))]),
      ERROR.COMPRESSION_ERROR,
    ],
    [
      'a window that overflows',
      Buffer.concat([HELLO, windowUpdateFrame(0, 0x7fffffff)]),
      ERROR.FLOW_CONTROL_ERROR,
    ],
    ['a window update by nothing', Buffer.concat([HELLO, windowUpdateFrame(0, 0)]), ERROR.PROTOCOL_ERROR],
    [
      'SETTINGS of a wrong size',
      Buffer.concat([HELLO, frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(5))]),
      ERROR.FRAME_SIZE_ERROR,
    ],
    [
      'SETTINGS with too large a window',
      Buffer.concat([HELLO, settingsFrame([[4, 0x80000000]])]),
      ERROR.FLOW_CONTROL_ERROR,
    ],
    [
      'PING of a wrong size',
      Buffer.concat([HELLO, frame(FRAME.PING, 0, 0, Buffer.alloc(7))]),
      ERROR.FRAME_SIZE_ERROR,
    ],
    [
      'streams opened and taken back without end',
      Buffer.concat([
        HELLO,
        repeated(9_000, (i) => Buffer.concat([headers(2 * i + 1), resetFrame(2 * i + 1, ERROR.CANCEL)])),
      ]),
      ERROR.ENHANCE_YOUR_CALM,
    ],
    [
      'streams that it makes us reset',
      Buffer.concat([
        HELLO,
        repeated(9_000, (i) => Buffer.concat([headers(2 * i + 1), windowUpdateFrame(2 * i + 1, 0)])),
      ]),
      ERROR.ENHANCE_YOUR_CALM,
    ],
    [
      'settings without end',
      Buffer.concat([HELLO, repeated(9_000, () => settingsFrame([[4, 65_535]]))]),
      ERROR.ENHANCE_YOUR_CALM,
    ],
    [
      'a thousand settings in a frame',
      Buffer.concat([
        HELLO,
        settingsFrame(Array.from({ length: 1_000 }, (): [number, number] => [4, 65_535])),
      ]),
      ERROR.ENHANCE_YOUR_CALM,
    ],
  ])('end the connection: %s', async (_, bytes, code) => {
    expect(await goAwayAfter(bytes)).toEqual([code, expect.any(String)]);
  });

  /** What a call is answered with: [grpc-status, grpc-message]. */
  const trailersAfter = async (bytes: Buffer, blocks = 1): Promise<string> => {
    const { socket, received } = open();
    socket.write(Buffer.concat([HELLO, bytes]));
    const answered = (): Buffer | undefined => {
      const found = framesOf(received()).filter(([type, stream]) => type === FRAME.HEADERS && stream === 1);
      return found.length < blocks ? undefined : found.at(-1)![2];
    };
    await world.until('trailers', () => Promise.resolve(answered() !== undefined));
    return answered()!.toString('latin1');
  };

  it.each<[string, Buffer, string]>([
    [
      'a message that is none',
      Buffer.concat([headers(1), data(1, prefixed(Buffer.of(0x0a, 0x50, 1)))]),
      'the message cannot be decoded',
    ],
    ['no message', Buffer.concat([headers(1), data(1, NOTHING)]), 'the request ends before its message does'],
    [
      'half a message',
      Buffer.concat([headers(1), data(1, prefixed(message, 900))]),
      'the request ends before its message does',
    ],
    [
      'two messages',
      Buffer.concat([headers(1), data(1, Buffer.concat([prefixed(message), prefixed(message)]))]),
      'more than one message',
    ],
    [
      'a message said to be of 4 GiB',
      Buffer.concat([headers(1), data(1, prefixed(message, 0xffffffff), 0)]),
      'a message of 4294967295 bytes is larger than the limit',
    ],
    [
      'a packed message without an encoding',
      Buffer.concat([headers(1), data(1, prefixed(message, message.length, 1))]),
      'its call says no encoding',
    ],
    [
      'gzip that is none',
      Buffer.concat([
        headers(1, FLAG.END_HEADERS, block(INFER, { 'grpc-encoding': 'gzip' })),
        data(1, prefixed(message, message.length, 1)),
      ]),
      'cannot be unpacked',
    ],
    [
      'an unknown encoding',
      headers(1, FLAG.END_HEADERS, block(INFER, { 'grpc-encoding': 'br' })),
      'the message encoding br is not supported',
    ],
    ['an unknown method', headers(1, FLAG.END_HEADERS, block('/a.B/C')), 'there is no method /a.B/C'],
    [
      'another content type',
      headers(
        1,
        FLAG.END_HEADERS,
        encodeFields({ ':method': 'POST', ':path': INFER, 'content-type': 'text/html' }),
      ),
      'grpc-status',
    ],
  ])('end the call alone: %s', async (_, bytes, why) => {
    expect(await trailersAfter(bytes)).toContain(why);
  });

  it('answers a call that comes byte by byte, with padding, and its headers in pieces', async () => {
    const fields = block();
    const call = Buffer.concat([
      HELLO,
      frame(FRAME.HEADERS, 0, 1, fields.subarray(0, 11)),
      frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, fields.subarray(11)),
      frame(
        FRAME.DATA,
        FLAG.PADDED,
        1,
        Buffer.concat([Buffer.of(3), prefixed(message).subarray(0, 9), Buffer.alloc(3)]),
      ),
      data(1, prefixed(message).subarray(9)),
    ]);
    const { socket, received } = open();
    socket.setNoDelay(true);
    for (const byte of call) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await world.until('the answer', () =>
      Promise.resolve(
        framesOf(received()).filter(([type, stream]) => type === FRAME.HEADERS && stream === 1).length === 2,
      ),
    );
    expect(
      framesOf(received())
        .find(([type]) => type === FRAME.DATA)![2]
        .toString('latin1'),
    ).toContain('fraud');
  });

  it('ends a stream whose caller sends on and reads nothing', async () => {
    const messages = repeated(250, () => prefixed(message));
    const bytes = Buffer.concat([
      settingsFrame([[4, 0]]),
      headers(1, FLAG.END_HEADERS, block('/inference.GRPCInferenceService/ModelStreamInfer')),
      repeated(30, () => data(1, messages, 0)),
    ]);
    expect(await trailersAfter(bytes, 2)).toContain('too much of this connection waits');
  });

  it('ends a stream of messages without bytes whose answers nobody reads', async () => {
    const bytes = Buffer.concat([
      settingsFrame([[4, 0]]),
      headers(1, FLAG.END_HEADERS, block('/inference.GRPCInferenceService/ModelStreamInfer')),
      repeated(10, () => data(1, Buffer.alloc(16_000), 0)),
    ]);
    expect(await trailersAfter(bytes, 2)).toContain('too much of this connection waits');
  });

  it('lives through whatever frames', async () => {
    const anyFrame = fc
      .tuple(
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 9 }),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload));
    const good = fc.constantFrom(
      headers(1),
      headers(3),
      data(1, prefixed(message)),
      data(3, prefixed(message), 0),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(anyFrame, good), { maxLength: 12 }), async (frames) => {
        const { socket } = open();
        socket.end(Buffer.concat([HELLO, ...frames]));
        await new Promise(setImmediate);
      }),
      { numRuns: 150 },
    );
    expect(world.defects).toEqual([]);
  });
});
