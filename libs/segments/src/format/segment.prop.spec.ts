import fc from 'fast-check';
import { MemoryArtifactStore } from '#artifacts';
import { HeaderList, type LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import { isUnreadable, type Entry, type UnreadableEntry } from './entry';
import { encodeManifest } from './manifest';
import { loadSegment, openBlock } from './read-segment';
import { SegmentWriter, type WrittenSegment } from './segment-writer';

const AT = { topic: 'n.ingestion.observations.s', partition: 3 };
const PLACE = { topic: 'ingestion.observations.s', partition: 3, partitions: 4 };

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const header = fc.tuple(fc.constantFrom('ce_id', 'ce_time', 'ünïcode', ''), bytes);
const record = fc.record({
  kind: fc.constant('record' as const),
  timestamp: fc.constantFrom(-1, 0, 1_525_132_800_000, 2 ** 52),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 4 }),
});
const batch = fc.record({
  kind: fc.constant('batch' as const),
  timestamp: fc.constantFrom(0, 1_525_132_800_000),
  count: fc.integer({ min: 1, max: 5 }),
  raw: bytes,
  message: fc.string(),
});

type Drawn =
  typeof record extends fc.Arbitrary<infer R>
    ? typeof batch extends fc.Arbitrary<infer B>
      ? R | B
      : never
    : never;

/** Entries in order from an offset, with a gap before some. */
const entriesFrom = (first: number, drawn: readonly (readonly [Drawn, number])[]): Entry[] => {
  let offset = first;
  return drawn.map(([entry, gap]): Entry => {
    offset += gap;
    if (entry.kind === 'batch') {
      const { timestamp, count, raw, message } = entry;
      const [firstOffset, lastOffset] = [offset, offset + count - 1];
      offset += count;
      return {
        kind: 'unreadable',
        firstOffset,
        lastOffset,
        count,
        reason: 'CODEC_UNSUPPORTED',
        message,
        raw,
        timestamp,
      };
    }
    const { timestamp, key, value, headers } = entry;
    return { ...AT, offset: offset++, timestamp, key, value, headers: new HeaderList(headers) };
  });
};

const written = (first: number, entries: readonly Entry[], last: number): Promise<WrittenSegment> => {
  const writer = new SegmentWriter(PLACE, first);
  for (const entry of entries) writer.push(entry);
  return writer.finish(last, []);
};

const plain = (entry: Entry): unknown =>
  isUnreadable(entry)
    ? entry
    : { ...entry, headers: entry.headers.entries().map(([name, value]) => [name, value.toString('hex')]) };

const readBack = async (segment: WrittenSegment): Promise<Entry[]> => {
  const store = new MemoryArtifactStore('n');
  await store.put(segment.bytes);
  const digest = await store.put(encodeManifest(segment.manifest));
  const stored = await loadSegment(store, digest, segment.manifest);
  const blocks = await Promise.all(stored.manifest.blocks.map((block) => openBlock(stored, block, AT)));
  return blocks.flat();
};

describe('a segment', () => {
  it('gives back what was put in: any bytes, nulls, repeated headers, batches that cannot be decoded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 7, 2 ** 40),
        fc.array(fc.tuple(fc.oneof(record, record, batch), fc.constantFrom(0, 0, 0, 3)), { maxLength: 300 }),
        async (first, drawn) => {
          const entries = entriesFrom(first, drawn);
          const segment = await written(first, entries, first + 2_000);
          expect((await readBack(segment)).map(plain)).toEqual(entries.map(plain));
          expect(segment.manifest.count).toBe(entries.filter((entry) => !isUnreadable(entry)).length);
          expect(await written(first, entries, first + 2_000)).toEqual(segment);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps blocks small where records are large', async () => {
    const value = Buffer.alloc(400_000, 'x');
    const entries = Array.from({ length: 40 }, (_, offset): LogRecord => ({
      ...AT,
      offset,
      timestamp: 0,
      key: null,
      value,
      headers: HeaderList.EMPTY,
    }));
    const segment = await written(0, entries, 39);
    expect(Math.max(...segment.manifest.blocks.map(({ inflatedBytes }) => inflatedBytes))).toBeLessThan(
      8_000_000,
    );
    expect(await readBack(segment)).toHaveLength(40);
  });

  it('says that it is broken, whichever byte of records or manifest is another', async () => {
    const drawn = Array.from({ length: 50 }, (_, i): readonly [Drawn, number] => [
      {
        kind: 'record',
        timestamp: i,
        key: Buffer.from(`k${i % 5}`),
        value: Buffer.from(`{"value":${i}}`),
        headers: [],
      },
      0,
    ]);
    const segment = await written(0, entriesFrom(0, drawn), 49);
    const store = new MemoryArtifactStore('n');
    const artifact = await store.put(segment.bytes);
    const digest = await store.put(encodeManifest(segment.manifest));
    for (const spoiled of [artifact, digest]) {
      const key = `n/sha256/${spoiled.slice(0, 2)}/${spoiled}`;
      const whole = store.objects.get(key)!;
      for (let at = 0; at < whole.length; at += 7) {
        const spoilt = Buffer.from(whole);
        spoilt[at]! ^= 1;
        store.objects.set(key, spoilt);
        await expect(loadSegment(store, digest, segment.manifest)).rejects.toMatchObject({
          code: 'PLAYHEAD_SEGMENT_CORRUPT',
          details: { topic: PLACE.topic, partition: 3, first: 0, last: 49, manifest: digest },
        });
      }
      store.objects.set(key, whole);
    }
    expect((await loadSegment(store, digest, segment.manifest)).manifest).toEqual(segment.manifest);
  });

  it('finds records that are not those of its Merkle root although all digests hold', async () => {
    const one: UnreadableEntry | LogRecord = {
      ...AT,
      offset: 0,
      timestamp: 1,
      key: null,
      value: Buffer.from('a'),
      headers: HeaderList.EMPTY,
    };
    const segment = await written(0, [one], 0);
    const other = await written(0, [{ ...one, value: Buffer.from('b') }], 0);
    const store = new MemoryArtifactStore('n');
    await store.put(other.bytes);
    const forged = { ...segment.manifest, artifact: other.manifest.artifact, bytes: other.manifest.bytes };
    const stored = await loadSegment(store, await store.put(encodeManifest(forged)), forged).catch(
      (error: unknown) => error,
    );
    const failure = isPlatformError(stored)
      ? stored
      : await openBlock(stored as never, forged.blocks[0]!, AT).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'PLAYHEAD_SEGMENT_CORRUPT' });
  });
});
