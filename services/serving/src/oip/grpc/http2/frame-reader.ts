import { DEFAULT_FRAME_BYTES, ERROR, HEAD_BYTES, Http2Error, PREFACE } from './frames';

export interface FrameSink {
  /** The other side speaks HTTP/2. */
  greeted(): void;
  /** Payload from `from` to `to` of `bytes`, which nobody writes to later; false: nothing more is read. */
  frame(type: number, flags: number, stream: number, bytes: Buffer, from: number, to: number): boolean;
}

/** Cuts what comes, in whatever pieces, into frames; a frame that came whole is not copied. */
export class FrameReader {
  private isGreeted = false;
  private parts: Buffer[] = [];
  private partBytes = 0;
  private needed = PREFACE.length;

  /** @throws Http2Error for what is no HTTP/2, and for frames larger than agreed */
  read(chunk: Buffer, sink: FrameSink): void {
    this.partBytes += chunk.length;
    if (this.partBytes < this.needed) {
      this.parts.push(chunk);
      return;
    }
    let bytes = chunk;
    if (this.parts.length > 0) {
      this.parts.push(chunk);
      bytes = Buffer.concat(this.parts, this.partBytes);
      this.parts = [];
    }
    const at = this.readFrames(bytes, sink);
    this.partBytes = bytes.length - at;
    if (this.partBytes > 0) this.parts.push(bytes.subarray(at));
  }

  /** Reads all frames that are whole, and gives the position behind them. */
  private readFrames(bytes: Buffer, sink: FrameSink): number {
    let at = 0;
    if (!this.isGreeted) {
      if (PREFACE.compare(bytes, 0, PREFACE.length) !== 0)
        throw new Http2Error(ERROR.PROTOCOL_ERROR, 'this port speaks gRPC: HTTP/2 without TLS');
      this.isGreeted = true;
      sink.greeted();
      at = PREFACE.length;
    }
    for (;;) {
      const left = bytes.length - at;
      this.needed = HEAD_BYTES;
      if (left < HEAD_BYTES) return at;
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (length > DEFAULT_FRAME_BYTES)
        throw new Http2Error(ERROR.FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
      this.needed += length;
      if (left < this.needed) return at;
      const type = bytes[at + 3]!;
      const flags = bytes[at + 4]!;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
      const from = at + HEAD_BYTES;
      at = from + length;
      if (!sink.frame(type, flags, stream, bytes, from, at)) return at;
    }
  }
}
