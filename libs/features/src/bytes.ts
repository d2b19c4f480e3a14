/** Little-endian doubles, 32-bit counts and UTF-8 texts, one behind the other. */
export class ByteWriter {
  private view: DataView<ArrayBuffer>;
  private at = 0;

  constructor(bytes = 1 << 16) {
    this.view = new DataView(new ArrayBuffer(bytes));
  }

  number(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  count(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  numbers(values: readonly number[]): void {
    this.count(values.length);
    for (const value of values) this.number(value);
  }

  text(value: string): void {
    const encoded = UTF_8.encode(value);
    this.count(encoded.length);
    this.reserve(encoded.length);
    new Uint8Array(this.view.buffer).set(encoded, this.at);
    this.at += encoded.length;
  }

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, 0, this.at);
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.view.byteLength) return;
    const larger = new Uint8Array(Math.max(this.view.byteLength * 2, this.at + bytes));
    larger.set(this.bytes());
    this.view = new DataView(larger.buffer);
  }
}

/** Reads what `ByteWriter` wrote; throws a RangeError past the end. */
export class ByteReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly source: Uint8Array) {
    this.view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  number(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  count(): number {
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  numbers(): number[] {
    return Array.from({ length: this.count() }, () => this.number());
  }

  text(): string {
    const length = this.count();
    const value = FROM_UTF_8.decode(this.source.subarray(this.at, this.at + length));
    this.at += length;
    return value;
  }
}

const UTF_8 = new TextEncoder();
const FROM_UTF_8 = new TextDecoder();
