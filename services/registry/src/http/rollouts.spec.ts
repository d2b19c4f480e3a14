import { MemoryArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, encodeEvent } from '#contracts';
import { createMemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { createLogger, createMetrics, loadConfig, startService, type RunningService } from '#runtime';
import { INPUT_CONTRACTS, type Input } from '../domain/inputs';
import { registryConfig } from '../registry.config';
import { RegistryModule } from '../registry.module';
import { apply, promote, reportCompleted, train, withRollout } from '../registry.testing';

const clock = new MovableClock(Date.UTC(2026, 0, 1));
const log = createMemoryLog({ now: () => clock.now() });
let service: RunningService;

beforeAll(async () => {
  await log.ensureTopics([{ name: `steps.${TOPICS.runs}`, partitions: 1 }]);
  service = await startService({
    config: loadConfig(registryConfig, {
      PLAYHEAD_NAMESPACE: 'steps',
      PLAYHEAD_PORT: '0',
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
    }),
    module: RegistryModule,
    ports: {
      log,
      artifacts: new MemoryArtifactStore('steps'),
      clock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)).unref()),
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
  const story: Input[] = [
    apply(withRollout('rollout: { strategy: canary, interval: 1h }')),
    train(),
    train(),
    reportCompleted(0, 'run-0-1'),
    reportCompleted(1, 'run-0-2'),
    promote(1),
    promote(2),
  ];
  const producer = log.producer();
  for (const [id, { type, value }] of story.entries()) {
    clock.advance(1_000);
    const template = new EnvelopeTemplate({ type: INPUT_CONTRACTS[type].type, source: 'test' });
    const headers = template.headers(`i-${id}`, new Date(clock.now()).toISOString());
    const topic = `steps.${TOPICS.registryInputs}`;
    await log.ensureTopics([{ name: topic, partitions: 1 }]);
    await producer.send([
      { topic, partition: 0, key: null, value: encodeEvent(INPUT_CONTRACTS[type], value as never), headers },
    ]);
  }
  await producer.close();
  while ((await ask('GET', '/v1/deployments/fraud/rollout?asOf=0-6')).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => service.stop());

const ask = async (
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<{
  status: number;
  body: {
    rollout: { status: string } | null;
    story: object[];
    routes: object[];
    error?: { code: string; message: string };
  };
}> => {
  clock.advance(1_000);
  const answer = await fetch(`${service.url}${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: { 'x-playhead-actor': 'grace', ...(body && { 'content-type': 'application/json' }) },
  });
  return { status: answer.status, body: (await answer.json()) as never };
};

it('tells who answers, how far the rollout is, and what happened', async () => {
  const { body } = await ask('GET', '/v1/deployments/fraud/rollout');
  expect(body).toEqual({
    deployment: 'fraud',
    model: 'fraud',
    alias: 'champion',
    routes: [
      { route: 'champion', version: 1, share: 95 },
      { route: 'canary', version: 2, share: 5 },
    ],
    salt: 'fraud/2',
    rollout: {
      status: 'running',
      strategy: 'canary',
      version: 2,
      baseline: 1,
      step: 0,
      steps: [5, 25, 100],
      share: 5,
      abort: [],
      began: '0-6',
      since: '2026-01-01T00:00:07.000Z',
      intervalMs: 3_600_000,
      judgedAfter: '2026-01-01T01:00:07.000Z',
      position: '0-6',
      decidedAt: '2026-01-01T00:00:07.000Z',
    },
    experiment: null,
    story: [
      {
        change: 'began',
        step: 0,
        share: 5,
        reason: 'champion of fraud is version 2; version 1 answered before',
        by: 'ada',
        measured: [],
        evidence: [],
        position: '0-6',
        decidedAt: '2026-01-01T00:00:07.000Z',
      },
    ],
  });
});

it('is steered, answers when it is decided, and keeps what held before', async () => {
  const held = await ask('POST', '/v1/deployments/fraud/rollout/pause', { comment: 'a public holiday' });
  expect(held).toMatchObject({
    status: 201,
    body: {
      rollout: { status: 'paused' },
      story: [{}, { change: 'paused', by: 'grace', reason: 'held at 5 %: a public holiday' }],
    },
  });
  expect((await ask('POST', '/v1/deployments/fraud/rollout/resume')).body.rollout).toMatchObject({
    status: 'running',
  });
  const back = await ask('POST', '/v1/deployments/fraud/rollout/abort');
  expect(back.body).toMatchObject({
    routes: [{ route: 'champion', version: 1, share: 100 }],
    rollout: { status: 'aborted' },
  });
  expect((await ask('GET', '/v1/deployments/fraud/rollout?asOf=0-7')).body.rollout).toMatchObject({
    status: 'paused',
  });
  expect((await ask('GET', '/v1/deployments/fraud/rollout?asOf=0-5')).body.rollout).toBeNull();
});

it.each([
  [
    '/v1/deployments/fraud/rollout/abort',
    409,
    'fraud has no rollout under way: that of version 2 is aborted',
  ],
  ['/v1/deployments/nobody/rollout/abort', 404, 'there is no deployment nobody'],
  ['/v1/deployments/fraud/rollout/stop', 404, 'a rollout knows pause, resume, promote, abort, not "stop"'],
])('refuses %s with %d', async (path, status, message) => {
  expect(await ask('POST', path)).toMatchObject({ status, body: { error: { message } } });
});
