import type { Socket } from 'node:net';
import {
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  HEAD_BYTES,
  Http2Error,
  MAX_WINDOW,
  SETTING,
  frame,
  goAwayFrame,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
  writeHead,
  type ErrorCode,
} from './frames';
import { FrameReader, type FrameSink } from './frame-reader';
import { HpackDecoder } from './hpack';
import { Outbox } from './outbox';
import { Http2Stream, type StreamCarrier, type StreamHandler } from './stream';

export type RequestHeaders = ReadonlyMap<string, string>;

/** Called with each stream that a client opens; what it gives hears what comes on it. */
export type Accept = (stream: Http2Stream, headers: RequestHeaders) => StreamHandler;

const STREAM_WINDOW = 1_048_576;
const CONNECTION_WINDOW = 4_194_304;
const MAX_STREAMS = 1_024;
/** Of the fields of a request, as RFC 9113 counts them, 10.5.1. */
const MAX_HEADER_BYTES = 16_384;
/** Of a header block as it comes, and the frames that it may come in. */
const MAX_BLOCK_BYTES = 32_768;
const MAX_BLOCK_FRAMES = 16;
/** How long a connection may say nothing before it says that it speaks HTTP/2. */
const GREETING_MS = 10_000;
/** How often a client may ask for what costs us more than it (resets, settings): so many at once, then so many a second. */
const PATIENCE_AT_ONCE = 2_000;
const PATIENCE_A_SECOND = 500;
/** In one frame; there are six that HTTP/2 knows. */
const MAX_SETTINGS = 32;

const SETTINGS = Buffer.concat([
  settingsFrame([
    [SETTING.MAX_CONCURRENT_STREAMS, MAX_STREAMS],
    [SETTING.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
    [SETTING.MAX_HEADER_LIST_SIZE, MAX_HEADER_BYTES],
  ]),
  windowUpdateFrame(0, CONNECTION_WINDOW - DEFAULT_WINDOW),
]);
const SETTINGS_ACK = frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(0));

const NO_BYTES = Buffer.alloc(0);

/**
 * The server's side of one HTTP/2 connection (RFC 9113), as far as gRPC needs it: requests with a body, answers with trailers, flow
 * control both ways; no push, no priorities. Bytes of requests are handed on as views of what the socket gave.
 *
 * What the other side may make us keep is bounded: streams, header blocks, what is not yet written (reading stops meanwhile). Whoever
 * breaks the protocol gets GOAWAY and loses the connection, and nothing else happens.
 */
export class Http2Connection implements StreamCarrier {
  /** Streams that are open, by number. */
  private readonly streams = new Map<number, Http2Stream>();
  /** Those with bytes that no window lets through yet. */
  private readonly blocked = new Set<Http2Stream>();
  private readonly decoder = new HpackDecoder();
  private readonly reader = new FrameReader();
  private readonly outbox: Outbox;
  private lastStream = 0;
  private isLeaving = false;
  private isOver = false;

  /** A header block that goes on in the next frame. */
  private block: { readonly stream: number; readonly flags: number; readonly pieces: Buffer[] } | undefined;

  private receiveWindow = CONNECTION_WINDOW;
  private sendWindow = DEFAULT_WINDOW;
  private peerWindow = DEFAULT_WINDOW;
  private peerFrameBytes = DEFAULT_FRAME_BYTES;

  private patience = PATIENCE_AT_ONCE;
  private patienceSince = performance.now();

