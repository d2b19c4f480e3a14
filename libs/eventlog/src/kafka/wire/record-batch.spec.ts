import { gzipSync } from 'node:zlib';
import { committedBatches } from './committed';
import { BATCH_HEADER_BYTES } from './batch-layout';
import { BatchWriter, encodeRawBatch } from './batch-writer';
import { decodeBatch, type RawBatch, splitBatches } from './record-batch';

const AT = { topic: 't', partition: 0 };
const ORIGIN = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
const record = (value: string) => ({ ...AT, key: null, value: Buffer.from(value), headers: [] });
const only = (buffer: Buffer): RawBatch => splitBatches(buffer)[0]!;

const encode = (value: string, timestamp: number): Buffer =>
  new BatchWriter().write([record(value)], 0, Infinity, ORIGIN, timestamp).batch;

describe('a batch that cannot be read', () => {
  it.each([
    [2, 'snappy'],
    [3, 'lz4'],
    [4, 'zstd'],
    [5, 'codec 5'],
  ])('says that codec %i (%s) is not supported, and keeps the bytes', (codec, name) => {
    const raw = encodeRawBatch(Buffer.from('not for us'), 3, codec, ORIGIN, 17);
    expect(decodeBatch(AT, only(raw))).toEqual({
      kind: 'unreadable',
      firstOffset: 0,
      lastOffset: 2,
      count: 3,
      reason: 'CODEC_UNSUPPORTED',
      message: `compressed with ${name}, which is not read here`,
      timestamp: 17,
      raw,
    });
  });

  it('is too large when it inflates beyond the limit', () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(bomb.length).toBeLessThan(20_000);
    const decoded = decodeBatch(AT, only(encodeRawBatch(bomb, 1, 1, ORIGIN, 0)), 1_000_000);
    expect(decoded).toMatchObject({
      kind: 'unreadable',
      reason: 'BATCH_TOO_LARGE',
      message: 'inflates to more than 1000000 bytes',
    });
  });

  it('is corrupt when gzip is not gzip', () => {
    expect(decodeBatch(AT, only(encodeRawBatch(Buffer.from('no'), 1, 1, ORIGIN, 0)))).toMatchObject({
      reason: 'BATCH_CORRUPT',
    });
  });

  it('is corrupt in an old format', () => {
    const old = encode('a', 0);
    old[16] = 1;
    expect(decodeBatch(AT, only(old))).toMatchObject({
      reason: 'BATCH_CORRUPT',
      count: 1,
      message: 'record format 1, expected 2',
    });
  });
});

describe('append time', () => {
  it('is that of the batch where the broker stamps', () => {
    const raw = encode('a', 5);
    const stamped = encodeRawBatch(raw.subarray(BATCH_HEADER_BYTES), 1, 0x08, ORIGIN, 99);
    expect(decodeBatch(AT, only(stamped))).toMatchObject({ records: [{ timestamp: 99 }] });
  });
});

describe('committedBatches', () => {
  const DATA = { isControl: false, isTransactional: true };
  const marker = (type: number): Buffer => {
    const key = Buffer.from([0, 0, 0, type]);
    const body = Buffer.concat([Buffer.from([0, 0, 0, key.length * 2]), key, Buffer.from([1, 0])]);
    return encodeRawBatch(Buffer.concat([Buffer.from([body.length * 2]), body]), 1, 0x30, ORIGIN, 0);
  };
  const batch = (
    baseOffset: number,
    producerId: number,
    kind: 'data' | 'commit' | 'abort' | 'plain',
  ): RawBatch => {
    const raw = kind === 'commit' ? marker(1) : kind === 'abort' ? marker(0) : Buffer.alloc(0);
    const shape =
      kind === 'plain'
        ? { isControl: false, isTransactional: false }
        : kind === 'data'
          ? DATA
          : { isControl: true, isTransactional: true };
    return { raw, baseOffset, lastOffset: baseOffset + 1, producerId, ...shape };
  };

  it('passes over markers and what was rolled back, and nothing else', () => {
    const batches = [
      batch(0, 1, 'data'), // rolled back
      batch(2, 2, 'data'), // committed
      batch(4, 3, 'plain'),
      batch(6, 1, 'abort'),
      batch(8, 1, 'data'), // the next transaction of the same producer, committed
      batch(10, 2, 'commit'),
      batch(12, 1, 'commit'),
      batch(14, 2, 'data'), // rolled back
      batch(16, 2, 'abort'),
    ];
    const aborted = [
      { producerId: 2, firstOffset: 14 },
      { producerId: 1, firstOffset: 0 },
    ];
    expect(
      committedBatches(batches, aborted).flatMap(({ batch: { baseOffset }, passed }) =>
        passed ? [] : [baseOffset],
      ),
    ).toEqual([2, 4, 8]);
  });
});
