/** The unmodified MLflow client of today against the registry on a real Kafka and a real object store: client/check.py says what it does. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, TrainingRunCompleted, encodeEvent } from '#contracts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { Rng } from '#kernel';
import { trainerOf, type FittedModel } from '#learn';
import { pythonWith, startLocalStack, stopLocalStack } from '#localstack';
import { PROJECT, completed } from '../registry.testing';

jest.setTimeout(600_000);

const NAMESPACE = 'mlflow';
const CLIENT = join(__dirname, 'client');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** The registry as it is shipped: its check of a model runs in a process of its own, from what was built. */
const PROGRAM = join(__dirname, '../../../../dist/services/registry/src/main.js');

let dataDir: string;
let python: string;
let environment: NodeJS.ProcessEnv;
let log: EventLog;
let artifacts: ArtifactStore;
let registry: ChildProcess;
let url: string;

const start = async (): Promise<void> => {
  const path = join(dataDir, 'registry.log');
  const output = openSync(path, 'a');
  registry = spawn(process.execPath, [PROGRAM], { env: environment, stdio: ['ignore', output, output] });
  await eventually('the registry is ready', async () => {
    if (registry.exitCode !== null) throw new Error(readFileSync(path, 'utf8').slice(-2_000));
    return (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok === true;
  });
};

const stop = async (): Promise<void> => {
  if (registry.exitCode !== null) return;
  registry.kill('SIGTERM');
  await once(registry, 'exit');
};

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'playhead-mlflow-'));
  const packages = readFileSync(join(CLIENT, 'requirements.txt'), 'utf8').trim().split('\n');
  const [stack, interpreter, port] = await Promise.all([
    startLocalStack({ dataDir, parts: ['kafka', 's3'], progress: say }),
    pythonWith('mlflow', packages, say),
    freePort(),
  ]);
  python = interpreter;
  url = `http://127.0.0.1:${port}`;
  const { kafka, s3 } = stack;
  log = createKafkaLog({ brokers: kafka.brokers, clientId: 'mlflow-test' });
  artifacts = openArtifactStore({
    namespace: NAMESPACE,
    ...(s3.kind === 's3' ? { s3 } : { directory: s3.directory }),
  });
  environment = {
    ...process.env,
    PLAYHEAD_NAMESPACE: NAMESPACE,
    PLAYHEAD_PORT: String(port),
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
  await start();
});
afterAll(async () => {
  await stop();
  await log.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (
    const deadline = Date.now() + 30_000;
    !(await holds());
    await new Promise((wait) => setTimeout(wait, 50))
  )
    if (Date.now() > deadline) throw new Error(`${what}: not within 30 s`);
};

const client = async (...given: readonly string[]): Promise<Record<string, unknown>> => {
  const { stdout } = await promisify(execFile)(python, [join(CLIENT, 'check.py'), ...given], {
    cwd: dataDir,
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '2',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
    maxBuffer: 64 * 1_048_576,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
};

const post = async (
  path: string,
  body: string,
  type = 'application/json',
): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': type, 'x-playhead-actor': 'ada' },
  });
  const content = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(content)}`);
  return content;
};

it('does with it what its users do', async () => {
  expect(await client('client')).toMatchObject({
    mlflow: expect.stringMatching(/^3\./) as unknown,
    done: ['experiments', 'runs', 'batches', 'searches', 'artifacts', 'models', 'onnx_models', 'not_built'],
  });
});

describe('what Playhead trained', () => {
  let model: FittedModel;
  const rows = new Float32Array([10, 1, 250, 3, 90, 2, 4_000, 40]);

  beforeAll(async () => {
    const random = new Rng(7);
    const columns = [0, 1].map(() => Float64Array.from({ length: 400 }, () => random.uniform() * 100));
    const labels = Float64Array.from(columns[0]!, (value, i) => (value + columns[1]![i]! > 100 ? 1 : 0));
    model = trainerOf('gbdt').fit(
      { featureNames: ['amount', 'tx_count_1d'], columns, labels },
      { trees: 10, depth: 3 },
      { task: 'binary', seed: 0 },
    );
    await post('/v1/definitions', PROJECT, 'application/yaml');
    const { run } = (await post('/v1/models/fraud/train', '{}')) as { run: string };
    const put = (text: string): Promise<string> => artifacts.put(Buffer.from(text));
    await log.ensureTopics([{ name: `${NAMESPACE}.${TOPICS.runs}`, partitions: 1 }]);
    const fact = {
      ...completed(run, 0.63),
      artifact: await artifacts.put(model.toOnnx()),
      profile: await put('{"profile": true}'),
      manifest: await put('{"manifest": true}'),
    };
    const headers = new EnvelopeTemplate({
      type: TrainingRunCompleted.type,
      source: TOPICS.trainingInputs,
    }).headers('0-0', new Date().toISOString());
    const producer = log.producer();
    await producer.send([
      {
        topic: `${NAMESPACE}.${TOPICS.runs}`,
        partition: 0,
        key: run,
        value: encodeEvent(TrainingRunCompleted, fact),
        headers,
      },
    ]);
    await producer.close();
    await eventually('a version', async () => (await fetch(`${url}/v1/models/fraud/versions/1`)).ok);
    await post('/v1/models/fraud/versions/1/promote', '{"alias": "champion"}');
  });

  const readBack = (): Promise<Record<string, unknown>> =>
    client('own', 'fraud', JSON.stringify([0, 2, 4, 6].map((at) => [rows[at], rows[at + 1]])));

  it('is read back: the run, the version, its alias, and the same predictions', async () => {
    const read = await readBack();
    expect(read).toMatchObject({
      version: '1',
      params: { trees: '10', trainer: 'gbdt', task: 'binary' },
      metrics: { average_precision: 0.63 },
      tags: { 'playhead.version': '1', 'mlflow.user': 'ada' },
    });
    const expected = [...model.predict(rows)];
    (read['probabilities'] as number[]).forEach((each, i) => expect(each).toBeCloseTo(expected[i]!, 6));
  });

  it('is there again, with all that clients logged, after a restart', async () => {
    const state = async (): Promise<unknown> => {
      const { models } = (await (await fetch(`${url}/v1/state/digest`)).json()) as {
        models: { name: string }[];
      };
      return models.find(({ name }) => name === 'tracking');
    };
    const before = await state();
    await stop();
    await start();
    expect(await state()).toEqual(before);
    expect(before).toMatchObject({ rows: expect.any(Number) as unknown });
  });
});
