/**
 * The real stack in a folder of mode 700: all parts answer, survive being killed, and leave nothing behind.
 * Needs Java and Maven (or a filled cache); MinIO from PATH, the cache or Go.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as Minio } from 'minio';
import { Kafka, logLevel } from 'kafkajs';
import { Client as Postgres } from 'pg';
import {
  killPart,
  readLocalStack,
  restartPart,
  startLocalStack,
  stopLocalStack,
  type LocalStack,
  type ObjectStore,
  type Part,
} from '.';
import { processesWorkingIn, type ProcessIdentity } from './processes';
import { readState } from './state';

jest.setTimeout(600_000);

const PARTS: readonly Part[] = ['kafka', 'postgres', 's3'];
const { KAFKA_BROKERS: _kafka, POSTGRES_URL: _postgres, S3_ENDPOINT: _s3, ...env } = process.env;

let dataDir: string;
let stack: LocalStack;
const said: string[] = [];
const progress = (line: string): void => void said.push(line);
const start = (): Promise<LocalStack> => startLocalStack({ dataDir, env, progress, heap: '512m' });

const kafka = (): Kafka => new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING });

const withPostgres = async <T>(work: (client: Postgres) => Promise<T>): Promise<T> => {
  const client = new Postgres({ connectionString: stack.postgres.url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const minio = (store: ObjectStore): Minio => {
  if (store.kind !== 's3') throw new Error(`there is no MinIO here: ${said.join('\n')}`);
  const { hostname, port } = new URL(store.endpoint);
  const { accessKey, secretKey } = store;
  return new Minio({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey });
};

const produce = async (value: Buffer): Promise<void> => {
  const producer = kafka().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: 'kept', messages: [{ key: 'key', value }] });
  await producer.disconnect();
};

const nextOffset = async (): Promise<string | undefined> => {
  const admin = kafka().admin();
  await admin.connect();
  const [partition] = await admin.fetchTopicOffsets('kept');
  await admin.disconnect();
  return partition?.high;
};

const processesLeft = (): ProcessIdentity[] => {
  const folders = [dataDir, readState(dataDir)?.postgresHome ?? dataDir];
  return folders.flatMap((folder) =>
    ['java', 'postgres', 'minio'].flatMap((program) => processesWorkingIn(folder, program)),
  );
};

beforeAll(async () => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'playhead-stack-')), 'state');
  chmodSync(join(dataDir, '..'), 0o700);
  stack = await start();
});

afterAll(async () => {
  await stopLocalStack(dataDir, { purge: true });
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

it('answers in all three protocols', async () => {
  const admin = kafka().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
  expect(await admin.listTopics()).toContain('kept');
  await admin.disconnect();
  await produce(randomBytes(2_200_000));

  expect(await withPostgres((client) => client.query('show server_version_num'))).toMatchObject({
    rows: [{ server_version_num: expect.stringMatching(/^18/) as string }],
  });
  await withPostgres((client) => client.query('create table kept (n int); insert into kept values (42)'));

  expect(stack.s3.kind).toBe('s3');
  if (stack.s3.kind === 's3') await minio(stack.s3).putObject(stack.s3.bucket, 'kept', Buffer.from('42'));
});

it('has its processes found by the folders they work in', () => {
  const found = processesLeft().map(({ pid }) => pid);
  expect(found).toEqual(expect.arrayContaining(Object.values(stack.pids)));
});

it('keeps its secrets to its owner and listens on the loopback interface only', () => {
  expect(statSync(join(dataDir, 'localstack.json')).mode & 0o077).toBe(0);
  expect(statSync(dataDir).mode & 0o077).toBe(0);
  expect(stack.kafka.brokers).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)]);
});

it('refuses a wrong Postgres password', async () => {
  const url = new URL(stack.postgres.url);
  url.password = 'wrong';
  await expect(new Postgres({ connectionString: url.href }).connect()).rejects.toThrow('password');
});

it('is returned as it is when it runs already, to two callers at once', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect([one, two]).toEqual([stack, stack]);
  expect(await readLocalStack(dataDir)).toEqual(stack);
});

it('starts cleanly after each part was killed', async () => {
  for (const part of PARTS) await killPart(dataDir, part);
  expect((await readLocalStack(dataDir))?.pids).toEqual({});

  const before = stack;
  stack = await start();
  expect({ ...stack, pids: {} }).toEqual({ ...before, pids: {} });
  for (const part of PARTS) expect(stack.pids[part]).not.toBe(before.pids[part]);

  expect(await nextOffset()).toBe('1');
  expect((await withPostgres((client) => client.query('select n from kept'))).rows).toEqual([{ n: 42 }]);
  if (stack.s3.kind === 's3')
    expect((await minio(stack.s3).statObject(stack.s3.bucket, 'kept')).size).toBe(2);
});

it('starts cleanly over the pid file of a Postgres whose pid belongs to another program now', async () => {
  const home = readState(dataDir)?.postgresHome ?? join(dataDir, 'postgres');
  const pidFile = join(home, 'data', 'postmaster.pid');
  const stale = readFileSync(pidFile, 'utf8').replace(/^\d+/, String(process.ppid));
  await killPart(dataDir, 'postgres');
  execFileSync('sh', ['-c', 'cat > "$1"', 'sh', pidFile], { input: stale });
  stack = await start();
  expect((await withPostgres((client) => client.query('select n from kept'))).rows).toEqual([{ n: 42 }]);
});

it('replaces a part that runs but does not answer', async () => {
  const { s3: before } = stack.pids;
  await killPart(dataDir, 's3', 'SIGSTOP');
  stack = await start();
  expect(stack.pids.s3).not.toBe(before);
  if (stack.s3.kind === 's3')
    expect((await minio(stack.s3).statObject(stack.s3.bucket, 'kept')).size).toBe(2);
});

it('restarts the broker alone, where it was', async () => {
  const { pids } = stack;
  await restartPart(dataDir, 'kafka', { env });
  const after = await readLocalStack(dataDir);
  expect(after?.kafka).toEqual(stack.kafka);
  expect({ ...after?.pids, kafka: pids.kafka }).toEqual(pids);
  expect(after?.pids.kafka).not.toBe(pids.kafka);
  await produce(Buffer.from('after'));
  expect(await nextOffset()).toBe('2');
});

it('formats again what an interrupted start left half formatted', async () => {
  const other = mkdtempSync(join(tmpdir(), 'playhead-half-'));
  await startLocalStack({ dataDir: other, env, parts: ['kafka'] });
  await stopLocalStack(other);
  for (const path of ['formatted', 'data/meta.properties']) rmSync(join(other, 'kafka', path));
  const { kafka: again } = await startLocalStack({ dataDir: other, env, parts: ['kafka'] });
  expect(again.brokers).toHaveLength(1);
  await stopLocalStack(other, { purge: true });
  rmSync(other, { recursive: true });
});

it('stops, leaves no process, and starts again with its data', async () => {
  await stopLocalStack(dataDir);
  expect(processesLeft()).toEqual([]);
  expect((await readLocalStack(dataDir))?.pids).toEqual({});
  stack = await start();
  expect(await nextOffset()).toBe('2');
});

it('starts nothing for what the environment places elsewhere', async () => {
  const elsewhere = join(dataDir, '..', 'elsewhere');
  const external = { ...env, KAFKA_BROKERS: stack.kafka.brokers.join(','), POSTGRES_URL: stack.postgres.url };
  const other = await startLocalStack({ dataDir: elsewhere, env: external, parts: ['kafka', 'postgres'] });
  expect(other).toEqual({ kafka: stack.kafka, postgres: stack.postgres, pids: {}, logs: {} });
  const away = { ...env, KAFKA_BROKERS: '127.0.0.1:1' };
  await expect(startLocalStack({ dataDir: elsewhere, env: away, parts: ['kafka'] })).rejects.toThrow(
    'KAFKA_BROKERS',
  );
});

it('purges everything', async () => {
  const home = readState(dataDir)?.postgresHome ?? '';
  await stopLocalStack(dataDir, { purge: true });
  expect(await readLocalStack(dataDir)).toBeUndefined();
  expect(existsSync(home)).toBe(false);
});
