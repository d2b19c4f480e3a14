/** Frames, flags, settings and errors of HTTP/2: RFC 9113, sections 6, 6.5.2 and 7. */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const FLAG = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

export const SETTING = {
  INITIAL_WINDOW_SIZE: 4,
  MAX_CONCURRENT_STREAMS: 3,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

export const ERROR = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  ENHANCE_YOUR_CALM: 0xb,
} as const;

export type ErrorCode = (typeof ERROR)[keyof typeof ERROR];

/** The connection must end: what the other side sent breaks the protocol. */
export class Http2Error extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
export const HEAD_BYTES = 9;
/** Bytes of a frame's payload without another agreement. */
export const DEFAULT_FRAME_BYTES = 16_384;
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 0x7fffffff;

/** Writes the head of a frame and gives the position behind it. */
export const writeHead = (
  buffer: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number => {
  buffer[at] = length >>> 16;
  buffer[at + 1] = (length >>> 8) & 0xff;
  buffer[at + 2] = length & 0xff;
  buffer[at + 3] = type;
  buffer[at + 4] = flags;
  buffer[at + 5] = stream >>> 24;
  buffer[at + 6] = (stream >>> 16) & 0xff;
  buffer[at + 7] = (stream >>> 8) & 0xff;
  buffer[at + 8] = stream & 0xff;
  return at + HEAD_BYTES;
};

export const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const buffer = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  buffer.set(payload, writeHead(buffer, 0, payload.length, type, flags, stream));
  return buffer;
};

const word = (value: number): Buffer => {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeUInt32BE(value);
  return buffer;
};

export const settingsFrame = (settings: readonly (readonly [id: number, value: number])[]): Buffer => {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  for (const [at, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, at * 6);
    payload.writeUInt32BE(value, at * 6 + 2);
  }
  return frame(FRAME.SETTINGS, 0, 0, payload);
};

export const windowUpdateFrame = (stream: number, increment: number): Buffer =>
  frame(FRAME.WINDOW_UPDATE, 0, stream, word(increment));

export const resetFrame = (stream: number, code: ErrorCode): Buffer =>
  frame(FRAME.RST_STREAM, 0, stream, word(code));

export const goAwayFrame = (lastStream: number, code: ErrorCode, why: string): Buffer =>
  frame(
    FRAME.GOAWAY,
    0,
    0,
    Buffer.concat([word(lastStream), word(code), Buffer.from(why.slice(0, 200), 'latin1')]),
  );
