import fc from 'fast-check';
import Decoder from 'kafkajs/src/protocol/decoder';
import encodeOriginalRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import { RecordBatch as encodeOriginalBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import decodeOriginalBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder';
import { gzipSync } from 'node:zlib';
import type { HeaderEntry, LogRecord, NewHeader, NewRecord } from '../../port';
import { BATCH_HEADER_BYTES } from './batch-layout';
import { BatchWriter, encodeRawBatch } from './batch-writer';
import { writeVarint } from './bytes';
import { decodeBatch, splitBatches } from './record-batch';

/** A record that is given as bytes. */
type BytesRecord = Pick<LogRecord, 'topic' | 'partition' | 'key' | 'value'> & {
  readonly headers: readonly HeaderEntry[];
};

const AT = { topic: 't', partition: 3 };
const LOG_APPEND_TIME = 0x08;
const ORIGIN = { producerId: 4_294_967_299, producerEpoch: 7, baseSequence: 2_147_483_000 };

const bytes = fc
  .oneof(
    { weight: 12, arbitrary: fc.uint8Array({ maxLength: 30 }) },
    fc.integer({ min: 60, max: 9_000 }).map((length) => new Uint8Array(length).fill(length)),
  )
  .map((array) => Buffer.from(array));
// kafkajs takes a header called toString for Object's own; names like that are left out of the comparison with it.
const name = fc.oneof(
  fc.constantFrom('ce_id', 'ce_type', 'é€'),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !(text in {})),
);
const header = fc.tuple(name, bytes);
const newRecord = fc.record({
  topic: fc.constant(AT.topic),
  partition: fc.constant(AT.partition),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 8 }),
});
const newRecords = fc.oneof(
  { weight: 8, arbitrary: fc.array(newRecord, { minLength: 1, maxLength: 12 }) },
  newRecord.map((record) => new Array<BytesRecord>(150).fill(record)),
);

const encode = (records: readonly NewRecord[], timestamp = 1_700_000_000_123): Buffer =>
  new BatchWriter().write(records, 0, Infinity, ORIGIN, timestamp).batch;

const decodeOnly = (buffer: Buffer): LogRecord[] => {
  const [batch] = splitBatches(buffer);
  const decoded = decodeBatch(AT, batch!);
  if (decoded.kind === 'unreadable') throw new Error(decoded.message);
  return decoded.records;
};

/** Repeated names side by side under the first of them: the shape that kafkajs knows. */
const grouped = <Value extends Buffer | null = Buffer>(
  headers: readonly (readonly [name: string, value: Value])[],
): Record<string, Value[]> => {
  const byName = new Map<string, Value[]>();
  for (const [name, value] of headers) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(byName);
};

type ForeignHeader = readonly [name: string, value: Buffer | null];

