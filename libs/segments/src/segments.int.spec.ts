import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import type { EventLog, NewRecord, TopicPartition } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { startLocalStack, stopLocalStack, type ObjectStore } from '#localstack';
import { SegmentCatalog, type SealedRange } from './catalog';
import { cutPartition } from './cut';
import { restoreTopic, sealedTopics } from './restore';
import { sealPartition, type SealingContext } from './seal';
import { openSegmentedLog } from './segmented-log';
import { contentOf } from './segments.testing';
import { verifyPartition } from './verify';

jest.setTimeout(900_000);

const NAMESPACE = 'sealed';
const TOPIC = qualify(NAMESPACE, TOPICS.observations('payments'));
const SEGMENTS = qualify(NAMESPACE, TOPICS.segments('ingestion'));
const RECORDS = 5_000;
const PARTITIONS: readonly TopicPartition[] = [0, 1].map((partition) => ({ topic: TOPIC, partition }));

let dataDir: string;
let store: Extract<ObjectStore, { kind: 's3' }>;
let log: EventLog;
let artifacts: ArtifactStore;

const context = (): SealingContext => ({
  log,
  artifacts,
  namespace: NAMESPACE,
  catalog: new SegmentCatalog({ log, namespace: NAMESPACE }),
  limits: { records: 2_000, bytes: 1 << 26 },
  now: () => Date.now(),
});

const recordOf = (i: number, { topic, partition }: TopicPartition): NewRecord => ({
  topic,
  partition,
  key: i % 9 === 0 ? null : Buffer.from(`c${i % 50}`),
  value: i % 100 === 7 ? null : Buffer.from(JSON.stringify({ i, amount: i / 7, text: 'x'.repeat(i % 200) })),
  headers: [
    ['ce_id', `${partition}-${i}`],
    ['ce_time', new Date(1_525_132_800_000 + i * 1_000).toISOString()],
    ['again', Buffer.from([i & 255])],
    ['again', ''],
  ],
});

/** Another byte in the middle of a file or an object. */
const changed = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1]! ^= 1;
  return copy;
};

const objectsOf = () => {
  const { hostname, port } = new URL(store.endpoint);
  const client = new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: store.accessKey,
    secretKey: store.secretKey,
  });
  return (digest: string, bytes: Buffer) =>
    client.putObject(
      store.bucket,
      `${NAMESPACE}/sha256/${digest.slice(0, 2)}/${digest}`,
      bytes,
      bytes.length,
    );
};

/** The broker's file with the records of a partition. */
const brokerFile = ({ topic, partition }: TopicPartition): string => {
  const found = readdirSync(dataDir, { recursive: true })
    .map(String)
    .filter((path) => path.includes(`${topic}-${partition}/`) && path.endsWith('.log'))
    .sort();
  return join(dataDir, found[0]!);
};

