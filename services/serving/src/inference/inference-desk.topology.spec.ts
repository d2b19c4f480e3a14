import {
  AliasAssigned,
  DeploymentUpdated,
  ModelVersionRegistered,
  ModelVersionReviewed,
  TOPICS,
  type EventOf,
  type RouteFact,
} from '#contracts';
import { ModelShelf } from '#folds';
import { PlatformError } from '#kernel';
import { followDeployments } from '#runtime';
import { ServiceWorld } from '#testing';
import { modelBytes } from '../serving.testing';
import type { InferenceMetrics, RequestLog } from './hooks';
import type { InferAnswer, InferCall } from './infer-call';
import { InferenceDesk } from './inference-desk';
import { followRegisteredModels } from './registered-models';
import { ServedModels, type ServedModelsParts } from './served-models';

const FEATURES = ['a', 'b'];

class DeskWorld extends ServiceWorld {
  desk!: InferenceDesk;
  models!: ServedModels;
  parts!: ServedModelsParts;
  readonly told: string[] = [];
  /** What the log of requests does with an answer. */
  append: RequestLog['append'] = () => undefined;
  private ids = 0;

  static async make(): Promise<DeskWorld> {
    const world = new DeskWorld('serving');
    await world.topics(1, TOPICS.deployments, TOPICS.models);
    await world.start((serviceLog) => {
      const [control, registered] = [followDeployments(serviceLog), followRegisteredModels(serviceLog)];
      const shelf = new ModelShelf({ artifacts: world.artifacts });
      const { sleep, logger, clock } = world.ports;
      world.parts = { control, registered, shelf, batching: {}, sleep, logger };
      world.models = new ServedModels(world.parts);
      const metrics: InferenceMetrics = {
        answered: (call, { version }, { totalMs, inferMs }) =>
          void world.told.push(`${call.model} ${version} ${totalMs >= inferMs}`),
        failed: (call, error, _, served) =>
          void world.told.push(`${call.model} ${(error as PlatformError).code} ${served?.version}`),
      };
      world.desk = new InferenceDesk({
        models: world.models,
        clock,
        nextId: () => `made-${++world.ids}`,
        metrics,
        requestLog: { append: (call, answer) => world.append(call, answer) },
      });
      const stop = async (): Promise<void> => {
        await Promise.all([control.stop(), registered.stop()]);
        await shelf.close();
      };
      return [{ start: () => world.models.start(), stop }];
    });
    return world;
  }

  async register(version: number, features = FEATURES): Promise<RouteFact> {
    const artifact = await this.artifacts.put(modelBytes(version));
    const { sample } = ModelVersionRegistered;
    const service = { ...sample.service, features };
    const fact = { ...sample, version, artifact, task: 'regression' as const, service };
    await this.fact(TOPICS.models, ModelVersionRegistered, fact);
    return { ...DeploymentUpdated.sample.routes[0]!, version, artifact, features };
  }

  async deploy(
    routes: readonly RouteFact[],
    change: Partial<EventOf<typeof DeploymentUpdated>> = {},
  ): Promise<void> {
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...DeploymentUpdated.sample,
      task: 'regression',
      routes: [...routes],
      ...change,
    });
  }

  /** 3 * slope, where the slope is the version. */
  ask(model: string, change: Partial<InferCall> = {}): Promise<InferAnswer> {
    return this.desk.infer({
      model,
      rows: 1,
      matrix: Float32Array.of(3, 0),
      protocol: 'rest-v2',
      ...change,
    });
  }

  /** Waits until a name is answered by a version. */
  answers(model: string, version: string): Promise<void> {
    return this.until(`${model} is answered by ${version}`, () =>
      this.ask(model).then(
        (answer) => answer.version === version,
        () => false,
      ),
    );
  }
}

