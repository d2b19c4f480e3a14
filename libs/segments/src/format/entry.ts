/**
 * What stands on a partition as bytes: a record as the log gives it, or a batch that nobody can decode. The bytes of an entry are the leaf
 * of the Merkle tree: they cover offset, append time, key, value and headers.
 *
 * | bytes | record | unreadable batch |
 * | --- | --- | --- |
 * | 1 | 0, the tag of a leaf | 0 |
 * | 1 | 0 | 1 |
 * | 8 | offset | first offset |
 * | 8 | append time, ms | append time, ms |
 * | rest | key, value, number of headers, name and value of each: each behind its length as a zigzag varint, -1 for null | last offset (8), records (4), reason, message, raw bytes: each behind its length |
 *
 * The rest of a record is written as Kafka writes it (record format v2), so that headers are read where they stand.
 */
import {
  Cursor,
  Malformed,
  WireHeaders,
  copyInto,
  headerNameBytes,
  passHeaders,
  sizeOfVarint,
  writeInt64,
  writeVarint,
  type HeaderEntry,
  type LogRecord,
  type TopicPartition,
  type UnreadableChunk,
} from '#eventlog';
import { LEAF_TAG } from './merkle';

export type UnreadableEntry = Pick<
  UnreadableChunk,
  'kind' | 'firstOffset' | 'lastOffset' | 'count' | 'reason' | 'message' | 'raw' | 'timestamp'
>;
export type Entry = LogRecord | UnreadableEntry;

export const isUnreadable = (entry: Entry): entry is UnreadableEntry => 'kind' in entry;
export const firstOf = (entry: Entry): number => (isUnreadable(entry) ? entry.firstOffset : entry.offset);
export const lastOf = (entry: Entry): number => (isUnreadable(entry) ? entry.lastOffset : entry.offset);

const RECORD = 0;
const UNREADABLE = 1;
const HEAD_BYTES = 18;
const REASONS: readonly UnreadableChunk['reason'][] = [
  'CODEC_UNSUPPORTED',
  'BATCH_TOO_LARGE',
  'BATCH_CORRUPT',
];

/** Writes entries behind one another into memory that grows; `take` gives what was written as a buffer of its own. */
export class EntryWriter {
  private bytes = Buffer.allocUnsafeSlow(1 << 16);
  private end = 0;

  get length(): number {
    return this.end;
  }

  /** Gives the bytes of the entry, a view that holds until the next call. */
  write(entry: Entry): Buffer {
    const start = this.end;
    this.end = isUnreadable(entry) ? this.writeUnreadable(entry) : this.writeRecord(entry);
    return this.bytes.subarray(start, this.end);
  }

