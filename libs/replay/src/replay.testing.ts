import {
  DefinitionApplied,
  DeploymentUpdated,
  TOPICS,
  compileProject,
  decodeEvent,
  evolveDeployments,
  loadDefinitions,
  type CompiledFeatureService,
  type Deployments,
} from '#contracts';
import type { FollowedTopic, Fold, FoldRunner } from '#eventlog';
import { ModelShelf, onObservations, onVectors, servicesAfter, type Services } from '#folds';
import { ENGINE_VERSION } from '#features';
import { trainerOf } from '#learn';
import type { ServiceLog, Worker } from '#runtime';
import { ServiceWorld } from '#testing';

export const OBSERVATIONS = TOPICS.observations('payments');
export const VECTORS = TOPICS.vectors('spend');
export const PREDICTIONS = TOPICS.predictions('risk');
export const SHADOWS = TOPICS.shadows('risk');
export const PARTITIONS = 2;
const START = Date.parse('2026-01-01T00:00:00.000Z');

/** The smallest project with windows; `days` tells revisions apart. */
export const projectOf = (days = 7): string => `
kind: Stream
name: payments
spec:
  key: customer
  id: payment
  time: at
  partitions: ${PARTITIONS}
  fields: { payment: {type: string}, at: {type: timestamp}, customer: {type: string}, amount: {type: number, decimals: 2} }
---
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer
  features:
    - { name: amount, value: amount }
    - { name: count_1d, aggregate: count, window: 1d }
    - { name: mean_${days}d, aggregate: mean, of: amount, window: ${days}d }
---
kind: FeatureService
name: spend
spec: { trigger: payments, views: [spend] }
`;

export const compiledOf = (
  text: string,
): { digest: string; compiled: CompiledFeatureService; spec: object } => {
  const { project } = loadDefinitions([{ path: 'playhead.yaml', text }]);
  const service = compileProject(project, String(ENGINE_VERSION)).find(
    ({ kind }) => kind === 'FeatureService',
  )!;
  return {
    digest: service.digest,
    compiled: service.compiled as CompiledFeatureService,
    spec: service.spec as unknown as object,
  };
};

/** A linear model over the three features; `slope` tells versions apart. */
export const modelBytes = (slope: number): Uint8Array => {
  const columns = [0, 1, 2].map((k) => Float64Array.from({ length: 12 }, (_, n) => (n * (k + 3)) % 7));
  const labels = columns[0]!.map((value, n) => slope * value + columns[2]![n]!);
  return trainerOf('linear')
    .fit({ featureNames: ['a', 'b', 'c'], columns, labels }, { l2: 0 }, { task: 'regression', seed: 0 })
    .toOnnx();
};

const asWorker = (runner: FoldRunner<never, never>): Worker => ({
  start: () => runner.start(),
  stop: () => runner.stop(),
});

/** Runners begin to follow by themselves; somebody has to end it. */
const following = (topic: Pick<FollowedTopic<unknown>, 'stop'>): Worker => ({
  start: () => Promise.resolve(),
  stop: () => topic.stop(),
});

/** The hot path over the log in memory: observations, vectors and predictions as the services write them. */
export class HotPath extends ServiceWorld {
  services!: FollowedTopic<Services>;
  private made = 0;

  static async make(): Promise<HotPath> {
    const world = new HotPath('feature');
    await world.topics(1, TOPICS.definitions, TOPICS.deployments, TOPICS.servingStatus);
    await world.topics(1, TOPICS.deadLetters('feature'), TOPICS.deadLetters('serving'));
    await world.topics(PARTITIONS, OBSERVATIONS, VECTORS, PREDICTIONS);
    return world;
  }

  async apply(revision = '1', days = 7): Promise<void> {
    const { digest, compiled, spec } = compiledOf(projectOf(days));
    await this.fact(TOPICS.definitions, DefinitionApplied, {
      kind: 'FeatureService',
      name: 'spend',
      revision,
      digest,
      spec: spec as Record<string, unknown>,
      compiled: compiled as unknown as Record<string, unknown>,
      applied_by: 'test',
    });
  }

