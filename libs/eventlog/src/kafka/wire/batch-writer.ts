/**
 * Kafka record batches, format v2, written straight into one buffer, uncompressed, with a native CRC-32C.
 * Source: Kafka documentation, "Message Format", "Record Batch".
 */
import { crc32c } from '@node-rs/crc32';
import type { Content, NewHeader, NewRecord } from '../../port';
import {
  ATTRIBUTES_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  COUNT_AT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_AT,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
} from './batch-layout';
import { copyInto, sizeOfVarint, writeInt64, writeVarint } from './bytes';
import { headerNameBytes } from './wire-headers';

/** Who writes a batch, and its place in the writer's sequence for the partition. */
export interface BatchOrigin {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

export interface WrittenBatch {
  readonly batch: Buffer;
  /** How many records it holds. */
  readonly count: number;
}

const FIRST_BYTES = 65_536;
/** The length of a record, as a varint of 32 bits. */
const MOST_LENGTH_BYTES = 5;
const NOTHING: readonly NewHeader[] = [];

const isInt32 = (value: number): boolean => value === (value | 0);

/**
 * Writes batches one after the other in the same memory; what it gives is a copy of its own. Text goes into the batch without a
 * buffer between, and headers that neighbours share (`NewRecord.shared`) are encoded once.
 */
export class BatchWriter {
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private shared: readonly NewHeader[] = NOTHING;
  private sharedBytes = Buffer.alloc(0);

  /**
   * One batch of records of one partition, from index `from` on: as many as fit into `limit` bytes, one at least. `timestamp`, of the
   * records that have none of their own, matters only where the topic does not stamp by itself.
   */
  write(
    records: readonly NewRecord[],
    from: number,
    limit: number,
    origin: BatchOrigin,
    timestamp: number,
  ): WrittenBatch {
    let end = BATCH_HEADER_BYTES;
    let count = 0;
    const base = records[from]?.timestamp ?? timestamp;
    let newest = base;
    for (let i = from; i < records.length; i++, count++) {
      const record = records[i]!;
      const stamp = record.timestamp ?? timestamp;
      // A difference is written in 32 bits: two records that lie further apart stand in two batches.
      if (stamp !== base && !isInt32(stamp - base)) break;
      const next = this.writeRecord(record, count, stamp - base, end);
      if (next > limit && count > 0) break;
      if (stamp > newest) newest = stamp;
      end = next;
    }
    const batch = Buffer.allocUnsafeSlow(end);
    this.bytes.copy(batch, BATCH_HEADER_BYTES, BATCH_HEADER_BYTES, end);
    writeBatchHeader(batch, { count, attributes: 0, timestamp: base, newest, origin });
    return { batch: sealBatch(batch), count };
  }

  /** Gives where the record ends. */
  private writeRecord(record: NewRecord, offsetDelta: number, timestampDelta: number, start: number): number {
    const { key, value, headers, shared = NOTHING } = record;
    if (shared !== this.shared) this.share(shared);
    const { sharedBytes } = this;
    const keyBytes = sizeOfContent(key);
    const valueBytes = sizeOfContent(value);
    const headerCount = shared.length + headers.length;
    let size =
      1 + // attributes
      sizeOfVarint(timestampDelta) +
      sizeOfVarint(offsetDelta) +
      sizeOfVarint(keyBytes) +
      Math.max(0, keyBytes) +
      sizeOfVarint(valueBytes) +
      Math.max(0, valueBytes) +
      sizeOfVarint(headerCount) +
      sharedBytes.length;
    for (let i = 0; i < headers.length; i++) size += sizeOfHeader(headers[i]!);
    this.reserve(start + MOST_LENGTH_BYTES + size, start);

    const { bytes } = this;
    let at = writeVarint(bytes, size, start);
    bytes[at++] = 0; // attributes
    at = writeVarint(bytes, timestampDelta, at);
    at = writeVarint(bytes, offsetDelta, at);
    at = writeContent(bytes, key, keyBytes, at);
    at = writeContent(bytes, value, valueBytes, at);
    at = writeVarint(bytes, headerCount, at);
    at = copyInto(bytes, sharedBytes, at);
    for (let i = 0; i < headers.length; i++) at = writeHeader(bytes, headers[i]!, at);
    return at;
  }

