import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import {
  DefinitionActivated,
  DefinitionApplied,
  EnvelopeTemplate,
  SnapshotTaken,
  TOPICS,
  decodeEvent,
  encodeEvent,
  qualify,
  type EventContract,
} from '#contracts';
import { readTopic, type EventLog, type LogRecord } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { startLocalStack, stopLocalStack, type ObjectStore } from '#localstack';
import { ServiceLog, createLogger, createMetrics, type Logger, type Ports, type Worker } from '#runtime';
import { featureFleet, followServices } from './feature.topology';
import { OBSERVATIONS, PARTITIONS, VECTORS, fromZero, revisionOf } from './revisions.testing';

jest.setTimeout(300_000);

const NAMESPACE = 'revisions';
const full = (topic: string): string => qualify(NAMESPACE, topic);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let dataDir: string;
let store: Extract<ObjectStore, { kind: 's3' }>;
let log: EventLog;
let artifacts: ArtifactStore;
let running: Worker[] = [];
const warnings: string[] = [];
let paid = 0;

const append = async (
  topic: string,
  values: readonly { value: string; type: string; partition?: number }[],
) => {
  const producer = log.producer();
  await producer.send(
    values.map(({ value, type, partition = 0 }, i) => ({
      topic: full(topic),
      partition,
      key: null,
      value,
      headers: new EnvelopeTemplate({ type, source: 'test' }).headers(
        `${type}-${Date.now()}-${i}`,
        '2026-01-01T00:00:00.000Z',
      ),
    })),
  );
  await producer.close();
};

const pay = async (count: number): Promise<void> => {
  const payments = Array.from({ length: count }, () => paid++).map((n) => ({
    type: 'payment',
    partition: n % PARTITIONS,
    value: JSON.stringify({
      id: `p${n}`,
      at: new Date(Date.parse('2026-01-01T00:00:00.000Z') + n * 10_000).toISOString(),
      customer: `C${n % 40}`,
      amount: ((n * 37) % 1_000) / 100,
    }),
  }));
  for (let from = 0; from < count; from += 2_000)
    await append(OBSERVATIONS, payments.slice(from, from + 2_000));
};

const say = (contract: EventContract, fact: object): Promise<void> =>
  append(TOPICS.definitions, [{ type: contract.type, value: String(encodeEvent(contract, fact)) }]);

const begin = async (): Promise<void> => {
  const silent = createLogger({ service: 'test', instance: 'test', level: 'silent' });
  const logger = Object.assign(Object.create(silent) as Logger, {
    warn: (_: object, message: string) => void warnings.push(message),
  });
  const clock = { now: () => Date.now() };
  const ports: Ports = { log, artifacts, clock, sleep, logger, metrics: createMetrics() };
  const transport = {
    fail: (name: string, error: unknown): never => {
      throw new Error(`${name} failed: ${String(error)}`);
    },
  };
  const serviceLog = new ServiceLog({ service: 'feature', namespace: NAMESPACE }, ports, transport);
  const control = followServices(serviceLog);
  running = [serviceLog, featureFleet({ ...ports, namespace: NAMESPACE, serviceLog, control, transport })];
  for (const worker of running) await worker.start();
};

const stop = async (): Promise<void> => {
  for (const worker of running.splice(0).reverse()) await worker.stop();
};

const vectors = async (count: number): Promise<LogRecord[]> => {
  for (const until = Date.now() + 90_000; ; await sleep(100)) {
    const known = (await log.partitionCount(full(VECTORS))) !== undefined;
    const ends = known ? await log.ends(full(VECTORS)) : [];
    if (ends.reduce((sum, { end }) => sum + end, 0) >= count) return readTopic(log, full(VECTORS));
    if (Date.now() > until) throw new Error(`not ${count} vectors within 90 seconds`);
  }
};

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'playhead-revisions-'));
  const { kafka, s3 } = await startLocalStack({ dataDir, parts: ['kafka', 's3'], heap: '512m' });
  if (s3.kind !== 's3') throw new Error('this level needs MinIO: put minio or go on PATH');
  store = s3;
  artifacts = openArtifactStore({ namespace: NAMESPACE, s3 });
  log = createKafkaLog({ brokers: kafka.brokers, clientId: 'revisions' });
  await log.ensureTopics([
    { name: full(OBSERVATIONS), partitions: PARTITIONS },
    { name: full(TOPICS.definitions), partitions: 1 },
  ]);
});
afterAll(async () => {
  await stop();
  await log?.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

it('warms a revision up over a real log, carries it to the bit, and passes over a snapshot with a flipped byte', async () => {
  const [first, second] = [revisionOf('1', '1h'), revisionOf('2', '6h')] as const;
  const named = { kind: 'FeatureService' as const, name: 'spend' };
  for (const revision of [first, second]) {
    const { engine: _, stages: __, layout: ___, ...fact } = revision;
    await say(DefinitionApplied, { ...named, ...fact, spec: {}, applied_by: 'test' });
    if (revision === first) {
      await pay(20_000);
      await begin();
      await vectors(20_000);
    }
  }
  for (let reports = 0; reports < PARTITIONS; await sleep(100))
    reports = (await log.partitionCount(full(TOPICS.revisions)))
      ? (await readTopic(log, full(TOPICS.revisions))).length
      : 0;
  await say(DefinitionActivated, { ...named, revision: '2', digest: second.digest });
  await stop();
  await begin();
  await pay(2_000);
  await vectors(22_000);
  await stop();

  // A flipped byte in every newest snapshot of the second revision.
  const { hostname, port } = new URL(store.endpoint);
  const { accessKey, secretKey } = store;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
  const taken = (await readTopic(log, full(TOPICS.snapshots('feature')))).map(({ value }) =>
    decodeEvent(SnapshotTaken, value),
  );
  const spoilt = [0, 1].map((at) =>
    taken.findLast(({ definition, partition }) => definition === second.digest && partition === at)!,
  );
  for (const { artifact } of spoilt) {
    const bytes = Buffer.from(await artifacts.get(artifact));
    bytes[bytes.length >> 1]! ^= 1;
    await client.putObject(
      store.bucket,
      `${NAMESPACE}/sha256/${artifact.slice(0, 2)}/${artifact}`,
      bytes,
      bytes.length,
    );
  }
  await begin();
  await pay(200);
  const all = await vectors(22_200);
  for (const { artifact } of spoilt)
    expect(
      warnings.filter((warning) => warning.includes(artifact) && warning.includes('is not used')),
    ).toHaveLength(1);

  const observations = await readTopic(log, full(OBSERVATIONS));
  const [one, both] = [fromZero([first], observations), fromZero([first, second], observations)];
  const seen = { one: 0, both: 0 };
  for (const { value, partition, offset } of all) {
    const text = String(value);
    const carriesBoth = text.includes('"2":[');
    seen[carriesBoth ? 'both' : 'one']++;
    expect(text).toBe((carriesBoth ? both : one).get(`${partition}-${offset}`));
  }
  expect(seen).toEqual({ one: 20_000, both: 2_200 });
});
