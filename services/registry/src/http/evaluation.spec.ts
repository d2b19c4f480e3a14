import { MemoryArtifactStore } from '#artifacts';
import {
  DatasetBuilt,
  EnvelopeTemplate,
  TOPICS,
  TrainingRequested,
  TrainingRunCompleted,
  encodeEvent,
} from '#contracts';
import { createMemoryLog } from '#eventlog';
import { fitModel, writeManifest, type EvaluationReport, type ModelCard } from '#fit';
import { askModel } from '#inference';
import { MovableClock, Rng } from '#kernel';
import { createLogger, createMetrics, loadConfig, startService, type RunningService } from '#runtime';
import { registryConfig } from '../registry.config';
import { RegistryModule } from '../registry.module';
import { PROJECT, completed, modelFile } from '../registry.testing';

const NAMESPACE = 'cards';
const clock = new MovableClock(Date.UTC(2026, 0, 1));
const artifacts = new MemoryArtifactStore(NAMESPACE);
const log = createMemoryLog({ now: () => clock.now() });
let service: RunningService;

const ask = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
  clock.advance(60_000);
  return fetch(`${service.url}${path}`, { headers: { 'x-playhead-actor': 'ada', ...headers } });
};

const post = async (path: string, body: string, type = 'application/json'): Promise<Response> => {
  clock.advance(60_000);
  return fetch(`${service.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'x-playhead-actor': 'ada', 'content-type': type },
  });
};

/** A run that ended as training ends it, and the version that it became. */
const trained = async (offset: number, over: Parameters<typeof completed>[2]): Promise<string> => {
  const asked = (await (await post('/v1/models/fraud/train', '{}')).json()) as { run: string };
  const headers = new EnvelopeTemplate({
    type: TrainingRunCompleted.type,
    source: TOPICS.trainingInputs,
  }).headers(`0-${offset}`, '2026-01-01T00:00:00.000Z');
  const artifact = await artifacts.put(modelFile());
  const value = encodeEvent(TrainingRunCompleted, completed(asked.run, 0.6, { artifact, ...over }));
  await log
    .producer()
    .send([{ topic: `${NAMESPACE}.${TOPICS.runs}`, partition: 0, key: null, value, headers }]);
  for (const deadline = Date.now() + 4_000; ;) {
    if ((await ask(`/v1/models/fraud/versions/${offset + 1}`)).ok) return asked.run;
    if (Date.now() > deadline) throw new Error(`fraud@${offset + 1} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const rng = new Rng(1);
const part = (rows: number) => {
  const amount = Float64Array.from({ length: rows }, () => rng.uniform());
  return {
    partitions: new Float64Array(rows),
    columns: [amount, amount.map(() => rng.uniform())],
    labels: amount.map((value) => (value + 0.2 * rng.uniform() > 0.6 ? 1 : 0)),
  };
};
const features = ['amount', 'tx_count_1d'];
const fitted = fitModel({
  request: { task: 'binary', trainer: { kind: 'logistic', parameters: {} }, seed: 0, gates: [] },
  features,
  train: part(200),
  holdout: part(100),
});

beforeAll(async () => {
  await log.ensureTopics([{ name: `${NAMESPACE}.${TOPICS.runs}`, partitions: 1 }]);
  service = await startService({
    config: loadConfig(registryConfig, {
      PLAYHEAD_NAMESPACE: NAMESPACE,
      PLAYHEAD_PORT: '0',
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
      PLAYHEAD_REGISTRY_PATIENCE_MS: '2000',
    }),
    module: RegistryModule.asking(askModel),
    ports: {
      log,
      artifacts,
      clock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
  expect((await post('/v1/definitions', PROJECT, 'application/yaml')).status).toBe(200);
  const evaluation = await artifacts.put(Buffer.from(fitted.evaluation));
  const files = { artifact: 'a'.repeat(64), profile: 'b'.repeat(64), evaluation };
  const run = { request: TrainingRequested.sample, dataset: DatasetBuilt.sample };
  const runtime = {
    node: 'v22',
    runtime: 'onnxruntime-node',
    version: '1',
    platform: 'linux-x64',
    instructions: [],
    threads: 1,
    optimization: 'all',
  } as const;
  const manifest = await artifacts.put(
    Buffer.from(writeManifest(run, files, fitted.metrics, { code: '0.1.0', runtime })),
  );
  await trained(0, { evaluation, manifest, metrics: fitted.metrics });
  await trained(1, {});
});
afterAll(() => service.stop());

it('answers the report as it is stored', async () => {
  const answer = await ask('/v1/models/fraud/versions/1/evaluation');
  expect(answer.status).toBe(200);
  expect((await answer.json()) as EvaluationReport).toEqual(JSON.parse(fitted.evaluation));
});

it('says that a version has no report', async () => {
  const answer = await ask('/v1/models/fraud/versions/2/evaluation');
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('there is no evaluation report of fraud@2');
});

it('gives the card as Markdown to who asks for text, else as JSON', async () => {
  for (const [path, accept] of [
    ['/v1/models/fraud/versions/1/card', 'text/markdown'],
    ['/v1/models/fraud/versions/1/card?format=markdown', 'application/json'],
  ] as const) {
    const text = await ask(path, { accept });
    expect(text.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const markdown = await text.text();
    expect(markdown).toContain('# fraud@1\n');
    expect(markdown).toContain('playhead replay rebuild fraud@1');
    expect(markdown).toContain('## Calibration');
  }
  const json = await ask('/v1/models/fraud/versions/1/card', { accept: '*/*' });
  expect(json.headers.get('content-type')).toContain('application/json');
  expect((await ask('/v1/models/fraud/versions/1/card?format=pdf')).status).toBe(400);
});

it('tells decisions as they stood then', async () => {
  const cardAt = async (asOf?: string): Promise<ModelCard> =>
    (await (
      await ask(`/v1/models/fraud/versions/1/card${asOf === undefined ? '' : `?asOf=${asOf}`}`)
    ).json()) as ModelCard;
  const before = new Date(clock.now()).toISOString();
  const promoted = await post('/v1/models/fraud/versions/1/promote', '{"alias":"champion"}');
  expect(promoted.status).toBe(200);
  expect((await cardAt()).governance).toMatchObject({ status: 'passed', aliases: ['champion'] });
  expect((await cardAt(before)).governance!.aliases).toEqual([]);
  expect((await ask('/v1/models/fraud/versions/champion/card')).status).toBe(200);
});

it('has a card of a version of which there is little', async () => {
  const card = (await (await ask('/v1/models/fraud/versions/2/card')).json()) as ModelCard;
  expect(card).toMatchObject({
    model_details: { name: 'fraud', version: 2 },
    analyses: null,
    reproduction: { command: null },
  });
});
