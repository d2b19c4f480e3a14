import { setMaxListeners } from 'node:events';
import { ANSWER, OK, failureFields, prefixOf } from './answer-blocks';
import { GrpcError, STATUS, failureOf } from './grpc-status';
import type { Http2Stream, StreamHandler } from './http2/stream';
import type { CallContext } from './infer';
import type { UnaryMethod } from './inference-service';
import { KEPT_BYTES, type Budget, type MessageReader } from './message-reader';

/** Messages of a stream that may be under way; what comes beyond them waits at the client. */
const STREAM_CALLS = 64;

/** Messages and their answers, in the same order. */
export class StreamCall implements StreamHandler, CallContext {
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
    // Each message that is under way listens.
    setMaxListeners(STREAM_CALLS, this.abort.signal);
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
        this.keep(message.length + KEPT_BYTES);
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
    this.giveBack(message.length + KEPT_BYTES);
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
