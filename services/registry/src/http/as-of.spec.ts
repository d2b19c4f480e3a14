import { MemoryArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, encodeEvent } from '#contracts';
import { createMemoryLog } from '#eventlog';
import { MovableClock, Rng } from '#kernel';
import { createLogger, createMetrics, loadConfig, startService, type RunningService } from '#runtime';
import { apply as fold } from '../domain/evolve';
import { INPUT_CONTRACTS, type Input } from '../domain/inputs';
import { initialState } from '../domain/state';
import { registryConfig } from '../registry.config';
import { RegistryModule } from '../registry.module';
import {
  apply,
  cancel,
  changedWindow,
  judged,
  note,
  promote,
  removeAlias,
  reportCompleted,
  reportFailed,
  review,
  rollBack,
  steer,
  train,
  withRollout,
} from '../registry.testing';

jest.setTimeout(60_000);

const seed = Number(process.env['PLAYHEAD_SEED'] ?? 20_180_506);
const rng = new Rng(seed);
const pick = <T>(items: readonly T[]): T => items[Math.floor(rng.uniform() * items.length)]!;

const INPUTS = 70;
const clock = new MovableClock(Date.UTC(2026, 0, 1));
const log = createMemoryLog({ now: () => clock.now() });
let service: RunningService;

