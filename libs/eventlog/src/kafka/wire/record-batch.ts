/**
 * Kafka record batches, format v2, read as views of one buffer. Source: Kafka documentation, "Message Format", "Record Batch".
 * CRC-32C is native and verified at every read. A batch that cannot be read is a value (`UnreadableBatch`), never an exception (law L9).
 */
import { crc32c } from '@node-rs/crc32';
import { gunzipSync } from 'node:zlib';
import type { LogRecord, TopicPartition, UnreadableChunk } from '../../port';
import {
  LENGTH_AT,
  MAGIC_AT,
  CRC_AT,
  ATTRIBUTES_AT,
  LAST_OFFSET_DELTA_AT,
  BASE_TIMESTAMP_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  COUNT_AT,
  BATCH_HEADER_BYTES,
  MAGIC,
} from './batch-layout';
import { Cursor, Malformed, readInt64 } from './bytes';
import { passHeaders, WireHeaders } from './wire-headers';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** A compressed batch that inflates to more than this is not read. */
export const DEFAULT_MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** What the header of a batch says, and the batch itself. */
export interface RawBatch {
  readonly raw: Buffer;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly isControl: boolean;
  readonly isTransactional: boolean;
  readonly producerId: number;
}

/**
 * Cuts what a fetch gave into batches. The last one is usually cut off by the broker's byte limit; it is left out.
 * Headers are read without the checksum: a batch with broken bytes is found by `decodeBatch`, and reading goes on behind it.
 */
export const splitBatches = (buffer: Buffer): RawBatch[] => {
  const batches: RawBatch[] = [];
  for (let at = 0; at + MAGIC_AT < buffer.length;) {
    const size = buffer.readInt32BE(at + LENGTH_AT) + LENGTH_AT + 4;
    if (size <= MAGIC_AT || at + size > buffer.length) break;
    batches.push(readBatchHeader(buffer.subarray(at, at + size)));
    at += size;
  }
  return batches;
};

const readBatchHeader = (raw: Buffer): RawBatch => {
  const baseOffset = readInt64(raw, 0);
  if (raw[MAGIC_AT] !== MAGIC || raw.length < BATCH_HEADER_BYTES) {
    return {
      raw,
      baseOffset,
      lastOffset: baseOffset,
      isControl: false,
      isTransactional: false,
      producerId: -1,
    };
  }
  const attributes = raw.readInt16BE(ATTRIBUTES_AT);
  return {
    raw,
    baseOffset,
    lastOffset: baseOffset + Math.max(0, raw.readInt32BE(LAST_OFFSET_DELTA_AT)),
    isControl: (attributes & CONTROL) !== 0,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    producerId: readInt64(raw, PRODUCER_ID_AT),
  };
};

/** Whether the bytes that the checksum covers, the last offset among them, are what was written. */
export const isIntact = ({ raw }: Pick<RawBatch, 'raw'>): boolean =>
  raw[MAGIC_AT] === MAGIC &&
  raw.length >= BATCH_HEADER_BYTES &&
  crc32c(raw.subarray(ATTRIBUTES_AT)) === raw.readUInt32BE(CRC_AT);

export type UnreadableBatch = Pick<
  UnreadableChunk,
  'kind' | 'firstOffset' | 'lastOffset' | 'count' | 'reason' | 'message' | 'timestamp' | 'raw'
>;

export interface DecodedBatch {
  readonly kind: 'records';
  readonly records: LogRecord[];
}

