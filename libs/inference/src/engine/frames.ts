/**
 * What goes over the pipes between a process and its scorer: frames of a kind, a length and so many bytes. Rows and scores are float32 as they
 * lie in memory, nothing is cloned or written as text on the way.
 */
export const FRAME_HEAD = 8;

/** To the scorer. */
export const LOAD = 1;
export const SCORE = 2;
/** From the scorer. */
export const LOADED = 3;
export const SCORES = 4;
export const REFUSED = 5;

export const frameHead = (kind: number, length: number): Buffer => {
  const head = Buffer.allocUnsafe(FRAME_HEAD);
  head.writeUInt32LE(kind, 0);
  head.writeUInt32LE(length, 4);
  return head;
};

export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Where frames end is in their heads; pieces come as the pipe gives them. */
export class FrameReader {
  private readonly head = Buffer.allocUnsafe(FRAME_HEAD);
  private headBytes = 0;
  private body: Uint8Array | undefined;
  private bodyBytes = 0;

  constructor(private readonly onFrame: (kind: number, body: Uint8Array) => void) {}

  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length || (this.body && this.body.length === 0)) {
      if (!this.body) {
        const took = piece.copy(this.head, this.headBytes, at, at + FRAME_HEAD - this.headBytes);
        this.headBytes += took;
        at += took;
        if (this.headBytes < FRAME_HEAD) return;
        // Memory of its own, not of a pool: floats need a beginning that four divides.
        this.body = new Uint8Array(this.head.readUInt32LE(4));
        this.bodyBytes = 0;
      }
      const took = piece.copy(this.body, this.bodyBytes, at, at + this.body.length - this.bodyBytes);
      this.bodyBytes += took;
      at += took;
      if (this.bodyBytes < this.body.length) return;
      const { body } = this;
      this.body = undefined;
      this.headBytes = 0;
      this.onFrame(this.head.readUInt32LE(0), body);
    }
  }
}