/** A record that nothing here would write: a header may have no value. */
const emptyRecordWith = (headers: readonly ForeignHeader[]): Buffer => {
  const varint = (value: number): Buffer => {
    const room = Buffer.alloc(5);
    return room.subarray(0, writeVarint(room, value, 0));
  };
  const sized = (content: Buffer | null): Buffer =>
    content === null ? varint(-1) : Buffer.concat([varint(content.length), content]);
  const body = Buffer.concat([
    Buffer.from([0, 0, 0]), // attributes, timestamp and offset deltas
    sized(null),
    sized(null),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [sized(Buffer.from(name)), sized(value)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
};

/** Bytes as text, which compares and prints much faster than buffers do. */
const text = (value: Buffer | null): string | null => value && value.toString('latin1');
const plain = ({ key, value, headers }: Pick<BytesRecord, 'key' | 'value' | 'headers'>) => ({
  key: text(key),
  value: text(value),
  headers: headers.map(([name, found]) => [name, text(found)]),
});
const plainGrouped = ({
  key,
  value,
  headers,
}: Pick<BytesRecord, 'key' | 'value'> & { headers: Record<string, Buffer | Buffer[]> }) => ({
  key: text(key),
  value: text(value),
  headers: Object.entries(headers).map(([name, found]) => [name, [found].flat().map(text)]),
});

describe('record batches', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(newRecords, (records) => {
        const decoded = decodeOnly(encode(records));
        expect(decoded.map((record) => plain({ ...record, headers: record.headers.entries() }))).toEqual(
          records.map(plain),
        );
        expect(decoded.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
      }),
    );
  });

  it('give the last header of a name', () => {
    fc.assert(
      fc.property(newRecord, (record) => {
        const { headers } = decodeOnly(encode([record]))[0]!;
        for (const [name] of record.headers) {
          const last = record.headers.filter((entry) => entry[0] === name).at(-1)![1];
          expect(headers.get(name)?.equals(last)).toBe(true);
          expect(headers.text(name)).toBe(last.toString('utf8'));
        }
        expect(headers.get('absent')).toBeUndefined();
      }),
    );
  });

  it('written here are read by kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(newRecords, fc.nat(), async (records, timestamp) => {
        const batch = await decodeOriginalBatch(new Decoder(encode(records, timestamp)));
        expect(batch.records).toHaveLength(records.length);
        expect(batch).toMatchObject({
          lastOffsetDelta: records.length - 1,
          producerId: `${ORIGIN.producerId}`,
          producerEpoch: ORIGIN.producerEpoch,
          firstSequence: ORIGIN.baseSequence,
        });
        batch.records.forEach((record, index) => {
          expect([record.offset, record.timestamp]).toEqual([`${index}`, `${timestamp}`]);
          expect(plainGrouped(record)).toEqual(
            plainGrouped({ ...records[index]!, headers: grouped(records[index]!.headers) }),
          );
        });
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['plain', 0],
    ['with gzip', 1],
  ])('written by kafkajs are read here, %s', async (_, compression) => {
    const delta = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
    await fc.assert(
      fc.asyncProperty(
        newRecords,
        fc.nat({ max: Number.MAX_SAFE_INTEGER - 200 }),
        fc.nat({ max: 2 ** 41 }),
        fc.tuple(delta, delta, delta),
        async (records, firstOffset, firstTimestamp, deltas) => {
          const timestampDeltaOf = (index: number): number => deltas[index % deltas.length]!;
          const encoded = await encodeOriginalBatch({
            compression,
            firstOffset,
            firstTimestamp,
            maxTimestamp: firstTimestamp,
            lastOffsetDelta: records.length - 1,
            records: records.map(({ key, value, headers }, offsetDelta) =>
              encodeOriginalRecord({
                offsetDelta,
                timestampDelta: timestampDeltaOf(offsetDelta),
                key,
                value,
                headers: grouped(headers),
              }),
            ),
          });
          const decoded = decodeOnly(encoded.buffer);
          expect(decoded).toHaveLength(records.length);
          decoded.forEach((record, index) => {
            expect([record.offset, record.timestamp]).toEqual([
              firstOffset + index,
              firstTimestamp + timestampDeltaOf(index),
            ]);
            expect(plainGrouped({ ...record, headers: grouped(record.headers.entries()) })).toEqual(
              plainGrouped({ ...records[index]!, headers: grouped(records[index]!.headers) }),
            );
          });
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    ['plain', 0],
    ['with gzip', 1],
  ])('as they stand in a log are read alike here and by kafkajs, %s', async (_, compression) => {
    await fc.assert(
      fc.asyncProperty(
        newRecords,
        fc.nat({ max: Number.MAX_SAFE_INTEGER - 200 }),
        fc.nat({ max: 2 ** 45 }),
        fc.boolean(),
        async (records, baseOffset, timestamp, isStamped) => {
          const payload = encode(records).subarray(BATCH_HEADER_BYTES);
          const buffer = encodeRawBatch(
            compression === 1 ? gzipSync(payload) : payload,
            records.length,
            compression | (isStamped ? LOG_APPEND_TIME : 0),
            ORIGIN,
            timestamp,
          );
          buffer.writeBigInt64BE(BigInt(baseOffset)); // the broker's, which no checksum covers
          const theirs = (await decodeOriginalBatch(new Decoder(buffer))).records;
          const ours = decodeOnly(buffer);
          expect(ours.map(({ offset, timestamp }) => [`${offset}`, `${timestamp}`])).toEqual(
            theirs.map(({ offset, timestamp }) => [offset, timestamp]),
          );
          expect(
            ours.map((record) => plainGrouped({ ...record, headers: grouped(record.headers.entries()) })),
          ).toEqual(theirs.map(plainGrouped));
        },
      ),
      { numRuns: 50 },
    );
  });

  // Lengths are zigzag varints: these are the last and the first of two, three and four bytes.
  it.each([63, 64, 8_191, 8_192, 1_048_575, 1_048_576])('hold a value of %i bytes', async (length) => {
    const value = Buffer.alloc(length, 'value');
    const buffer = encode([{ ...AT, key: null, value, headers: [['name', value]] }]);
    const [theirs] = (await decodeOriginalBatch(new Decoder(buffer))).records;
    const [ours] = decodeOnly(buffer);
    for (const found of [theirs!.value, theirs!.headers['name'], ours!.value, ours!.headers.get('name')])
      expect(value.equals(found as Buffer)).toBe(true);
  });

  it('of others whose headers have no value are read as if it were empty', async () => {
    const foreign = fc.array(fc.tuple(name, fc.option(bytes)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(foreign, async (headers) => {
        const buffer = encodeRawBatch(emptyRecordWith(headers), 1, 0, ORIGIN, 0);
        const theirs = (await decodeOriginalBatch(new Decoder(buffer))).records[0]!;
        expect(plainGrouped(theirs).headers).toEqual(
          Object.entries(grouped(headers)).map(([name, values]) => [name, values.map(text)]),
        );
        const ours = decodeOnly(buffer)[0]!;
        expect(plain({ ...ours, headers: ours.headers.entries() }).headers).toEqual(
          headers.map(([name, value]) => [name, text(value) ?? '']),
        );
        for (const [name, value] of new Map(headers))
          expect(ours.headers.text(name)).toBe(value?.toString() ?? '');
      }),
      { numRuns: 50 },
    );
  });

  it('with a broken byte are unreadable, never misread', () => {
    fc.assert(
      fc.property(newRecords, fc.nat(), fc.integer({ min: 1, max: 255 }), (records, at, change) => {
        const buffer = encode(records);
        const broken = 16 + (at % (buffer.length - 16)); // behind offset, length and leader epoch, which no checksum covers
        buffer[broken] = buffer[broken]! ^ change;
        expect(decodeBatch(AT, splitBatches(buffer)[0]!)).toMatchObject({
          kind: 'unreadable',
          reason: 'BATCH_CORRUPT',
        });
      }),
    );
  });

  it('of any bytes under a good checksum never throw', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 1_000 }),
        fc.constantFrom(0, 1, 8, 16),
        (payload, count, attributes) => {
          const [batch] = splitBatches(encodeRawBatch(payload, count, attributes, ORIGIN, 0));
          const decoded = decodeBatch(AT, batch!);
          if (decoded.kind === 'records') expect(decoded.records).toHaveLength(count);
          else expect(decoded.reason).toBe('BATCH_CORRUPT');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are cut apart, and the one that is cut off is left', () => {
    fc.assert(
      fc.property(fc.array(newRecords, { minLength: 1, maxLength: 4 }), fc.nat(), (lists, cut) => {
        const encoded = lists.map((records) => encode(records));
        const all = Buffer.concat(encoded);
        const at = cut % (all.length + 1);
        const ends = encoded.map((_, index) =>
          encoded.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0),
        );
        const batches = splitBatches(all.subarray(0, at));
        expect(batches).toHaveLength(ends.filter((end) => end <= at).length);
        batches.forEach(({ raw }, index) => expect(raw.equals(encoded[index]!)).toBe(true));
      }),
    );
  });
});

