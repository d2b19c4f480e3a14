import { gunzipSync, inflateSync } from 'node:zlib';
import { Cancellation } from './cancellation';
import { GrpcError, STATUS, failureOf, type GrpcFailure } from './grpc-status';
import type { RequestHeaders } from './http2/connection';
import { encodeFields } from './http2/hpack';
import type { Http2Stream, StreamHandler } from './http2/stream';
import type { CallContext } from './infer';
import type { GrpcMethods, UnaryMethod } from './inference-service';

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const PREFIX_BYTES = 5;

/** `:status` 200 is entry 8 of the static table. */
const ANSWER = Buffer.concat([Buffer.of(0x88), encodeFields({ 'content-type': 'application/grpc' })]);
const OK = encodeFields({ 'grpc-status': '0' });

/** Messages of a stream that may be under way; what comes beyond them waits at the client. */
const STREAM_CALLS = 64;

export interface CallLimits {
  /** Largest message of a request, unpacked. */
  readonly maxMessageBytes: number;
  /** Shared by the calls of a connection. */
  readonly budget: Budget;
}

/** Bytes that a connection may make us keep: messages that are not complete, or wait for their turn, and answers that nobody reads. */
export class Budget {
  private taken = 0;

  constructor(private readonly limit: number) {}

  /** @throws GrpcError RESOURCE_EXHAUSTED; the bytes are taken all the same, and given back with the call. */
  take(bytes: number): void {
    this.taken += bytes;
    if (this.taken > this.limit)
      throw new GrpcError(
        STATUS.RESOURCE_EXHAUSTED,
        'too much of this connection waits: messages that are not complete, or answers that are not read',
      );
  }

  giveBack(bytes: number): void {
    this.taken -= bytes;
  }
}

/** The handler of a stream that a client has opened. */
export const acceptCall = (
  methods: GrpcMethods,
  stream: Http2Stream,
  headers: RequestHeaders,
  limits: CallLimits,
): StreamHandler => {
  if (headers.get(':method') !== 'POST' || !headers.get('content-type')?.startsWith('application/grpc')) {
    stream.sendHeaders(encodeFields({ ':status': '415' }));
    stream.sendTrailers(encodeFields({ 'grpc-status': String(STATUS.INTERNAL) }));
    return new Refused();
  }
  const path = headers.get(':path') ?? '';
  const encoding = headers.get('grpc-encoding') ?? 'identity';
  const unpack = UNPACK[encoding];
  const unary = methods.unary.get(path);
  const streamed = methods.stream.get(path);
  const refusal =
    unary || streamed
      ? unpack
        ? undefined
        : `the message encoding ${encoding} is not supported; send identity, gzip or deflate`
      : `there is no method ${path}`;
  if (refusal !== undefined || !unpack) {
    const trailers = { 'grpc-accept-encoding': 'identity,gzip,deflate' };
    sendFailure(stream, { status: STATUS.UNIMPLEMENTED, message: refusal ?? '', trailers });
    return new Refused();
  }
  const deadlineMs = deadlineOf(headers.get('grpc-timeout'));
  const traceparent = headers.get('traceparent');
  const reader = new MessageReader(unpack, limits);
  return unary
    ? new UnaryCall(stream, reader, unary, deadlineMs, traceparent)
    : new StreamCall(stream, reader, streamed!, limits.budget, deadlineMs, traceparent);
};

class Refused implements StreamHandler {
  data(): void {}
  drained(): void {}
  gone(): void {}
}

type Unpack = (message: Buffer, maxBytes: number) => Buffer;

const UNPACK: Readonly<Record<string, Unpack | undefined>> = {
  identity: () => {
    throw new GrpcError(STATUS.INTERNAL, 'a message says that it is packed, its call says no encoding');
  },
  gzip: (message, maxOutputLength) => gunzipSync(message, { maxOutputLength }),
  deflate: (message, maxOutputLength) => inflateSync(message, { maxOutputLength }),
};

const UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** On the clock of `performance.now()`; a timeout that cannot be read is none. */
const deadlineOf = (timeout: string | undefined): number | undefined => {
  if (timeout === undefined || !/^\d{1,8}[HMSmun]$/.test(timeout)) return undefined;
  return performance.now() + Number(timeout.slice(0, -1)) * UNITS_MS[timeout.at(-1)!]!;
};

/** Puts messages together out of the bytes of a stream. */
class MessageReader {
  private pieces: Buffer[] = [];
  private bytes = 0;
  private needed = PREFIX_BYTES;

  constructor(
    private readonly unpack: Unpack,
    private readonly limits: CallLimits,
  ) {}

  /** Whether a message has begun that is not complete. */
  get isWithin(): boolean {
    return this.bytes > 0;
  }

  /** @throws GrpcError for what is no message, or too large a one */
  read(chunk: Buffer, message: (bytes: Buffer) => void): void {
    let rest = chunk;
    if (this.bytes > 0) {
      this.hold(chunk);
      if (this.bytes < this.needed) return;
      rest = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.bytes);
      this.release();
    }
    while (rest.length >= PREFIX_BYTES) {
      const length = rest.readUInt32BE(1);
      if (length > this.limits.maxMessageBytes) throw tooLarge(`a message of ${length} bytes`, this.limits);
      const end = PREFIX_BYTES + length;
      if (rest.length < end) {
        this.needed = end;
        break;
      }
      message(this.unpacked(rest[0]!, rest.subarray(PREFIX_BYTES, end)));
      rest = rest.subarray(end);
      this.needed = PREFIX_BYTES;
    }
    if (rest.length > 0) this.hold(rest);
  }

  /** Forgets what has not become a message. */
  release(): void {
    this.limits.budget.giveBack(this.bytes);
    this.pieces = [];
    this.bytes = 0;
  }

  private hold(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
    this.limits.budget.take(piece.length);
  }

  private unpacked(flag: number, message: Buffer): Buffer {
    if (flag === 0) return message;
    if (flag !== 1) throw new GrpcError(STATUS.INTERNAL, `a message begins with the byte ${flag}`);
    try {
      return this.unpack(message, this.limits.maxMessageBytes);
    } catch (error) {
      if (error instanceof GrpcError) throw error;
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
        throw tooLarge('a message', this.limits);
      throw new GrpcError(STATUS.INVALID_ARGUMENT, 'a message cannot be unpacked');
    }
  }
}

const tooLarge = (what: string, { maxMessageBytes }: CallLimits): GrpcError =>
  new GrpcError(
    STATUS.RESOURCE_EXHAUSTED,
    `${what} is larger than the limit of ${maxMessageBytes} bytes; send fewer rows at once`,
  );

const sendFailure = (stream: Http2Stream, failure: GrpcFailure): void =>
  stream.sendTrailers(Buffer.concat([ANSWER, failureFields(failure)]));

const failureFields = ({ status, message, trailers }: GrpcFailure): Buffer =>
  encodeFields({ 'grpc-status': String(status), 'grpc-message': percentEncoded(message), ...trailers });

/** Printable ASCII as it is, but for `%`; each other byte of the UTF-8 as %XX. */
const percentEncoded = (message: string): string => {
  let text = '';
  for (const byte of Buffer.from(message.slice(0, 4_096), 'utf8'))
    text +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return text;
};

const prefixOf = (message: Buffer): Buffer => {
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = 0;
  prefix.writeUInt32BE(message.length, 1);
  return prefix;
};

/** One message, one answer. */
class UnaryCall implements StreamHandler, CallContext {
  private request: Buffer | undefined;
  readonly signal = new Cancellation();
  private isStarted = false;

  constructor(
    private readonly stream: Http2Stream,
    private readonly reader: MessageReader,
    private readonly method: UnaryMethod,
    readonly deadlineMs: number | undefined,
    readonly traceparent: string | undefined,
  ) {}