describe('the desk', () => {
  let world: DeskWorld;
  beforeEach(async () => {
    world = await DeskWorld.make();
  });
  afterEach(() => world.stop());

  it('finds versions by number, and who answers for a model by its own name', async () => {
    await world.register(1);
    await world.register(2);
    await world.answers('model.fraud', '2');
    await world.fact(TOPICS.models, ModelVersionReviewed, {
      ...ModelVersionReviewed.sample,
      version: 2,
      verdict: 'rejected',
    });
    await world.answers('model.fraud', '1');
    await expect(world.ask('model.fraud', { version: '2' })).rejects.toMatchObject({
      code: 'PLAYHEAD_NOT_FOUND',
      message: expect.stringContaining('was rejected') as string,
    });
    await world.register(3);
    await world.answers('model.fraud', '3');
    await world.fact(TOPICS.models, AliasAssigned, { ...AliasAssigned.sample, version: 1, previous: null });
    await world.answers('model.fraud', '1');
    const { values, route } = await world.ask('model.fraud', { version: '3' });
    expect([Math.round(values[0]!), route]).toEqual([9, 'version']);
    expect(world.desk.index()).toEqual([{ name: 'model.fraud', version: '1', state: 'READY', reason: '' }]);
    await expect(world.ask('fraud')).rejects.toMatchObject({ code: 'PLAYHEAD_NOT_FOUND' });
  });

  it('gives an entity its route and keeps it there; without one the id decides, and is made where there is none', async () => {
    const [champion, canary] = [await world.register(1), await world.register(2)];
    await world.deploy([champion, { ...canary, route: 'canary', share: 50 }], { salt: 's' });
    await world.until('the deployment', () => Promise.resolve(world.models.deployments().length === 1));
    const routeOf = async (key: string): Promise<string> => (await world.ask('fraud', { key })).route;
    const keys = Array.from({ length: 40 }, (_, i) => `C${i}`);
    const first = await Promise.all(keys.map(routeOf));
    expect(new Set(first)).toEqual(new Set(['champion', 'canary']));
    expect(await Promise.all(keys.map(routeOf))).toEqual(first);
    const byId = await world.ask('fraud', { id: keys[0]! });
    expect([byId.route, byId.id]).toEqual([first[0], keys[0]]);
    expect((await world.ask('fraud')).id).toMatch(/^made-/);
    expect((await world.ask('fraud', { version: '1' })).id).toBeUndefined();
  });

  it('lets the champion answer where a route reads other features than the caller sends', async () => {
    const [champion, canary] = [await world.register(1), await world.register(2, ['b', 'a'])];
    await world.deploy([champion, { ...canary, route: 'canary', share: 99 }]);
    await world.answers('fraud', '1');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => world.ask('fraud', { key: `C${i}` })),
    );
    expect(new Set(answers.map(({ route }) => route))).toEqual(new Set(['champion']));
  });

  it('answers once the log has the request, under an id', async () => {
    await world.deploy([await world.register(1)], { logging: { mode: 'durable' } });
    await world.answers('fraud', '1');
    let acknowledge = (): void => undefined;
    const seen: (string | undefined)[] = [];
    world.append = (_, { id }) => {
      seen.push(id);
      return new Promise((resolve) => (acknowledge = resolve));
    };
    let answered = false;
    const asking = world.ask('fraud').then(({ id }) => {
      answered = true;
      return id;
    });
    await world.until('the log is asked', () => Promise.resolve(seen.length === 1));
    expect(answered).toBe(false);
    acknowledge();
    expect(await asking).toBe(seen[0]);
    world.append = () => Promise.reject(new PlatformError('PLAYHEAD_LOG_UNAVAILABLE', 'retry', 'away'));
    await expect(world.ask('fraud')).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_UNAVAILABLE' });
  });

  it('counts what it answered and what it did not, and tells the metrics', async () => {
    await world.deploy([await world.register(1)]);
    await world.answers('fraud', '1');
    const [before] = world.desk.statistics('fraud', '1');
    world.told.length = 0;
    const aborted = new AbortController();
    aborted.abort();
    await world.ask('fraud', { rows: 2, matrix: new Float32Array(4) });
    const codes = await Promise.all(
      [
        world.ask('fraud', { matrix: new Float32Array(3) }),
        world.ask('fraud', { deadlineMs: performance.now() - 1 }),
        world.ask('fraud', { signal: aborted.signal }),
        world.ask('nobody'),
      ].map((asking) => asking.catch((error: PlatformError) => error.code)),
    );
    expect(codes).toEqual([
      'PLAYHEAD_INFERENCE_INVALID',
      'PLAYHEAD_DEADLINE_EXCEEDED',
      'PLAYHEAD_CANCELLED',
      'PLAYHEAD_NOT_FOUND',
    ]);
    const [after] = world.desk.statistics('fraud', '1');
    expect(after!.inferences - before!.inferences).toBe(2);
    expect(after!.executions - before!.executions).toBe(1);
    expect(after!.success.count - before!.success.count).toBe(1);
    expect(after!.fail.count - before!.fail.count).toBe(3);
    expect(after!.batches.map(({ batchSize }) => batchSize)).toContain(2);
    expect([...world.told].sort()).toEqual([
      'fraud 1 true',
      'fraud PLAYHEAD_CANCELLED 1',
      'fraud PLAYHEAD_DEADLINE_EXCEEDED 1',
      'fraud PLAYHEAD_INFERENCE_INVALID 1',
      'nobody PLAYHEAD_NOT_FOUND undefined',
    ]);
  });

  it('says why a deployment without a version cannot answer', async () => {
    await world.deploy([], { state: 'waiting' });
    await world.until('the deployment', () => Promise.resolve(world.models.deployments().length === 1));
    await expect(world.ask('fraud')).rejects.toMatchObject({ code: 'PLAYHEAD_NOT_READY' });
    expect(world.desk.index()).toMatchObject([{ name: 'fraud', state: 'UNAVAILABLE' }]);
    expect(() => world.desk.ready('fraud')).toThrow('waits: no version of fraud has the alias champion');
  });

  it('does not say that a name is unknown before it has read which there are', async () => {
    const unread = new ServedModels(world.parts);
    expect(() => unread.find('fraud', undefined, undefined)).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_NOT_READY' }),
    );
    await world.deploy([await world.register(1)]);
    await world.answers('fraud', '1');
    await unread.start();
    expect(unread.find('fraud', undefined, undefined).version).toBe('1');
    expect(() => unread.find('nobody', undefined, undefined)).toThrow('there is no deployment nobody');
  });

  it('scores no rows', async () => {
    await world.deploy([await world.register(1)]);
    await world.answers('fraud', '1');
    expect(await world.ask('fraud', { rows: 0, matrix: new Float32Array(0) })).toMatchObject({
      rows: 0,
      values: new Float32Array(0),
    });
  });
});
