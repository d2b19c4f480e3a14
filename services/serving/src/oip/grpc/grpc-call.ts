import { ANSWER, OK, prefixOf, sendFailure } from './answer-blocks';
import { Cancellation } from './cancellation';
import { GrpcError, STATUS, failureOf } from './grpc-status';
import type { RequestHeaders } from './http2/connection';
import { encodeFields } from './http2/hpack';
import type { Http2Stream, StreamHandler } from './http2/stream';
import type { CallContext } from './infer';
import type { GrpcMethods, UnaryMethod } from './inference-service';
import { MessageReader, UNPACK, type CallLimits } from './message-reader';
import { StreamCall } from './stream-call';

/** The handler of a stream that a client has opened: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
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