beforeAll(async () => {
  await log.ensureTopics([{ name: `past.${TOPICS.runs}`, partitions: 1 }]);
  service = await startService({
    config: loadConfig(registryConfig, {
      PLAYHEAD_NAMESPACE: 'past',
      PLAYHEAD_PORT: '0',
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
    }),
    module: RegistryModule,
    ports: {
      log,
      artifacts: new MemoryArtifactStore('past'),
      clock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)).unref()),
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
  while ((await log.partitionCount(`past.${TOPICS.registryInputs}`)) === undefined)
    await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => service.stop());

const get = async (path: string): Promise<unknown> => {
  const answer = await fetch(`${service.url}${path}`);
  return [answer.status, await answer.json()];
};

/** Every read of the registry, of things that are there and of one that is not yet. */
const READS = [
  '/v1/definitions',
  '/v1/definitions?search=fraud',
  '/v1/definitions/FeatureView',
  '/v1/definitions/Model/fraud',
  '/v1/definitions/FeatureService/fraud',
  '/v1/models',
  '/v1/models/fraud',
  '/v1/models/fraud/versions',
  '/v1/models/fraud/versions/1',
  '/v1/models/fraud/versions/champion',
  '/v1/models/search?q=fraud',
  '/v1/models/search?q=metric.average_precision>0.5 tag.team=risk',
  '/v1/models/search?q=alias=champion',
  '/v1/models/search?q=status!=failed',
  '/v1/models/fraud/diff?from=1&to=champion',
  '/v1/runs?limit=1000',
  '/v1/runs?status=completed',
  '/v1/runs/run-0-3',
  '/v1/deployments',
  '/v1/deployments/fraud',
  '/v1/deployments/fraud/rollout',
  '/v1/replays',
];

const everything = (asOf?: string): Promise<unknown[]> =>
  Promise.all(
    READS.map((path) =>
      get(
        asOf === undefined
          ? path
          : `${path}${path.includes('?') ? '&' : '?'}asOf=${encodeURIComponent(asOf)}`,
      ),
    ),
  );

const append = async ({ type, value }: Input, id: number): Promise<void> => {
  const contract = INPUT_CONTRACTS[type];
  const headers = new EnvelopeTemplate({ type: contract.type, source: 'test' }).headers(
    `i-${id}`,
    new Date(clock.now()).toISOString(),
  );
  const producer = log.producer();
  const topic = `past.${TOPICS.registryInputs}`;
  await producer.send([
    { topic, partition: 0, key: null, value: encodeEvent(contract, value as never), headers },
  ]);
  await producer.close();
};

const runs: string[] = [];
let versions = 0;
let reports = 0;
let verdicts = 0;
let state = initialState;

const PROJECT = withRollout('rollout: { strategy: canary, interval: 1h }');

/** Anything that may come, also what is refused. */
const next = (offset: number): Input => {
  if (offset === 0) return apply(PROJECT);
  const run = pick(runs.length > 0 ? runs : ['run-0-999']);
  const version = 1 + Math.floor(rng.uniform() * (versions + 1));
  const wanted = rng.uniform();
  if (wanted < 0.25) return train();
  if (wanted < 0.5) {
    versions++;
    return reportCompleted(reports++, runs.shift() ?? run, rng.uniform());
  }
  if (wanted < 0.65) return promote(version, pick(['champion', 'champion', 'challenger']));
  if (wanted < 0.73)
    return judged(
      pick(['fine', 'fine', 'undecided', 'worse']),
      verdicts++,
    )({ deployments: state.deployments });
  if (wanted < 0.75) return steer(pick(['pause', 'resume', 'promote', 'abort']));
  if (wanted < 0.82) return rollBack();
  if (wanted < 0.84) return removeAlias(pick(['challenger', 'champion']));
  if (wanted < 0.88) return note(pick([undefined, version]), { team: pick(['risk', 'cards', null]) });
  if (wanted < 0.9) return apply(changedWindow(pick(['1d', '2d', '7d']), PROJECT));
  if (wanted < 0.93) return review(version, pick(['approved', 'rejected']));
  return pick([reportFailed(reports++, run), cancel(run)]);
};

it(`at 20 random positions, and their times, gives what was answered live then (seed ${seed})`, async () => {
  const chosen = new Set<number>();
  while (chosen.size < 20) chosen.add(Math.floor(rng.uniform() * INPUTS));
  const live = new Map<number, { readonly answers: unknown[]; readonly time: number }>();
  for (let offset = 0; offset < INPUTS; offset++) {
    const input = next(offset);
    if (input.type === 'training') runs.push(`run-0-${offset}`);
    clock.advance(60_000);
    await append(input, offset);
    ({ state } = fold(state, input, { offset, time: new Date(clock.now()).toISOString() }));
    if (!chosen.has(offset)) continue;
    while (((await get(`/v1/models?asOf=0-${offset}`)) as [number])[0] !== 200)
      await new Promise((resolve) => setTimeout(resolve, 1));
    live.set(offset, { answers: await everything(), time: clock.now() });
  }
  const taken = [...live.values()].map(({ answers }) => answers.map((answer) => JSON.stringify(answer)));
  expect(new Set(taken.map((answers) => answers.join())).size).toBeGreaterThan(10);
  expect(new Set(taken.map((answers) => answers[READS.indexOf('/v1/deployments')])).size).toBeGreaterThan(3);
  for (const [offset, { answers, time }] of live) {
    expect(await everything(`0-${offset}`)).toEqual(answers);
    if (offset % 3 === 0) continue;
    expect(await everything(new Date(time + (offset % 2) * 30_000).toISOString())).toEqual(answers);
  }
});

it('knew nothing before the first input, and refuses a position that is still to come', async () => {
  const past = await everything('2025-12-31T00:00:00Z');
  const [status, models] = past[READS.indexOf('/v1/models')] as [number, unknown];
  expect([status, models]).toEqual([200, { models: [] }]);
  expect(await get(`/v1/deployments?asOf=0-${INPUTS}`)).toMatchObject([
    400,
    { error: { code: 'PLAYHEAD_POSITION_INVALID' } },
  ]);
});

it('is the same after its state was dropped and built anew, also while requests come in', async () => {
  const before = await everything('0-40');
  const digest = async (): Promise<unknown> => get('/v1/state/digest');
  const at = await digest();
  const rebuild = fetch(`${service.url}/v1/state/rebuild`, { method: 'POST' });
  await append(train(), INPUTS);
  const answer = await rebuild;
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    {
      service: 'registry',
      ok: true,
      models: expect.arrayContaining([expect.objectContaining({ name: 'memory', equal: true })]) as unknown,
    },
  ]);
  expect(await everything('0-40')).toEqual(before);
  while (((await get(`/v1/models?asOf=0-${INPUTS}`)) as [number])[0] !== 200)
    await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await digest()).not.toEqual(at);
});