  private share(shared: readonly NewHeader[]): void {
    let size = 0;
    for (const header of shared) size += sizeOfHeader(header);
    this.sharedBytes = Buffer.allocUnsafeSlow(size);
    let at = 0;
    for (const header of shared) at = writeHeader(this.sharedBytes, header, at);
    this.shared = shared;
  }

  private reserve(needed: number, used: number): void {
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, used);
    this.bytes = larger;
  }
}

/** A batch whose records part is given as bytes: for tests that need what this platform never writes. */
export const encodeRawBatch = (
  payload: Buffer,
  count: number,
  attributes: number,
  origin: BatchOrigin,
  timestamp: number,
): Buffer => {
  const buffer = Buffer.allocUnsafe(BATCH_HEADER_BYTES + payload.length);
  writeBatchHeader(buffer, { count, attributes, timestamp, origin });
  payload.copy(buffer, BATCH_HEADER_BYTES);
  return sealBatch(buffer);
};

const sizeOfHeader = ([name, value]: NewHeader): number => {
  const nameBytes = headerNameBytes(name).length;
  const valueBytes = sizeOfContent(value);
  return sizeOfVarint(nameBytes) + nameBytes + sizeOfVarint(valueBytes) + valueBytes;
};

const writeHeader = (bytes: Buffer, [name, value]: NewHeader, start: number): number => {
  const nameBytes = headerNameBytes(name);
  const at = copyInto(bytes, nameBytes, writeVarint(bytes, nameBytes.length, start));
  return writeContent(bytes, value, sizeOfContent(value), at);
};

/** A short text is looked through faster here than by a call into native code. */
const SHORT_TEXT = 40;

/** Bytes of a content; -1 where there is none, which is how the format says it. */
const sizeOfContent = (content: Content | null): number => {
  if (content === null) return -1;
  return typeof content !== 'string' || isShortAscii(content) ? content.length : Buffer.byteLength(content);
};

const isShortAscii = (text: string): boolean => {
  if (text.length > SHORT_TEXT) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
};

const writeContent = (bytes: Buffer, content: Content | null, size: number, start: number): number => {
  const at = writeVarint(bytes, size, start);
  if (content === null) return at;
  if (typeof content !== 'string') return copyInto(bytes, content, at);
  if (content.length !== size) bytes.write(content, at, size, 'utf8');
  else if (size > SHORT_TEXT)
    bytes.write(content, at, size, 'latin1'); // as many bytes as units: ASCII
  else for (let i = 0; i < size; i++) bytes[at + i] = content.charCodeAt(i);
  return at + size;
};

const writeBatchHeader = (
  buffer: Buffer,
  header: { count: number; attributes: number; timestamp: number; newest?: number; origin: BatchOrigin },
): void => {
  const { producerId, producerEpoch, baseSequence } = header.origin;
  writeInt64(buffer, 0, 0);
  buffer.writeInt32BE(buffer.length - LENGTH_AT - 4, LENGTH_AT);
  buffer.writeInt32BE(-1, LEADER_EPOCH_AT);
  buffer[MAGIC_AT] = MAGIC;
  buffer.writeInt16BE(header.attributes, ATTRIBUTES_AT);
  buffer.writeInt32BE(header.count - 1, LAST_OFFSET_DELTA_AT);
  writeInt64(buffer, header.timestamp, BASE_TIMESTAMP_AT);
  writeInt64(buffer, header.newest ?? header.timestamp, MAX_TIMESTAMP_AT);
  writeInt64(buffer, producerId, PRODUCER_ID_AT);
  buffer.writeInt16BE(producerEpoch, PRODUCER_EPOCH_AT);
  buffer.writeInt32BE(baseSequence, BASE_SEQUENCE_AT);
  buffer.writeInt32BE(header.count, COUNT_AT);
};

const sealBatch = (buffer: Buffer): Buffer => {
  buffer.writeUInt32BE(crc32c(buffer.subarray(ATTRIBUTES_AT)), CRC_AT);
  return buffer;
};