  /** `routes` stand beside the champion, on the same revision. */
  async deploy(
    version: number,
    revision = '1',
    days = 7,
    routes: readonly { route: string; version: number; share?: number; model?: Uint8Array }[] = [],
  ): Promise<string> {
    const artifact = await this.artifacts.put(modelBytes(version));
    const beside = await Promise.all(
      routes.map(async ({ model, ...rest }) => ({
        ...rest,
        artifact: await this.artifacts.put(model ?? modelBytes(rest.version)),
      })),
    );
    const { sample } = DeploymentUpdated;
    const { digest, compiled } = compiledOf(projectOf(days));
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      deployment: 'risk',
      model: 'risk',
      task: 'regression',
      threshold: 100,
      from: 'beginning',
      service: {
        ...sample.service,
        name: 'spend',
        trigger: 'payments',
        key: 'customer',
        partitions: PARTITIONS,
        revision,
        digest,
        features: [...compiled.features],
      },
      routes: [{ route: 'champion', version, artifact }, ...beside].map((route) => ({
        ...sample.routes[0]!,
        ...route,
        revision,
        definition: digest,
        features: [...compiled.features],
      })),
    });
    return artifact;
  }

  /** Payments of a few customers, spread over the partitions, an hour apart. */
  async pay(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      const n = this.made++;
      const partition = n % PARTITIONS;
      const customer = `c-${partition}-${n % 5}`;
      const at = new Date(START + n * 3_600_000).toISOString();
      const event = { payment: `p-${n}`, at, customer, amount: ((n * 37) % 1_000) / 100 };
      await this.raw(OBSERVATIONS, Buffer.from(JSON.stringify(event)), {
        type: 'ingestion.observation.recorded',
        partition,
        key: customer,
        id: `${partition}-${n}`,
        time: at,
      });
    }
  }

  /** Lets the workers of the hot path do what is there to do, in stretches of `maxRecords`. */
  async run(maxRecords = 3, snapshotEvery?: number): Promise<void> {
    const observed = await this.count(OBSERVATIONS);
    await this.start((serviceLog) => this.workersOf(serviceLog, maxRecords, snapshotEvery));
    await this.untilRecords(PREDICTIONS, observed);
    await this.stop();
  }

  async count(topic: string): Promise<number> {
    return (await this.log.ends(this.topic(topic))).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  workersOf(serviceLog: ServiceLog, maxRecords = 3, snapshotEvery?: number): Worker[] {
    this.services = serviceLog.followed<Services>(TOPICS.definitions, {
      initial: new Map(),
      evolve: servicesAfter,
    });
    const deployments = serviceLog.followed<Deployments>(TOPICS.deployments, {
      initial: new Map(),
      evolve: (known, record) => evolveDeployments(known, decodeEvent(DeploymentUpdated, record.value)),
    });
    const shared = { maxRecords, ...(snapshotEvery !== undefined && { snapshotEvery }) };
    const vectors = serviceLog.runner({
      ...shared,
      fold: onObservations({
        service: 'spend',
        stream: 'payments',
        vectors: this.topic(VECTORS),
      }),
      source: OBSERVATIONS,
      primary: VECTORS,
      control: this.services,
    });
    const predictions = serviceLog.runner({
      ...shared,
      fold: onVectors({
        deployment: 'risk',
        predictions: this.topic(PREDICTIONS),
        shadows: this.topic(SHADOWS),
        shadowsBegin: () => this.topics(PARTITIONS, SHADOWS),
        failing: () => undefined,
        service: 'spend',
        shelf: new ModelShelf({ artifacts: this.artifacts }),
      }) as Fold<null, Deployments>,
      source: VECTORS,
      primary: PREDICTIONS,
      control: deployments,
    });
    return [
      following(this.services),
      following(deployments),
      asWorker(vectors as never),
      asWorker(predictions as never),
    ];
  }
}