/** The records of a batch, all or none. They are views of `batch.raw` (or of what it inflates to). */
export const decodeBatch = (
  { topic, partition }: TopicPartition,
  batch: RawBatch,
  maxInflatedBytes: number = DEFAULT_MAX_INFLATED_BYTES,
): DecodedBatch | UnreadableBatch => {
  const { raw, baseOffset, lastOffset } = batch;
  const isV2 = raw[MAGIC_AT] === MAGIC && raw.length >= BATCH_HEADER_BYTES;
  const unreadable = (reason: UnreadableBatch['reason'], message: string): UnreadableBatch => ({
    kind: 'unreadable',
    firstOffset: baseOffset,
    lastOffset,
    count: Math.max(1, Math.min(isV2 ? raw.readInt32BE(COUNT_AT) : 1, lastOffset - baseOffset + 1)),
    reason,
    message,
    timestamp: isV2 ? readInt64(raw, MAX_TIMESTAMP_AT) : -1,
    raw: Buffer.from(raw),
  });

  if (!isV2) return unreadable('BATCH_CORRUPT', `record format ${raw[MAGIC_AT]}, expected ${MAGIC}`);
  if (!isIntact(batch)) return unreadable('BATCH_CORRUPT', 'checksum does not match');
  const attributes = raw.readInt16BE(ATTRIBUTES_AT);
  const codec = attributes & CODEC_MASK;
  if (codec > 1)
    return unreadable(
      'CODEC_UNSUPPORTED',
      `compressed with ${CODECS[codec] ?? `codec ${codec}`}, which is not read here`,
    );
  try {
    const inflated =
      codec === 1
        ? gunzipSync(raw.subarray(BATCH_HEADER_BYTES), { maxOutputLength: maxInflatedBytes })
        : undefined;
    const cursor = inflated
      ? new Cursor(inflated, 0, inflated.length)
      : new Cursor(raw, BATCH_HEADER_BYTES, raw.length);
    const stamp = (attributes & LOG_APPEND_TIME) !== 0 ? readInt64(raw, MAX_TIMESTAMP_AT) : undefined;
    return {
      kind: 'records',
      records: decodeRecords(cursor, { topic, partition, raw, baseOffset, lastOffset, stamp }),
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return unreadable('BATCH_TOO_LARGE', `inflates to more than ${maxInflatedBytes} bytes`);
    return unreadable('BATCH_CORRUPT', message);
  }
};

const decodeRecords = (
  cursor: Cursor,
  batch: TopicPartition & { raw: Buffer; baseOffset: number; lastOffset: number; stamp: number | undefined },
): LogRecord[] => {
  const { topic, partition, raw, baseOffset, stamp } = batch;
  const { buffer, end } = cursor;
  const baseTimestamp = readInt64(raw, BASE_TIMESTAMP_AT);
  const count = raw.readInt32BE(COUNT_AT);
  const records: LogRecord[] = [];
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const length = cursor.varint();
    const recordEnd = cursor.at + length;
    if (!(length > 0) || recordEnd > end) throw new Malformed('a record is cut off');
    cursor.at++; // attributes: none are defined
    const timestampDelta = cursor.varlong();
    const offsetDelta = cursor.varint();
    if (offsetDelta <= previous || baseOffset + offsetDelta > batch.lastOffset)
      throw new Malformed('offsets are out of order');
    previous = offsetDelta;
    const key = readBytes(cursor, recordEnd);
    const value = readBytes(cursor, recordEnd);
    const headerCount = cursor.varint();
    if (headerCount < 0) throw new Malformed('a negative number of headers');
    const headers = new WireHeaders(buffer, cursor.at, headerCount);
    passHeaders(cursor, headerCount, recordEnd);
    if (cursor.at !== recordEnd) throw new Malformed('a record does not end where it should');
    records.push({
      topic,
      partition,
      offset: baseOffset + offsetDelta,
      timestamp: stamp ?? baseTimestamp + timestampDelta,
      key,
      value,
      headers,
    });
  }
  if (cursor.at !== end) throw new Malformed('bytes behind the last record');
  return records;
};

const readBytes = (cursor: Cursor, end: number): Buffer | null => {
  const length = cursor.varint();
  if (length < 0) {
    if (length === -1) return null;
    throw new Malformed('a negative length');
  }
  const start = cursor.at;
  cursor.at += length;
  if (cursor.at > end) throw new Malformed('bytes are cut off');
  return cursor.buffer.subarray(start, cursor.at);
};
