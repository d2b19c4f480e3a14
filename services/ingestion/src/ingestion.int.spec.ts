import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { startLocalStack, stopLocalStack, type LocalStack } from '#localstack';
import { startService, type RunningService } from '#runtime';
import {
  appendBatch,
  compressedBatch,
  recordsPart,
  storedZstd,
} from '../../../libs/eventlog/src/kafka/testing/foreign.testing';
import { MAX_EVENT_BYTES } from './http/cut-body';
import { MAX_BODY_BYTES } from './http/event-body';
import type { IngestionConfig } from './ingestion.config';
import { IngestionModule } from './ingestion.module';
import { IngestionWorld, STREAM, at, customerOf, testConfig } from './ingestion.testing';

const config: IngestionConfig = {
  ...testConfig,
  maxQueuedBytes: 64 << 20,
  diskGuard: { path: undefined, minFreeBytes: 0 },
};
const INBOX = `t.${TOPICS.inbox(STREAM)}`;

const dataDir = mkdtempSync(join(tmpdir(), 'playhead-ingestion-'));
let stack: Pick<LocalStack, 'kafka'>;
let log: EventLog;
let world: IngestionWorld<EventLog>;
let service: RunningService;

const start = async (): Promise<void> => {
  service = await startService({
    config,
    module: IngestionModule,
    ports: {
      ...world.ports(createKafkaLog({ brokers: stack.kafka.brokers, clientId: 'ingestion' })),
      clock: { now: () => Date.now() },
    },
    bodies: 'raw',
    bodyLimitBytes: MAX_BODY_BYTES,
  });
  while ((await fetch(`${service.url}/health/ready`)).status !== 200) await pause(50);
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until every record of the inbox has its outcome. */
const settled = async (deadlineMs = 60_000) => {
  for (const until = Date.now() + deadlineMs; ; await pause(200)) {
    const conservation = await world.conservation();
    if (conservation.ok || Date.now() > until) return conservation;
  }
};

const post = async (
  body: Buffer | string,
  contentType = 'application/x-ndjson',
  more: Record<string, string> = {},
) => {
  const answer = await fetch(`${service.url}/v1/streams/${STREAM}/events`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': contentType, ...more },
  });
  return { status: answer.status, body: (await answer.json()) as { accepted: number } };
};

const payment = (id: string, members: object = {}): string =>
  JSON.stringify({
    id,
    at: new Date().toISOString(),
    customer: `c-${id.length}${id.at(-1)}`,
    amount: 1,
    ...members,
  });

beforeAll(async () => {
  stack = await startLocalStack({ dataDir, parts: ['kafka'], heap: '512m' });
  log = createKafkaLog({ brokers: stack.kafka.brokers, clientId: 'test' });
  world = await IngestionWorld.over(log);
  await start();
}, 120_000);

afterAll(async () => {
  await service?.stop();
  await log?.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

it('takes many small and some large events over HTTP', async () => {
  const lines = Array.from({ length: 20_000 }, (_, n) => payment(`http-${n}`)).join('\n');
  expect(await post(gzipSync(lines), 'application/x-ndjson', { 'content-encoding': 'gzip' })).toMatchObject({
    status: 200,
    body: { accepted: 20_000 },
  });
  const whole = payment('million', { unknown: '' });
  const million = payment('million', { unknown: 'x'.repeat(MAX_EVENT_BYTES - Buffer.byteLength(whole)) });
  expect(Buffer.byteLength(million)).toBe(MAX_EVENT_BYTES);
  expect(await post(million, 'application/json')).toMatchObject({ status: 200, body: { accepted: 1 } });
  const large = Array.from({ length: 15 }, (_, n) => payment(`large-${n}`, { note: 'y'.repeat(900_000) }));
  expect(await post(`[${large.join(',')}]`, 'application/json')).toMatchObject({
    status: 200,
    body: { accepted: 15 },
  });
  expect(await settled()).toMatchObject({ ok: true, observations: 20_016, rejections: 0, repeated: 0 });
}, 120_000);

it('takes what foreign producers send: no key, any partition, gzip, zstd, a thousand headers', async () => {
  const before = await settled();
  const kafka = new Kafka({ brokers: [...stack.kafka.brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 300 }, (_, n) => ({
    value: payment(`foreign-${n}`),
    partition: n % 3,
  }));
  await producer.send({ topic: INBOX, compression: CompressionTypes.GZIP, messages });
  const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`h-${n}`, 'x'.repeat(500)]));
  const wrong = { value: payment('headers', { customer: customerOf(0) }), partition: 1, headers };
  await producer.send({
    topic: INBOX,
    messages: [wrong, { value: 'no json', partition: 0, headers }, { value: null, partition: 2 }],
  });
  await producer.disconnect();
  const zstd = recordsPart({ topic: INBOX, partition: 0 }, [
    Buffer.from(JSON.stringify({ id: 'zstd', at: at(0), customer: customerOf(0), amount: 2 })),
  ]);
  await appendBatch(
    stack.kafka.brokers,
    { topic: INBOX, partition: 0 },
    compressedBatch('zstd', storedZstd(zstd), 1),
  );
  const after = await settled();
  expect(after).toMatchObject({ ok: true, repeated: 0 });
  expect(after.observations + after.rejections - before.observations - before.rejections).toBe(302);
  expect(after.deadLettersByCode).toEqual({ NOT_JSON: 1, NO_VALUE: 1 });
  expect(after.moved).toBeGreaterThan(150);
}, 120_000);

it('shows the metrics of the reference, and no others', async () => {
  const reference = readFileSync(resolve(__dirname, '../../../docs/reference/metrics.md'), 'utf8');
  const sections = reference.split(/^## /m).filter((section) => /^(every service|ingestion)/.test(section));
  const named = [...sections.join('').matchAll(/^\| `([a-z_]+)` \| (\w+) /gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  );
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const live = [...text.matchAll(/^# TYPE ([a-z_]+) (\w+)$/gm)].map(([, name, kind]) => `${name} ${kind}`);
  expect(live.filter((metric) => !named.includes(metric))).toEqual([]);
  // Retries and dropped records are told from the first one on.
  expect(named.filter((metric) => !live.includes(metric) && !/retries|dropped/.test(metric))).toEqual([]);
});

it('goes on after a restart where it was, and knows what it has seen', async () => {
  const before = await settled();
  await service.stop();
  await start();
  expect((await post(payment('http-1'), 'application/json')).status).toBe(200);
  expect((await post(payment('new'), 'application/json')).status).toBe(200);
  const after = await settled();
  expect(after).toMatchObject({
    ok: true,
    repeated: 0,
    observations: before.observations + 1,
    duplicates: before.duplicates + 1,
  });
}, 120_000);
