import { FollowedPartition } from './followed-partition';
import type { FetchedPartition } from './wire/fetch';
import { BatchWriter, encodeRawBatch } from './wire/batch-writer';

const AT = { topic: 't', partition: 0 };
const LAST_OFFSET_DELTA_AT = 23;
const ORIGIN = { producerId: -1, producerEpoch: -1, baseSequence: -1 };

const batchAt = (baseOffset: number, values: readonly string[]): Buffer => {
  const records = values.map((value) => ({ ...AT, key: null, value: Buffer.from(value), headers: [] }));
  const buffer = new BatchWriter().write(records, 0, Infinity, ORIGIN, 0).batch;
  buffer.writeInt32BE(baseOffset, 4);
  return buffer;
};

const fetched = (highWatermark: number, ...batches: Buffer[]): FetchedPartition => ({
  ...AT,
  errorCode: 0,
  highWatermark,
  lastStableOffset: highWatermark,
  logStartOffset: 0,
  aborted: [],
  records: Buffer.concat(batches),
});

const follow = (offset: number): FollowedPartition => new FollowedPartition('t', 0, offset, 1_000_000);
const valuesOf = (chunk: ReturnType<FollowedPartition['take']>): string[] =>
  chunk?.kind === 'records' ? chunk.records.map(({ value }) => value!.toString()) : [];

describe('a followed partition', () => {
  it('goes on behind a batch that reaches beyond the reported high watermark: the broker takes that down before it reads', () => {
    const partition = follow(0);
    partition.absorb(fetched(0, batchAt(0, ['a', 'b', 'c'])));
    expect(partition.fetchOffset).toBe(3);
    const chunk = partition.take(10);
    expect(valuesOf(chunk)).toEqual(['a', 'b', 'c']);
    expect(chunk).toMatchObject({ nextOffset: 3, highWatermark: 3 });
  });

  it('goes on behind a batch whose header claims more offsets than there are', () => {
    const broken = batchAt(5, ['a']);
    broken.writeInt32BE(1_000_000, LAST_OFFSET_DELTA_AT);
    const last = follow(5);
    last.absorb(fetched(7, broken));
    expect(last.take(10)).toMatchObject({
      kind: 'unreadable',
      reason: 'BATCH_CORRUPT',
      firstOffset: 5,
      lastOffset: 6,
      nextOffset: 7,
    });
    const between = follow(5);
    between.absorb(fetched(9, broken, batchAt(6, ['b'])));
    expect(between.take(10)).toMatchObject({
      kind: 'unreadable',
      firstOffset: 5,
      lastOffset: 5,
      nextOffset: 6,
    });
    expect(valuesOf(between.take(10))).toEqual(['b']);
  });

  it('begins in the middle of a batch, and takes a batch in pieces', () => {
    const partition = follow(2);
    partition.absorb(fetched(8, batchAt(0, ['a', 'b', 'c', 'd', 'e']), batchAt(5, ['f', 'g', 'h'])));
    expect(valuesOf(partition.take(2))).toEqual(['c', 'd']);
    const chunk = partition.take(3);
    expect(valuesOf(chunk)).toEqual(['e', 'f', 'g']);
    expect(chunk).toMatchObject({ nextOffset: 7 });
    expect(valuesOf(partition.take(3))).toEqual(['h']);
    expect(partition.take(3)).toBeUndefined();
    expect(partition.bufferedBytes).toBe(0);
  });

  it('says which offsets it passes over: a marker takes one up, an offset that no batch holds is not named', () => {
    const marker = encodeRawBatch(Buffer.from([0]), 1, 0x30, ORIGIN, 0);
    marker.writeInt32BE(2, 4);
    const partition = follow(0);
    partition.absorb(fetched(5, batchAt(0, ['a', 'b']), marker, batchAt(4, ['d'])));
    const chunk = partition.take(10);
    expect(valuesOf(chunk)).toEqual(['a', 'b', 'd']);
    expect(chunk).toMatchObject({ passed: [{ first: 2, last: 2 }], nextOffset: 5 });
  });

  it('takes in the same stretch once, however often it is brought', () => {
    const partition = follow(0);
    const stretch = fetched(2, batchAt(0, ['a', 'b']));
    partition.absorb(stretch);
    partition.absorb(stretch);
    expect(valuesOf(partition.take(10))).toEqual(['a', 'b']);
    expect(partition.take(10)).toBeUndefined();
  });
});
