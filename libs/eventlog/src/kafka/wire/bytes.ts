/**
 * Numbers of the Kafka protocol in buffers. 64-bit integers become numbers: offsets, times and producer ids stay below 2^53.
 */

const TWO_32 = 0x1_0000_0000;

/** Thrown inside the decoder when bytes are not what they should be; it never leaves `wire/`. */
export class Malformed extends Error {}

export const readInt64 = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4);

export const writeInt64 = (buffer: Buffer, value: number, at: number): number => {
  buffer.writeInt32BE(Math.floor(value / TWO_32), at);
  buffer.writeUInt32BE(value - Math.floor(value / TWO_32) * TWO_32, at + 4);
  return at + 8;
};

/** Size of a zigzag varint of a 32-bit integer. */
export const sizeOfVarint = (value: number): number => {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  return zigzag < 0x1000_0000 ? 4 : 5;
};

export const writeVarint = (buffer: Buffer, value: number, at: number): number => {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[at++] = zigzag;
  return at;
};

/** A short copy is faster byte by byte than by a call into native code. */
const SHORT_COPY = 24;

export const copyInto = (target: Buffer, source: Uint8Array, at: number): number => {
  const length = source.length;
  if (length <= SHORT_COPY) for (let i = 0; i < length; i++) target[at + i] = source[i]!;
  else target.set(source, at);
  return at + length;
};

/** Reads a stretch of a buffer from front to back. Reading past `end` gives numbers that `expect` or the caller's own bounds refuse. */
export class Cursor {
  constructor(
    readonly buffer: Buffer,
    public at: number,
    readonly end: number,
  ) {}

  /** A zigzag varint of 32 bits. */
  varint(): number {
    const { buffer } = this;
    let byte = buffer[this.at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      if (this.at >= this.end) throw new Malformed('a number is cut off');
      byte = buffer[this.at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new Malformed('a number of more than 32 bits');
  }

  /** A zigzag varint of 64 bits, exact up to 2^53. */
  varlong(): number {
    const first = this.buffer[this.at]!;
    if (first < 0x80) {
      this.at++;
      return (first >>> 1) ^ -(first & 1);
    }
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw new Malformed('a number is cut off');
      const byte = this.buffer[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
    throw new Malformed('a number of more than 64 bits');
  }

  int16(): number {
    this.at += 2;
    return this.buffer.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.buffer.readInt32BE(this.at - 4);
  }

  int64(): number {
    this.at += 8;
    return readInt64(this.buffer, this.at - 8);
  }

  /** A string with a 16-bit length. */
  string(): string {
    const length = this.int16();
    this.at += length;
    return this.buffer.toString('utf8', this.at - length, this.at);
  }
}

/** Builds the small parts of a request. */
export class Writer {
  private readonly parts: Buffer[] = [];

  int8(value: number): this {
    const part = Buffer.allocUnsafe(1);
    part.writeInt8(value, 0);
    return this.add(part);
  }

  int16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeInt16BE(value, 0);
    return this.add(part);
  }

  int32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value, 0);
    return this.add(part);
  }

  int64(value: number): this {
    const part = Buffer.allocUnsafe(8);
    writeInt64(part, value, 0);
    return this.add(part);
  }

  string(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.int16(bytes.length).add(bytes);
  }

  add(part: Buffer): this {
    this.parts.push(part);
    return this;
  }

  buffer(): Buffer {
    return Buffer.concat(this.parts);
  }
}