  clear(): void {
    this.end = 0;
  }

  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, this.end));
    this.end = 0;
    return taken;
  }

  private writeRecord({ offset, timestamp, key, value, headers }: LogRecord): number {
    const written = headers instanceof WireHeaders ? headers.span() : encodedHeaders(headers.entries());
    const size =
      HEAD_BYTES + sizeOfBytes(key) + sizeOfBytes(value) + sizeOfVarint(written.count) + written.bytes.length;
    let at = this.head(RECORD, offset, timestamp, size);
    const { bytes } = this;
    at = writeBytes(bytes, value, writeBytes(bytes, key, at));
    return copyInto(bytes, written.bytes, writeVarint(bytes, written.count, at));
  }

  private writeUnreadable(entry: UnreadableEntry): number {
    const parts = [Buffer.from(entry.reason), Buffer.from(entry.message), entry.raw];
    const size = HEAD_BYTES + 12 + parts.reduce((sum, part) => sum + sizeOfBytes(part), 0);
    let at = this.head(UNREADABLE, entry.firstOffset, entry.timestamp, size);
    at = writeInt64(this.bytes, entry.lastOffset, at);
    at = this.bytes.writeInt32BE(entry.count, at);
    for (const part of parts) at = writeBytes(this.bytes, part, at);
    return at;
  }

  private head(kind: number, offset: number, timestamp: number, size: number): number {
    this.reserve(size);
    let at = this.end;
    this.bytes[at++] = LEAF_TAG;
    this.bytes[at++] = kind;
    at = writeInt64(this.bytes, offset, at);
    return writeInt64(this.bytes, timestamp, at);
  }

  private reserve(size: number): void {
    if (this.end + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.end + size, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

const encodedHeaders = (list: readonly HeaderEntry[]): { readonly bytes: Buffer; readonly count: number } => {
  let size = 0;
  for (const [name, content] of list) size += sizeOfBytes(headerNameBytes(name)) + sizeOfBytes(content);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [name, content] of list)
    at = writeBytes(bytes, content, writeBytes(bytes, headerNameBytes(name), at));
  return { bytes, count: list.length };
};

const sizeOfBytes = (bytes: Uint8Array | null): number =>
  bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;

const writeBytes = (target: Buffer, bytes: Uint8Array | null, at: number): number =>
  bytes === null
    ? writeVarint(target, -1, at)
    : copyInto(target, bytes, writeVarint(target, bytes.length, at));

/** Reads entries one behind the other; they are views of the bytes. Throws `Malformed` where the bytes are none. */
export class EntryReader {
  private readonly cursor: Cursor;

  constructor(
    bytes: Buffer,
    private readonly at: TopicPartition,
  ) {
    this.cursor = new Cursor(bytes, 0, bytes.length);
  }

  get done(): boolean {
    return this.cursor.at >= this.cursor.end;
  }

  /** Where the next entry begins. */
  get position(): number {
    return this.cursor.at;
  }

  next(): Entry {
    const { cursor } = this;
    if (cursor.at + HEAD_BYTES > cursor.end) throw new Malformed('an entry is cut off');
    const { buffer } = cursor;
    const tag = buffer[cursor.at++];
    const kind = buffer[cursor.at++];
    if (tag !== LEAF_TAG || (kind !== RECORD && kind !== UNREADABLE)) throw new Malformed('not an entry');
    const offset = cursor.int64();
    const timestamp = cursor.int64();
    return kind === RECORD ? this.record(offset, timestamp) : this.unreadable(offset, timestamp);
  }

  private record(offset: number, timestamp: number): LogRecord {
    const { cursor } = this;
    const key = this.bytes();
    const value = this.bytes();
    const count = cursor.varint();
    if (count < 0) throw new Malformed('a negative number of headers');
    const headers = new WireHeaders(cursor.buffer, cursor.at, count);
    passHeaders(cursor, count, cursor.end);
    const { topic, partition } = this.at;
    return { topic, partition, offset, timestamp, key, value, headers };
  }

  private unreadable(firstOffset: number, timestamp: number): UnreadableEntry {
    const { cursor } = this;
    if (cursor.at + 12 > cursor.end) throw new Malformed('an entry is cut off');
    const lastOffset = cursor.int64();
    const count = cursor.int32();
    const [reason, message, raw] = [this.bytes(), this.bytes(), this.bytes()];
    const known = REASONS.find((candidate) => candidate === reason?.toString());
    if (!known || !message || !raw) throw new Malformed('not an unreadable batch');
    const text = message.toString();
    return {
      kind: 'unreadable',
      firstOffset,
      lastOffset,
      count,
      reason: known,
      message: text,
      raw,
      timestamp,
    };
  }

  private bytes(): Buffer | null {
    const { cursor } = this;
    if (cursor.at >= cursor.end) throw new Malformed('an entry is cut off');
    const length = cursor.varint();
    if (length === -1) return null;
    const start = cursor.at;
    cursor.at += length;
    if (length < 0 || cursor.at > cursor.end) throw new Malformed('bytes are cut off');
    return cursor.buffer.subarray(start, cursor.at);
  }
}
