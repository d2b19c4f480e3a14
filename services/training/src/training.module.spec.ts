import { MemoryArtifactStore } from '#artifacts';
import { createMemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { createLogger, createMetrics, loadConfig, sleep, startService, type RunningService } from '#runtime';
import { trainingConfig } from './training.config';
import { TrainingModule } from './training.module';

let service: RunningService;

beforeAll(async () => {
  service = await startService({
    config: loadConfig(trainingConfig, {
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
      PLAYHEAD_PORT: '0',
      LOG_LEVEL: 'silent',
    }),
    module: TrainingModule,
    ports: {
      log: createMemoryLog(),
      artifacts: new MemoryArtifactStore('test'),
      clock: new MovableClock(),
      sleep,
      logger: createLogger({ service: 'training', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
});
afterAll(() => service.stop());

const get = async (path: string): Promise<unknown> => {
  const answer = await fetch(`${service.url}${path}`);
  return [answer.status, await answer.json()];
};

it('is ready while the services that it hears from are not there yet, and lists no runs', async () => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(10)) {
    if ((await fetch(`${service.url}/health/ready`)).status === 200) break;
  }
  expect(await get('/health/ready')).toMatchObject([200, { status: 'ready' }]);
  expect(await get('/v1/runs')).toEqual([200, { runs: [] }]);
});

it('says that a run is not known', async () => {
  expect(await get('/v1/runs/run-0-1')).toMatchObject([404, { error: { code: 'PLAYHEAD_NOT_FOUND' } }]);
});