/** The same record with text, where its bytes are text, and its first headers shared. */
const asText = (record: BytesRecord, sharedCount: number): NewRecord => {
  const textOf = (content: Buffer): Buffer | string =>
    Buffer.from(content.toString()).equals(content) ? content.toString() : content;
  const headers = record.headers.map(([name, value]): NewHeader => [name, textOf(value)]);
  return {
    ...record,
    key: record.key && textOf(record.key),
    value: record.value && textOf(record.value),
    shared: headers.slice(0, sharedCount),
    headers: headers.slice(sharedCount),
  };
};

describe('a batch writer', () => {
  const someText = fc
    .oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))
    .map((content) => Buffer.from(content));
  const textRecord = fc.record({
    topic: fc.constant(AT.topic),
    partition: fc.constant(AT.partition),
    key: fc.option(someText),
    value: fc.option(someText),
    headers: fc.array(fc.tuple(name, someText), { maxLength: 6 }),
  });

  it('writes text and shared headers as the bytes that they are', () => {
    const writer = new BatchWriter();
    const records = fc.array(fc.tuple(fc.oneof(newRecord, textRecord), fc.nat({ max: 6 })), { minLength: 1 });
    fc.assert(
      fc.property(records, (drawn) => {
        const expected = encode(drawn.map(([record]) => record));
        const { batch } = writer.write(
          drawn.map(([record, shared]) => asText(record, shared)),
          0,
          Infinity,
          ORIGIN,
          1_700_000_000_123,
        );
        expect(batch.equals(expected)).toBe(true);
      }),
    );
  });

  it('fills batches up to the limit, one record at least, and leaves none out', () => {
    fc.assert(
      fc.property(newRecords, fc.integer({ min: 1, max: 4_000 }), (records, limit) => {
        const writer = new BatchWriter();
        for (let from = 0; from < records.length;) {
          const { batch, count } = writer.write(records, from, limit, ORIGIN, 0);
          expect(decodeOnly(batch).map(({ value }) => text(value))).toEqual(
            records.slice(from, from + count).map(({ value }) => text(value)),
          );
          if (count > 1) expect(batch.length).toBeLessThanOrEqual(limit);
          from += count;
          if (from < records.length)
            expect(encode(records.slice(from - count, from + 1)).length).toBeGreaterThan(limit);
        }
      }),
    );
  });
});
