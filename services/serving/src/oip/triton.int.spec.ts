/** The unmodified tritonclient, HTTP and gRPC, against serving on a real Kafka and a real object store: client/check.py says what it does. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openArtifactStore } from '#artifacts';
import {
  DeploymentUpdated,
  EnvelopeTemplate,
  ModelVersionRegistered,
  TOPICS,
  encodeEvent,
  type EventContract,
} from '#contracts';
import { createKafkaLog } from '#eventlog/kafka';
import { loadModel, toMatrix } from '#inference';
import { Rng } from '#kernel';
import { trainerOf } from '#learn';
import { pythonWith, startLocalStack, stopLocalStack } from '#localstack';
import type { TSchema } from 'typebox';

jest.setTimeout(600_000);

const NAMESPACE = 'triton';
const CLIENT = join(__dirname, 'client');
/** Serving as it is shipped, from what was built. */
const PROGRAM = join(__dirname, '../../../../dist/services/serving/src/main.js');
const FEATURES = ['a', 'b', 'c', 'd'];
const ROWS = [[1, 50, 3, 99], [90, null, 3.25, 4], [0.5, 20, 70, 60]]; // prettier-ignore
const say = (line: string): void => void process.stderr.write(`${line}\n`);

let dataDir: string;
let python: string;
let serving: ChildProcess;
let output: string;
let ports: { readonly rest: number; readonly grpc: number };
let expected: string;

const modelOf = (seed: number): Uint8Array => {
  const random = new Rng(seed);
  const columns = FEATURES.map(() => Float64Array.from({ length: 400 }, () => random.uniform() * 100));
  const labels = Float64Array.from(columns[0]!, (value, i) => (value + columns[1]![i]! > 100 ? 1 : 0));
  return trainerOf('gbdt')
    .fit({ featureNames: FEATURES, columns, labels }, { trees: 10, depth: 3 }, { task: 'binary', seed })
    .toOnnx();
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'playhead-triton-'));
  const packages = readFileSync(join(CLIENT, 'requirements.txt'), 'utf8').trim().split('\n');
  const [stack, interpreter, rest, grpc] = await Promise.all([
    startLocalStack({ dataDir, parts: ['kafka', 's3'], progress: say }),
    pythonWith('triton', packages, say),
    freePort(),
    freePort(),
  ]);
  python = interpreter;
  ports = { rest, grpc };
  const { kafka, s3 } = stack;
  const artifacts = openArtifactStore({
    namespace: NAMESPACE,
    ...(s3.kind === 's3' ? { s3 } : { directory: s3.directory }),
  });
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'triton-test' });
  const producer = log.producer();
  const topicOf = (name: string): string => `${NAMESPACE}.${name}`;
  await log.ensureTopics([
    { name: topicOf(TOPICS.models), partitions: 1 },
    { name: topicOf(TOPICS.deployments), partitions: 1 },
    { name: topicOf(TOPICS.vectors('fraud')), partitions: 4 },
  ]);
  let facts = 0;
  const append = async <S extends TSchema>(
    topic: string,
    contract: EventContract<S>,
    fact: Parameters<typeof encodeEvent<S>>[1],
  ): Promise<void> => {
    const template = new EnvelopeTemplate({ type: contract.type, source: TOPICS.registryInputs });
    const headers = template.headers(`0-${facts++}`, new Date().toISOString());
    const value = encodeEvent(contract, fact);
    await producer.send([{ topic: topicOf(topic), partition: 0, key: 'fraud', value, headers }]);
  };
  for (const version of [1, 2]) {
    const model = modelOf(version);
    const artifact = await artifacts.put(model);
    const { sample } = ModelVersionRegistered;
    const service = { ...sample.service, features: FEATURES };
    await append(TOPICS.models, ModelVersionRegistered, { ...sample, version, artifact, service });
    if (version === 1) continue;
    await append(TOPICS.deployments, DeploymentUpdated, {
      ...DeploymentUpdated.sample,
      routes: [{ ...DeploymentUpdated.sample.routes[0]!, version, artifact, features: FEATURES }],
    });
    const loaded = await loadModel(model);
    const scores = [...(await loaded.score(toMatrix(ROWS, FEATURES.length)))];
    await loaded.close();
    const rows = ROWS.map((row) => row.map((value) => value ?? 'nan'));
    expected = JSON.stringify({ rows, scores });
  }
  await producer.close();
  await log.close();
  output = join(dataDir, 'serving.log');
  const file = openSync(output, 'a');
  const environment = {
    ...process.env,
    PLAYHEAD_NAMESPACE: NAMESPACE,
    PLAYHEAD_PORT: String(rest),
    PLAYHEAD_SERVING_GRPC_PORT: String(grpc),
    KAFKA_BROKERS: kafka.brokers.join(','),
    ...(s3.kind === 'file'
      ? { PLAYHEAD_ARTIFACT_DIR: s3.directory }
      : {
          S3_ENDPOINT: s3.endpoint,
          S3_BUCKET: s3.bucket,
          S3_ACCESS_KEY: s3.accessKey,
          S3_SECRET_KEY: s3.secretKey,
        }),
  };
  serving = spawn(process.execPath, [PROGRAM], { env: environment, stdio: ['ignore', file, file] });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${rest}/v2/models/fraud/ready`).catch(() => undefined);
    if (ready?.ok) break;
    if (serving.exitCode !== null || Date.now() > deadline)
      throw new Error(readFileSync(output, 'utf8').slice(-2_000));
    await new Promise((wait) => setTimeout(wait, 50));
  }
});
afterAll(async () => {
  if (serving?.exitCode === null) {
    serving.kill('SIGTERM');
    await once(serving, 'exit');
  }
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

const client = async (kind: 'http' | 'grpc', port: number): Promise<Record<string, unknown>> => {
  const given = [join(CLIENT, 'check.py'), kind, `127.0.0.1:${port}`, expected];
  const { stdout } = await promisify(execFile)(python, given, { cwd: dataDir });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
};

const DONE = [
  'health',
  'metadata',
  'inference',
  'datatypes',
  'errors',
  'missing',
  'repository',
  'statistics',
];

it('does over HTTP what its users do', async () => {
  const { done } = await client('http', ports.rest);
  expect(done).toEqual(expect.arrayContaining([...DONE, 'compression', 'many at once']));
});

it('does over gRPC what its users do', async () => {
  const { done } = await client('grpc', ports.grpc);
  expect(done).toEqual(expect.arrayContaining([...DONE, 'many at once']));
});

it('drains: what is asked when it is told to stop is answered', async () => {
  const body = JSON.stringify({
    inputs: [{ name: 'input', datatype: 'FP32', shape: [3, 4], data: ROWS.flat() }],
  });
  const url = `http://127.0.0.1:${ports.rest}/v2/models/fraud/infer`;
  let asking = true;
  const statuses: number[] = [];
  const askers = Array.from({ length: 4 }, async () => {
    while (asking) {
      // Refused connections are how a caller learns that it is gone; an answer that broke off is not.
      const answer = await fetch(url, { method: 'POST', body }).catch((error: Error) => {
        expect((error.cause as { code?: string }).code).toMatch(/ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET/);
      });
      if (!answer) return;
      await answer.text();
      statuses.push(answer.status);
    }
  });
  await new Promise((wait) => setTimeout(wait, 300));
  serving.kill('SIGTERM');
  const [code] = (await once(serving, 'exit')) as [number];
  asking = false;
  await Promise.all(askers);
  expect(code).toBe(0);
  expect(statuses.length).toBeGreaterThan(0);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