  constructor(
    private readonly socket: Socket,
    private readonly accept: Accept,
    private readonly closed: (connection: Http2Connection) => void,
    private readonly defect: (error: unknown) => void,
  ) {
    this.outbox = new Outbox(socket);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.end());
    socket.setTimeout(GREETING_MS, () => socket.destroy());
    this.write(SETTINGS);
  }

  /** Takes no more streams; ends when those that are open have been answered. */
  leave(): void {
    if (this.isLeaving || this.isOver) return;
    this.isLeaving = true;
    this.write(goAwayFrame(this.lastStream, ERROR.NO_ERROR, ''));
    this.endIfIdle();
  }

  destroy(): void {
    this.socket.destroy();
  }

  write(bytes: Buffer): void {
    if (!this.isOver) this.outbox.write(bytes);
  }

  private receive(chunk: Buffer): void {
    if (this.isOver) return;
    try {
      this.reader.read(chunk, this.frames);
    } catch (error) {
      if (!(error instanceof Http2Error)) this.defect(error);
      this.fail(
        error instanceof Http2Error ? error : new Http2Error(ERROR.INTERNAL_ERROR, 'an internal error'),
      );
    }
  }

  private readonly frames: FrameSink = {
    greeted: () => void this.socket.setTimeout(0),
    frame: (type, flags, id, bytes, from, to) => {
      this.onFrame(type, flags, id, bytes, from, to);
      return !this.isOver;
    },
  };

  private onFrame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (this.block && (type !== FRAME.CONTINUATION || id !== this.block.stream))
      throw new Http2Error(ERROR.PROTOCOL_ERROR, 'a header block was not ended');
    switch (type) {
      case FRAME.DATA:
        this.onData(flags, id, bytes, from, to);
        return;
      case FRAME.HEADERS:
        this.onHeaders(flags, id, bytes, from, to);
        return;
      case FRAME.CONTINUATION:
        this.onContinuation(flags, bytes.subarray(from, to));
        return;
      case FRAME.RST_STREAM:
        this.onReset(id, to - from);
        return;
      case FRAME.SETTINGS:
        this.onSettings(flags, id, bytes, from, to);
        return;
      case FRAME.PING:
        expect(to - from === 8, ERROR.FRAME_SIZE_ERROR, 'PING');
        expect(id === 0, ERROR.PROTOCOL_ERROR, 'PING on a stream');
        if (!(flags & FLAG.ACK)) this.write(frame(FRAME.PING, FLAG.ACK, 0, bytes.subarray(from, to)));
        return;
      case FRAME.WINDOW_UPDATE:
        expect(to - from === 4, ERROR.FRAME_SIZE_ERROR, 'WINDOW_UPDATE');
        this.onWindowUpdate(id, bytes.readUInt32BE(from) & 0x7fffffff);
        return;
      case FRAME.PRIORITY:
        expect(to - from === 5, ERROR.FRAME_SIZE_ERROR, 'PRIORITY');
        expect(id !== 0, ERROR.PROTOCOL_ERROR, 'PRIORITY without a stream');
        return;
      case FRAME.PUSH_PROMISE:
        throw new Http2Error(ERROR.PROTOCOL_ERROR, 'a client cannot push');
      case FRAME.GOAWAY:
        // The client closes the connection when it has its answers.
        expect(id === 0 && to - from >= 8, ERROR.PROTOCOL_ERROR, 'GOAWAY');
        return;
      default:
      // Frames of unknown type are passed over (RFC 9113, 4.1).
    }
  }

  private onData(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const size = to - from;
    this.receiveWindow -= size;
    if (this.receiveWindow < 0)
      throw new Http2Error(ERROR.FLOW_CONTROL_ERROR, 'more than the connection may send');
    if (this.receiveWindow < CONNECTION_WINDOW / 2) {
      this.write(windowUpdateFrame(0, CONNECTION_WINDOW - this.receiveWindow));
      this.receiveWindow = CONNECTION_WINDOW;
    }
    const stream = this.streams.get(id);
    if (!stream || stream.isClosedByPeer) {
      this.expectKnown(id);
      // Sent before the client knew that the stream is over.
      if (stream) this.reset(stream, ERROR.STREAM_CLOSED);
      return;
    }
    let start = from;
    let end = to;
    if (flags & FLAG.PADDED) {
      const padding = size > 0 ? bytes[from]! : 0;
      expect(size > padding, ERROR.PROTOCOL_ERROR, 'padding');
      start = from + 1;
      end = to - padding;
    }
    if (!stream.received(size, STREAM_WINDOW))
      throw new Http2Error(ERROR.FLOW_CONTROL_ERROR, 'more than the stream may send');
    const isEnd = (flags & FLAG.END_STREAM) !== 0;
    if (isEnd) stream.isClosedByPeer = true;
    stream.handler.data(bytes.subarray(start, end), isEnd);
  }

  private onHeaders(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    expect(id % 2 === 1, ERROR.PROTOCOL_ERROR, 'the number of a stream');
    let start = from;
    let end = to;
    if (flags & FLAG.PADDED) {
      expect(end > start, ERROR.FRAME_SIZE_ERROR, 'HEADERS');
      end -= bytes[start]!;
      start += 1;
    }
    if (flags & FLAG.PRIORITY) start += 5;
    expect(start <= end, ERROR.PROTOCOL_ERROR, 'padding');
    const piece = bytes.subarray(start, end);
    if (flags & FLAG.END_HEADERS) this.onBlock(id, flags, piece);
    else this.block = { stream: id, flags, pieces: [piece] };
  }

  private onContinuation(flags: number, piece: Buffer): void {
    const { block } = this;
    if (!block) throw new Http2Error(ERROR.PROTOCOL_ERROR, 'CONTINUATION of nothing');
    block.pieces.push(piece);
    const bytes = block.pieces.reduce((sum, each) => sum + each.length, 0);
    if (bytes > MAX_BLOCK_BYTES || block.pieces.length > MAX_BLOCK_FRAMES)
      throw new Http2Error(ERROR.ENHANCE_YOUR_CALM, 'a header block is too long');
    if (!(flags & FLAG.END_HEADERS)) return;
    this.block = undefined;
    this.onBlock(block.stream, block.flags, Buffer.concat(block.pieces));
  }

  private onBlock(id: number, flags: number, block: Buffer): void {
    const headers = new Map<string, string>();
    let bytes = 0;
    this.decoder.decode(block, (name, value) => {
      bytes += name.length + value.length + 32;
      if (bytes <= MAX_HEADER_BYTES) headers.set(name, value);
    });
    const isEnd = (flags & FLAG.END_STREAM) !== 0;
    const known = this.streams.get(id);
    if (known) {
      // Trailers of a request: gRPC has none, they only end it.
      if (known.isClosedByPeer || !isEnd) this.reset(known, ERROR.PROTOCOL_ERROR);
      else {
        known.isClosedByPeer = true;
        known.handler.data(NO_BYTES, true);
      }
      return;
    }
    // A stream that is over: the client did not know yet.
    if (id <= this.lastStream) return;
    if (this.isLeaving) return;
    this.lastStream = id;
    if (this.streams.size >= MAX_STREAMS) {
      this.write(resetFrame(id, ERROR.REFUSED_STREAM));
      return;
    }
    if (bytes > MAX_HEADER_BYTES) {
      this.write(resetFrame(id, ERROR.ENHANCE_YOUR_CALM));
      return;
    }
    const stream = new Http2Stream(id, this, STREAM_WINDOW, this.peerWindow);
    this.streams.set(id, stream);
    stream.isClosedByPeer = isEnd;
    stream.handler = this.accept(stream, headers);
    if (isEnd && !stream.isOver) stream.handler.data(NO_BYTES, true);
  }

  private onReset(id: number, size: number): void {
    expect(size === 4, ERROR.FRAME_SIZE_ERROR, 'RST_STREAM');
    const stream = this.streams.get(id);
    if (!stream) {
      this.expectKnown(id);
      return;
    }
    this.forget(stream);
    stream.handler.gone();
    this.spendPatience('too many streams were taken back');
  }

  /** For what costs us more than whoever sends it: resets, those it makes us send among them, and settings. */
  private spendPatience(message: string): void {
    const now = performance.now();
    const more = ((now - this.patienceSince) / 1_000) * PATIENCE_A_SECOND;
    this.patience = Math.min(PATIENCE_AT_ONCE, this.patience + more) - 1;
    this.patienceSince = now;
    if (this.patience < 0) throw new Http2Error(ERROR.ENHANCE_YOUR_CALM, message);
  }

  private onSettings(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const size = to - from;
    expect(id === 0, ERROR.PROTOCOL_ERROR, 'SETTINGS on a stream');
    expect(flags & FLAG.ACK ? size === 0 : size % 6 === 0, ERROR.FRAME_SIZE_ERROR, 'SETTINGS');
    if (flags & FLAG.ACK) return;
    expect(size <= 6 * MAX_SETTINGS, ERROR.ENHANCE_YOUR_CALM, 'too many settings at once');
    this.spendPatience('too many settings');
    for (let at = from; at < to; at += 6) this.onSetting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    this.write(SETTINGS_ACK);
  }

  /** The size of our header table needs no attention: we send nothing that enters it. */
  private onSetting(id: number, value: number): void {
    if (id === SETTING.INITIAL_WINDOW_SIZE) {
      expect(value <= MAX_WINDOW, ERROR.FLOW_CONTROL_ERROR, 'a window');
      const more = value - this.peerWindow;
      this.peerWindow = value;
      for (const stream of this.streams.values())
        expect(stream.widen(more), ERROR.FLOW_CONTROL_ERROR, 'a window');
      this.pump();
    } else if (id === SETTING.MAX_FRAME_SIZE) {
      expect(value >= DEFAULT_FRAME_BYTES && value <= 0xffffff, ERROR.PROTOCOL_ERROR, 'a frame size');
      this.peerFrameBytes = value;
    }
  }

  private onWindowUpdate(id: number, more: number): void {
    if (id === 0) {
      expect(more > 0, ERROR.PROTOCOL_ERROR, 'WINDOW_UPDATE by nothing');
      this.sendWindow += more;
      expect(this.sendWindow <= MAX_WINDOW, ERROR.FLOW_CONTROL_ERROR, 'a window');
      this.pump();
      return;
    }
    const stream = this.streams.get(id);
    if (!stream) this.expectKnown(id);
    else if (more === 0) this.reset(stream, ERROR.PROTOCOL_ERROR);
    else if (!stream.widen(more)) this.reset(stream, ERROR.FLOW_CONTROL_ERROR);
    else if (this.blocked.has(stream)) this.send(stream);
  }

  /** Of a stream that is not open: one that was, not one that will be. */
  private expectKnown(id: number): void {
    expect(id !== 0 && id <= this.lastStream, ERROR.PROTOCOL_ERROR, 'a stream that was not opened');
  }

  private pump(): void {
    for (const stream of this.blocked) {
      if (this.sendWindow <= 0) return;
      this.send(stream);
    }
  }

  /** Sends what windows and frame size let through of what the stream has to send; all of it, then its trailers end the stream. */
  send(stream: Http2Stream): void {
    if (stream.isOver) return;
    for (;;) {
      const piece = stream.pending[0];
      if (!piece) break;
      const size = Math.min(piece.length, this.peerFrameBytes, this.sendWindow, stream.sendWindow);
      if (size <= 0) {
        this.blocked.add(stream);
        return;
      }
      this.write(frame(FRAME.DATA, 0, stream.id, piece.subarray(0, size)));
      this.sendWindow -= size;
      stream.sendWindow -= size;
      if (size === piece.length) stream.pending.shift();
      else stream.pending[0] = piece.subarray(size);
    }
    this.blocked.delete(stream);
    if (stream.trailers) {
      this.write(frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, stream.id, stream.trailers));
      this.finish(stream);
    } else stream.handler.drained();
  }

  /** Headers, one message and trailers as one piece of memory, where the windows let it through; else as they do. */
  sendWhole(stream: Http2Stream, headers: Buffer, prefix: Buffer, message: Buffer, trailers: Buffer): void {
    const size = prefix.length + message.length;
    if (size > this.peerFrameBytes || size > this.sendWindow || size > stream.sendWindow) {
      stream.sendHeaders(headers);
      stream.sendData(Buffer.concat([prefix, message]));
      stream.sendTrailers(trailers);
      return;
    }
    this.sendWindow -= size;
    const { id } = stream;
    const buffer = Buffer.allocUnsafe(3 * HEAD_BYTES + headers.length + size + trailers.length);
    let at = writeHead(buffer, 0, headers.length, FRAME.HEADERS, FLAG.END_HEADERS, id);
    at += headers.copy(buffer, at);
    at = writeHead(buffer, at, size, FRAME.DATA, 0, id);
    at += prefix.copy(buffer, at);
    at += message.copy(buffer, at);
    at = writeHead(buffer, at, trailers.length, FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, id);
    trailers.copy(buffer, at);
    this.write(buffer);
    this.finish(stream);
  }

  /** The answer is complete. A request that is not is of no more interest. */
  finish(stream: Http2Stream): void {
    if (!stream.isClosedByPeer) this.write(resetFrame(stream.id, ERROR.NO_ERROR));
    this.forget(stream);
  }

  private reset(stream: Http2Stream, code: ErrorCode): void {
    this.write(resetFrame(stream.id, code));
    this.forget(stream);
    stream.handler.gone();
    this.spendPatience('too many streams had to be reset');
  }

  private forget(stream: Http2Stream): void {
    stream.isOver = true;
    this.blocked.delete(stream);
    this.streams.delete(stream.id);
    this.endIfIdle();
  }

  private endIfIdle(): void {
    if (this.isLeaving && this.streams.size === 0) this.hangUp();
  }

  private fail({ code, message }: Http2Error): void {
    this.write(goAwayFrame(this.lastStream, code, message));
    this.hangUp();
    // What comes after is not read; a client that keeps the socket open does not keep us.
    this.end();
    this.socket.setTimeout(1_000);
  }

  /** Sends what was written and closes our side. */
  private hangUp(): void {
    this.outbox.flush();
    this.socket.end();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    const streams = [...this.streams.values()];
    this.streams.clear();
    this.blocked.clear();
    for (const stream of streams) {
      stream.isOver = true;
      stream.handler.gone();
    }
    this.closed(this);
  }
}

const expect = (holds: boolean, code: ErrorCode, what: string): void => {
  if (!holds) throw new Http2Error(code, `${what} is not as the protocol says`);
};
