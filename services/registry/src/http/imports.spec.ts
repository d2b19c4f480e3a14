import { MemoryArtifactStore } from '#artifacts';
import { TOPICS } from '#contracts';
import { createMemoryLog } from '#eventlog';
import { askModel } from '#inference';
import { MovableClock, sha256 } from '#kernel';
import { trainerOf } from '#learn';
import { createLogger, createMetrics, loadConfig, startService, type RunningService } from '#runtime';
import { streamUploads } from '../mlflow/http/artifact-bytes';
import { registryConfig } from '../registry.config';
import { RegistryModule } from '../registry.module';
import { PROJECT } from '../registry.testing';

const clock = new MovableClock(Date.UTC(2026, 0, 1));
const artifacts = new MemoryArtifactStore('imports');
const log = createMemoryLog({ now: () => clock.now() });
let service: RunningService;

beforeAll(async () => {
  await log.ensureTopics([{ name: `imports.${TOPICS.runs}`, partitions: 1 }]);
  service = await startService({
    config: loadConfig(registryConfig, {
      PLAYHEAD_NAMESPACE: 'imports',
      PLAYHEAD_PORT: '0',
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
      PLAYHEAD_REGISTRY_PATIENCE_MS: '2000',
    }),
    module: RegistryModule.asking(askModel),
    prepare: streamUploads,
    ports: {
      log,
      artifacts,
      clock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
  const headers = { 'content-type': 'application/yaml' };
  await fetch(`${service.url}/v1/definitions`, { method: 'POST', headers, body: PROJECT });
});
afterAll(() => service.stop());

/** Of two features, as the model of the project has. */
const model = (features: number, task: 'binary' | 'regression' = 'binary'): Uint8Array =>
  trainerOf(task === 'binary' ? 'logistic' : 'linear')
    .fit(
      {
        featureNames: Array.from({ length: features }, (_, k) => `f${k}`),
        columns: Array.from({ length: features }, (_, k) => Float64Array.of(0, 1, k + 2, 3)),
        labels: Float64Array.of(0, 1, 1, 0),
      },
      {},
      { task, seed: 1 },
    )
    .toOnnx();

const post = async (
  path: string,
  body: Uint8Array,
): Promise<{
  status: number;
  body: Record<string, unknown> & { error?: { code: string; message: string } };
}> => {
  const answer = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-playhead-actor': 'ada' },
    body: Buffer.from(body),
  });
  return { status: answer.status, body: (await answer.json()) as never };
};

it('asks for a run that judges the file, which is stored before', async () => {
  const bytes = model(2);
  const metrics = encodeURIComponent(JSON.stringify({ roc_auc: 0.97 }));
  const { status, body } = await post(`/v1/models/fraud/import?metrics=${metrics}`, bytes);
  const digest = sha256(bytes);
  expect(status).toBe(202);
  expect(body).toMatchObject({
    model: 'fraud',
    status: 'requested',
    requestedBy: 'ada',
    trainer: {
      kind: 'imported',
      imported: { artifact: digest, source: digest, changes: [], claimed: { roc_auc: 0.97 } },
    },
    check: { digest, changes: [], outputs: 1 },
  });
  expect(await artifacts.get(digest)).toEqual(Buffer.from(bytes));
});

it.each([
  ['a model of other features', '/v1/models/fraud/import', model(3), 400, 'it takes 3 features'],
  [
    'a model of another task',
    '/v1/models/fraud/import?output=probability',
    model(2, 'regression'),
    400,
    'no output',
  ],
  ['what is no model', '/v1/models/fraud/import', Buffer.from('hello'), 400, 'ONNX'],
  ['an empty body', '/v1/models/fraud/import', Buffer.alloc(0), 400, 'the body is empty'],
  ['metrics that are none', '/v1/models/fraud/import?metrics=[1]', model(2), 400, 'a JSON object of numbers'],
  ['a model that nobody defined', '/v1/models/nobody/import', model(2), 404, 'there is no model nobody'],
])('refuses %s', async (_, path, bytes, status, why) => {
  const before = await log.ends(`imports.${TOPICS.registryInputs}`);
  const answer = await post(path, bytes);
  expect([answer.status, answer.body.error?.message]).toEqual([status, expect.stringContaining(why)]);
  expect(await log.ends(`imports.${TOPICS.registryInputs}`)).toEqual(before);
});