  data(bytes: Buffer, isEnd: boolean): void {
    if (this.isStarted || this.stream.isOver) return;
    try {
      this.reader.read(bytes, (message) => {
        if (this.request)
          throw new GrpcError(STATUS.INVALID_ARGUMENT, 'the request has more than one message');
        this.request = message;
      });
      if (!isEnd) return;
      if (!this.request || this.reader.isWithin)
        throw new GrpcError(STATUS.INVALID_ARGUMENT, 'the request ends before its message does');
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.isStarted = true;
    this.method(this.request, this).then(
      (answer) => this.stream.sendAll(ANSWER, prefixOf(answer), answer, OK),
      (error: unknown) => this.refuse(error),
    );
  }

  drained(): void {}

  gone(): void {
    this.reader.release();
    this.signal.abort();
  }

  private refuse(error: unknown): void {
    this.reader.release();
    sendFailure(this.stream, failureOf(error));
  }
}

/** Messages and their answers, in the same order. */
class StreamCall implements StreamHandler, CallContext {
  private readonly abort = new AbortController();
  /** Messages whose answers are not ready. */
  private under = 0;
  private readonly waiting: Buffer[] = [];
  private last = Promise.resolve();
  private isEnded = false;
  /** Of the budget: messages that wait, and answers that have not left. */
  private kept = 0;
  private unsent = 0;

  constructor(
    private readonly stream: Http2Stream,
    private readonly reader: MessageReader,
    private readonly method: UnaryMethod,
    private readonly budget: Budget,
    readonly deadlineMs: number | undefined,
    readonly traceparent: string | undefined,
  ) {
    stream.sendHeaders(ANSWER);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  data(bytes: Buffer, isEnd: boolean): void {
    if (this.stream.isOver || this.isEnded) return;
    try {
      this.reader.read(bytes, (message) => {
        this.waiting.push(message);
        this.keep(message.length);
      });
      if (isEnd && this.reader.isWithin)
        throw new GrpcError(STATUS.INVALID_ARGUMENT, 'the stream ends before its last message does');
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.isEnded = isEnd;
    this.goOn();
  }

  drained(): void {
    this.giveBack(this.unsent);
    this.unsent = 0;
    this.goOn();
  }

  gone(): void {
    this.forget();
  }

  private goOn(): void {
    while (this.waiting.length > 0 && this.under < STREAM_CALLS && this.stream.pending.length === 0)
      this.answer(this.waiting.shift()!);
    if (this.waiting.length > 0) this.stream.hold();
    else {
      this.stream.release();
      if (this.isEnded && this.under === 0) this.stream.sendTrailers(OK);
    }
  }

  private answer(message: Buffer): void {
    this.giveBack(message.length);
    this.under++;
    const answered = this.method(message, this);
    this.last = this.last
      .then(() => answered)
      .then((answer) => {
        this.under--;
        this.send(answer);
      })
      .catch((error: unknown) => this.refuse(error));
  }

  private send(answer: Buffer): void {
    if (this.stream.isOver || this.stream.trailers) return;
    this.unsent += answer.length;
    this.keep(answer.length);
    this.stream.sendData(Buffer.concat([prefixOf(answer), answer]));
  }

  private keep(bytes: number): void {
    this.kept += bytes;
    this.budget.take(bytes);
  }

  private giveBack(bytes: number): void {
    this.kept -= bytes;
    this.budget.giveBack(bytes);
  }

  /** What is answered in the protocol's own message is not told here. */
  private refuse(error: unknown): void {
    this.forget();
    this.isEnded = true;
    // Answers that wait for a client that does not read would keep the end from it, and their memory from us.
    this.stream.pending.length = 0;
    if (!this.stream.isOver && !this.stream.trailers)
      this.stream.sendTrailers(failureFields(failureOf(error)));
  }

  private forget(): void {
    this.reader.release();
    this.giveBack(this.kept);
    this.waiting.length = this.unsent = 0;
    this.abort.abort();
  }
}
