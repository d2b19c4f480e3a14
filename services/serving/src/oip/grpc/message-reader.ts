import { gunzipSync, inflateSync } from 'node:zlib';
import { GrpcError, STATUS } from './grpc-status';

/** What stands before each message: a byte that says whether it is packed, and its length. */
export const PREFIX_BYTES = 5;

/** What the memory of a piece, or of a message that waits, takes beside its bytes, however few these are. */
export const KEPT_BYTES = 128;
/** A smaller piece is copied: a view would keep all that came with it. */
const SMALL_BYTES = 4_096;

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

export type Unpack = (message: Buffer, maxBytes: number) => Buffer;

export const UNPACK: Readonly<Record<string, Unpack | undefined>> = {
  identity: () => {
    throw new GrpcError(STATUS.INTERNAL, 'a message says that it is packed, its call says no encoding');
  },
  gzip: (message, maxOutputLength) => gunzipSync(message, { maxOutputLength }),
  deflate: (message, maxOutputLength) => inflateSync(message, { maxOutputLength }),
};

/** Puts messages together out of the bytes of a stream. */
export class MessageReader {
  private pieces: Buffer[] = [];
  private bytes = 0;
  /** Of the budget. */
  private kept = 0;
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
    this.limits.budget.giveBack(this.kept);
    this.pieces = [];
    this.bytes = this.kept = 0;
  }

  private hold(piece: Buffer): void {
    if (piece.length === 0) return;
    this.pieces.push(piece.length < SMALL_BYTES ? Buffer.from(piece) : piece);
    this.bytes += piece.length;
    this.kept += piece.length + KEPT_BYTES;
    this.limits.budget.take(piece.length + KEPT_BYTES);
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
