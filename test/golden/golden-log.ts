/** Recorded logs of releases: how they are written and read again. See README.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MemoryArtifactStore } from '#artifacts';
import { unqualify } from '#contracts';
import { createMemoryLog, type LogRecord, type MemoryLog } from '#eventlog';

export const GOLDEN = 'golden';

/** Bytes as text where they are UTF-8, else in Base64. */
type Packed = string | null | { readonly base64: string };

/** One line of `log.ndjson.gz` behind the first one, which says the partitions of each topic. */
interface PackedRecord {
  readonly topic: string;
  readonly partition: number;
  /** Append time, epoch ms. */
  readonly at: number;
  readonly key: Packed;
  readonly value: Packed;
  readonly headers: readonly (readonly [name: string, value: Packed])[];
}

export interface GoldenLog {
  readonly log: MemoryLog;
  readonly artifacts: MemoryArtifactStore;
  readonly namespace: string;
  /** Full name -> partitions. */
  readonly topics: Readonly<Record<string, number>>;
}

export const packLog = (topics: Readonly<Record<string, number>>, records: readonly LogRecord[]): Buffer =>
  gzipLines([
    topics,
    ...records.map(({ topic, partition, timestamp, key, value, headers }): PackedRecord => ({
      topic,
      partition,
      at: timestamp,
      key: pack(key),
      value: pack(value),
      headers: headers.entries().map(([name, content]) => [name, pack(content)]),
    })),
  ]);

export const packArtifacts = (artifacts: readonly Buffer[]): Buffer =>
  gzipLines(artifacts.map((bytes) => bytes.toString('base64')));

/** The log of a release in memory, offset by offset and with its append times, and the artifacts that its facts name. */
export const loadGolden = async (
  release: string,
  /** Of the topics, all by default; names below the namespace. */
  isWanted: (topic: string) => boolean = () => true,
): Promise<GoldenLog> => {
  const lines = (file: string): unknown[] => gunzipLines(readFileSync(join(__dirname, release, file)));
  const [all, ...records] = lines('log.ndjson.gz') as [Record<string, number>, ...PackedRecord[]];
  const topics = Object.fromEntries(
    Object.entries(all).filter(([name]) => isWanted(unqualify(GOLDEN, name))),
  );
  let now = 0;
  const log = createMemoryLog({ now: () => now });
  await log.ensureTopics(Object.entries(topics).map(([name, partitions]) => ({ name, partitions })));
  const producer = log.producer();
  for (const { topic, partition, at, key, value, headers } of records) {
    if (!(topic in topics)) continue;
    now = at;
    await producer.send([
      {
        topic,
        partition,
        key: unpack(key),
        value: unpack(value),
        headers: headers.map(([name, content]) => [name, unpack(content)!]),
      },
    ]);
  }
  await producer.close();
  const artifacts = new MemoryArtifactStore(GOLDEN);
  for (const base64 of lines('artifacts.ndjson.gz') as string[])
    await artifacts.put(Buffer.from(base64, 'base64'));
  return { log, artifacts, namespace: GOLDEN, topics };
};

const pack = (bytes: Buffer | null): Packed => {
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : { base64: bytes.toString('base64') };
};

const unpack = (packed: Packed): Buffer | null => {
  if (packed === null) return null;
  return typeof packed === 'string' ? Buffer.from(packed) : Buffer.from(packed.base64, 'base64');
};

const gzipLines = (lines: readonly unknown[]): Buffer =>
  gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { level: 9 });

const gunzipLines = (bytes: Buffer): unknown[] =>
  gunzipSync(bytes)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
