import { FLAG, FRAME, MAX_WINDOW, frame, windowUpdateFrame } from './frames';

/** Hears what comes on a stream. */
export interface StreamHandler {
  /** `isEnd`: the request is complete. */
  data(bytes: Buffer, isEnd: boolean): void;
  /** All that was sent has left. */
  drained(): void;
  /** The other side took the request back, or is gone; nothing can be sent any more. */
  gone(): void;
}

const NOBODY: StreamHandler = { data: () => undefined, drained: () => undefined, gone: () => undefined };

/** What a stream asks of the connection that it is on. */
export interface StreamCarrier {
  write(bytes: Buffer): void;
  /** Sends what windows and frame size let through of what the stream has to send. */
  send(stream: Http2Stream): void;
  sendWhole(stream: Http2Stream, headers: Buffer, prefix: Buffer, message: Buffer, trailers: Buffer): void;
}

/** One request and its answer. What is sent after the stream is over goes nowhere. */
export class Http2Stream {
  handler = NOBODY;
  isOver = false;
  isClosedByPeer = false;
  /** Payload that waits for the windows. */
  readonly pending: Buffer[] = [];
  trailers: Buffer | undefined;
  private unconfirmed = 0;
  private isHeld = false;

  constructor(
    readonly id: number,
    private readonly connection: StreamCarrier,
    private receiveWindow: number,
    public sendWindow: number,
  ) {}

  sendHeaders(block: Buffer): void {
    if (!this.isOver) this.connection.write(frame(FRAME.HEADERS, FLAG.END_HEADERS, this.id, block));
  }

  sendData(payload: Buffer): void {
    this.pending.push(payload);
    this.connection.send(this);
  }

  /** Ends the stream, behind all data. */
  sendTrailers(block: Buffer): void {
    this.trailers = block;
    this.connection.send(this);
  }

  /** An answer that is known whole. */
  sendAll(headers: Buffer, prefix: Buffer, message: Buffer, trailers: Buffer): void {
    if (!this.isOver) this.connection.sendWhole(this, headers, prefix, message, trailers);
  }

  /** Lets the other side send no more than its window, until `release`. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    if (this.unconfirmed > 0) this.confirm();
  }

  /** Counts what came, and lets as much come again; false where it was more than allowed. */
  received(bytes: number, window: number): boolean {
    this.receiveWindow -= bytes;
    this.unconfirmed += bytes;
    if (!this.isHeld && this.unconfirmed > window / 2) this.confirm();
    return this.receiveWindow >= 0;
  }

  /** The other side takes so many bytes more (or less); false where that is more than the protocol can say. */
  widen(more: number): boolean {
    this.sendWindow += more;
    return this.sendWindow <= MAX_WINDOW;
  }

  private confirm(): void {
    if (!this.isOver && !this.isClosedByPeer)
      this.connection.write(windowUpdateFrame(this.id, this.unconfirmed));
    this.receiveWindow += this.unconfirmed;
    this.unconfirmed = 0;
  }
}