const faultsOf = async (at: TopicPartition) =>
  (await verifyPartition(context(), at)).faults.map(({ kind, offset, segment }) => ({
    kind,
    offset,
    segment,
  }));

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'playhead-segments-'));
  const { kafka, s3 } = await startLocalStack({ dataDir, parts: ['kafka', 's3'], heap: '512m' });
  if (s3.kind !== 's3') throw new Error('this level needs MinIO: put minio or go on PATH');
  store = s3;
  artifacts = openArtifactStore({ namespace: NAMESPACE, s3 });
  log = createKafkaLog({ brokers: kafka.brokers, clientId: 'segments' });
  await log.ensureTopics([
    { name: TOPIC, partitions: 2 },
    { name: SEGMENTS, partitions: 1 },
  ]);
  const producer = log.producer();
  for (let from = 0; from < RECORDS; from += 1_000)
    await producer.send(
      PARTITIONS.flatMap((at) => Array.from({ length: 1_000 }, (_, i) => recordOf(from + i, at))),
    );
  await producer.close();
});
afterAll(async () => {
  await log?.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

it('seals, cuts, reads as one, finds what is broken, and restores offsets, stamps and bytes', async () => {
  const whole = await Promise.all(PARTITIONS.map((at) => contentOf(log, 0, RECORDS, at)));
  const sealed: SealedRange[] = [];
  for (const at of PARTITIONS)
    for await (const range of sealPartition(context(), at, { upTo: 'end' })) sealed.push(range);
  expect(sealed.map(({ partition, first, last }) => [partition, first, last])).toEqual(
    [0, 1].flatMap((partition) => [
      [partition, 0, 1_999],
      [partition, 2_000, 3_999],
      [partition, 4_000, 4_999],
    ]),
  );
  for (const at of PARTITIONS)
    expect(await verifyPartition(context(), at)).toMatchObject({ compared: RECORDS, faults: [] });

  // A changed bit on the broker's disk: found by its checksum, not sealed over, and not cut behind.
  const file = brokerFile(PARTITIONS[1]!);
  const asWritten = readFileSync(file);
  writeFileSync(file, changed(asWritten));
  expect(await faultsOf(PARTITIONS[1]!)).toEqual(
    expect.arrayContaining([expect.objectContaining({ kind: 'batch' })]),
  );
  await expect(cutPartition(context(), PARTITIONS[1]!, {})).rejects.toMatchObject({
    code: 'PLAYHEAD_SEGMENT_CORRUPT',
    details: { kind: 'batch' },
  });
  writeFileSync(file, asWritten);
  expect(await faultsOf(PARTITIONS[1]!)).toEqual([]);

  // A changed byte in the store.
  const { artifact, manifest } = sealed[1]!;
  const bytes = await artifacts.get(artifact);
  await objectsOf()(artifact, changed(bytes));
  expect(await faultsOf(PARTITIONS[0]!)).toEqual([{ kind: 'segment', offset: 2_000, segment: manifest }]);
  await expect(cutPartition(context(), PARTITIONS[0]!, {})).rejects.toMatchObject({
    details: { segment: manifest },
  });
  await artifacts.put(bytes);

  // Cut, and read as one.
  for (const at of PARTITIONS) await cutPartition(context(), at, {});
  expect((await log.ends(TOPIC)).map(({ start, end }) => [start, end])).toEqual([
    [4_999, 5_000],
    [4_999, 5_000],
  ]);
  const asOne = openSegmentedLog({ log, artifacts, namespace: NAMESPACE });
  expect(await asOne.ends(TOPIC)).toEqual([0, 1].map((partition) => ({ partition, start: 0, end: RECORDS })));
  expect(await Promise.all(PARTITIONS.map((at) => contentOf(asOne, 0, RECORDS, at)))).toEqual(whole);
  expect(await contentOf(asOne, 3_990, 4_010, PARTITIONS[1])).toEqual(whole[1]!.slice(3_990, 4_010));

  // The broker loses both the topic and the announcements.
  await log.deleteTopics([TOPIC, SEGMENTS]);
  const [topic, ...others] = await sealedTopics(artifacts);
  expect(others).toEqual([]);
  const reports = await restoreTopic({ log, artifacts, namespace: NAMESPACE, now: () => Date.now() }, topic!);
  expect(reports.map(({ compared, faults }) => [compared, faults])).toEqual([
    [RECORDS, []],
    [RECORDS, []],
  ]);
  expect(await Promise.all(PARTITIONS.map((at) => contentOf(log, 0, RECORDS, at)))).toEqual(whole);
  await log.ensureTopics([{ name: TOPIC, partitions: 2 }]); // it stamps by itself again
  const producer = log.producer();
  const before = Date.now() - 60_000;
  expect(await producer.send([recordOf(RECORDS, PARTITIONS[0]!)])).toMatchObject([{ offset: RECORDS }]);
  await producer.close();
  const [next] = (await contentOf(log, RECORDS, RECORDS + 1, PARTITIONS[0])) as { timestamp: number }[];
  expect(next!.timestamp).toBeGreaterThan(before);
});
