import { Refused } from '#kernel';

/** https://protobuf.dev/programming-guides/encoding/ */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;
const START_GROUP = 3;
const END_GROUP = 4;

/** How deep unknown groups may stand in each other. */
const MAX_GROUP_DEPTH = 32;

export const malformed = (what: string): Refused =>
  new Refused('PLAYHEAD_INFERENCE_INVALID', `the message cannot be decoded: ${what}`);

/**
 * Reads protobuf fields out of `buffer` from `at` to `end`, copying nothing. Everything that reaches beyond `end` is refused.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID from every method, for bytes that are no protobuf.
 */
export class WireReader {
  constructor(
    readonly buffer: Buffer,
    public at = 0,
    readonly end = buffer.length,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  /** Field number * 8 + wire type. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw malformed('a field has the number 0');
    return tag;
  }

  /** The low 32 bits of a varint, as protobuf reads a 32-bit field. */
  uint32(): number {
    const { buffer, end } = this;
    let at = this.at;
    // Most varints are one byte: tags and short lengths.
    if (at < end && buffer[at]! < 0x80) {
      this.at = at + 1;
      return buffer[at]!;
    }
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw malformed('it ends within a number');
      const byte = buffer[at++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value >>> 0;
      }
    }
    throw malformed('a number has more than ten bytes');
  }

  /** The 64 bits of a varint. */
  uint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw malformed('it ends within a number');
      const byte = this.buffer[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number has more than ten bytes');
  }

  /** A signed 64-bit number as the nearest double; exact up to 2^53. */
  int64(): number {
    const byte = this.at < this.end ? this.buffer[this.at]! : 0x80;
    if (byte >= 0x80) return Number(BigInt.asIntN(64, this.uint64()));
    this.at++;
    return byte;
  }

  double(): number {
    const at = this.take(8);
    return this.buffer.readDoubleLE(at);
  }

  float(): number {
    const at = this.take(4);
    return this.buffer.readFloatLE(at);
  }

  /** The end of a field of wire type LENGTH whose content begins at `this.at`. */
  lengthEnd(): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.end) throw malformed(`a field of ${length} bytes reaches beyond the end`);
    return end;
  }

  text(): string {
    const end = this.lengthEnd();
    const text = this.buffer.toString('utf8', this.at, end);
    this.at = end;
    return text;
  }

  /** A view, no copy. */
  bytes(): Buffer {
    const end = this.lengthEnd();
    const bytes = this.buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** A reader of the message that stands here; this one goes on behind it. */
  message(): WireReader {
    const end = this.lengthEnd();
    const reader = new WireReader(this.buffer, this.at, end);
    this.at = end;
    return reader;
  }

  /** Passes over the field of a tag that nobody knows. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.uint32();
        return;
      case FIXED64:
        this.take(8);
        return;
      case LENGTH:
        this.at = this.lengthEnd();
        return;
      case FIXED32:
        this.take(4);
        return;
      case START_GROUP:
        this.skipGroup(tag >>> 3, depth);
        return;
      default:
        throw malformed(`field ${tag >>> 3} has the wire type ${tag & 7}`);
    }
  }

  private skipGroup(field: number, depth: number): void {
    if (depth >= MAX_GROUP_DEPTH) throw malformed('groups stand too deep in each other');
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) !== END_GROUP) this.skip(tag, depth + 1);
      else if (tag >>> 3 === field) return;
      else throw malformed(`group ${field} ends as ${tag >>> 3}`);
    }
  }

  private take(bytes: number): number {
    const at = this.at;
    if (at + bytes > this.end) throw malformed('it ends within a field');
    this.at = at + bytes;
    return at;
  }
}

export const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;

/** Writes fields into a buffer that is large enough; the sizes are counted before. */
export class WireWriter {
  at = 0;

  constructor(readonly buffer: Buffer) {}

  /** 0 <= value < 2^32. */
  varint(value: number): void {
    const { buffer } = this;
    let at = this.at;
    let rest = value;
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.at = at;
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.varint((field << 3) | LENGTH);
    this.varint(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** `length` of the text in UTF-8. */
  text(field: number, text: string, length: number): void {
    this.varint((field << 3) | LENGTH);
    this.varint(length);
    this.buffer.write(text, this.at, length, 'utf8');
    this.at += length;
  }
}

/** Bytes of a field of wire type LENGTH below number 16. */
export const fieldSize = (length: number): number => 1 + varintSize(length) + length;
