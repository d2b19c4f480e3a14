import {
  DefinitionApplied,
  DeploymentUpdated,
  ModelVersionRegistered,
  TOPICS,
  compileProject,
  loadDefinitions,
  type CompiledFeatureService,
  type CompiledStream,
  type Deployments,
  type EventOf,
} from '#contracts';
import { NoControl, type EventLog, type FollowedTopic, type FoldRunner } from '#eventlog';
import { ENGINE_VERSION } from '#features';
import {
  ModelShelf,
  onInputs,
  onObservations,
  onSource,
  PartsGate,
  onVectors,
  servicesAfter,
  type Services,
} from '#folds';
import { partitionOf } from '#kernel';
import { trainerOf } from '#learn';
import { LatestVectors, followDeployments, type ServiceLog, type Worker } from '#runtime';
import { ServiceWorld } from '#testing';
import { InferenceDesk, ServedModels, followRegisteredModels } from '../inference';
import { AnsweredRequests } from '../requests';
import { compileEventReader } from './event-reader';
import { EventFeatures, type EventFeaturesOptions } from './event-features';
import { Explainers } from './explainers';
import { Predictor } from './predictor';

export const PARTITIONS = 2;
export const OBSERVATIONS = TOPICS.observations('payments');
export const VECTORS = TOPICS.vectors('svc');
export const PREDICTIONS = TOPICS.predictions('risk');

/** Spending of the customer, and where `terminals` is said, the traffic of the terminal: a stage. */
export const projectOf = ({ terminals = false, days = 7 } = {}): string => `
kind: Stream
name: payments
spec:
  key: customer
  id: payment
  time: at
  partitions: ${PARTITIONS}
  fields:
    payment: { type: string }
    at: { type: timestamp }
    customer: { type: string }
    terminal: { type: string, required: false, nullable: true }
    amount: { type: number, decimals: 2, min: 0 }
  rules: [ { name: small, check: "amount < 1000.0", message: too much at once } ]
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
kind: FeatureView
name: traffic
spec:
  stream: payments
  entity: terminal
  features: [ { name: terminal_1h, aggregate: count, window: 1h }, { name: terminal_sum, aggregate: sum, of: amount, window: 1d } ]
---
kind: FeatureService
name: svc
spec: { trigger: payments, views: [spend${terminals ? ', traffic' : ''}] }
`;

export interface Payment {
  readonly payment: string;
  readonly at: string;
  readonly customer: string;
  readonly terminal?: string | null;
  readonly amount: number;
}

export interface SeenVector {
  readonly event_id: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface SeenPrediction {
  readonly event_id: string;
  readonly output: object;
  readonly decision?: boolean;
  readonly route: string;
  readonly version: number;
}

const asWorker = (runner: Pick<FoldRunner<never, never>, 'start' | 'stop'>): Worker => ({
  start: () => runner.start(),
  stop: () => runner.stop(),
});

/** The hot path over the log in memory beside the predictions for events: observations, vectors and predictions as the services make them. */
export class EventsWorld extends ServiceWorld {
  compiled!: CompiledFeatureService;
  stream!: CompiledStream;
  control!: FollowedTopic<Deployments>;
  predictor!: Predictor;
  events!: EventFeatures;
  private serviceLog!: ServiceLog;

  static async make(
    options: { readonly terminals?: boolean; readonly trainer?: 'gbdt' | 'linear' | 'kmeans' } = {},
    features: Partial<EventFeaturesOptions> = {},
  ): Promise<EventsWorld> {
    const world = new EventsWorld('feature');
    await world.topics(
      1,
      ...[TOPICS.definitions, TOPICS.deployments, TOPICS.models, TOPICS.servingStatus],
      ...[TOPICS.snapshots('feature'), TOPICS.deadLetters('serving')],
    );
    await world.topics(PARTITIONS, OBSERVATIONS, VECTORS, PREDICTIONS);
    if (options.terminals)
      await world.topics(PARTITIONS, TOPICS.featureInputs('svc', 'terminal'), TOPICS.parts('svc'));
    await world.apply(projectOf(options));
    await world.deploy(options.trainer ?? 'gbdt');
    await world.start((serviceLog) => [...world.hotPath(serviceLog), ...world.doors(serviceLog, features)]);
    return world;
  }

  /** The folds of feature and serving, as their services run them. */
  private hotPath(serviceLog: ServiceLog): Worker[] {
    const services = serviceLog.followed<Services>(TOPICS.definitions, {
      initial: new Map(),
      evolve: servicesAfter,
    });
    this.control = followDeployments(serviceLog);
    const staged = (this.compiled.stages ?? []).length > 0;
    const partsName = TOPICS.parts('svc');
    const gate = new PartsGate({
      log: this.log,
      ...{ triggers: serviceLog.topic(OBSERVATIONS), parts: serviceLog.topic(partsName), partsName },
      stages: () => ['terminal'],
    });
    const vectors = serviceLog.runner({
      fold: onObservations({
        ...{ service: 'svc', stream: 'payments', vectors: serviceLog.topic(VECTORS) },
        ...(staged && { parts: (trigger) => gate.take(trigger) }),
      }),
      source: OBSERVATIONS,
      group: 'feature.vectors.svc',
      primary: VECTORS,
      control: services,
      // So that what is restored is a snapshot and what came after it.
      snapshotEvery: 4,
      ...(staged && { gate }),
    });
    const shelf = new ModelShelf({ artifacts: this.artifacts });
    const predictions = serviceLog.runner({
      fold: onVectors({
        ...{ deployment: 'risk', predictions: serviceLog.topic(PREDICTIONS), service: 'svc', shelf },
      }),
      source: VECTORS,
      primary: PREDICTIONS,
      control: this.control,
    });
    return [
      ...(staged ? this.stage(serviceLog, services) : []),
      asWorker(vectors),
      asWorker(predictions),
      { start: () => Promise.resolve(), stop: () => services.stop() },
    ];
  }

  private stage(serviceLog: ServiceLog, services: FollowedTopic<Services>): Worker[] {
    const inputs = TOPICS.featureInputs('svc', 'terminal');
    const parts = serviceLog.topic(TOPICS.parts('svc'));
    const router = serviceLog.runner({
      fold: onSource({
        ...{ service: 'svc', entity: 'terminal', stream: 'payments', trigger: 'payments', parts },
        inputs: { topic: serviceLog.topic(inputs), partitions: PARTITIONS },
      }),
      source: OBSERVATIONS,
      control: new NoControl(),
    });
    const stage = serviceLog.runner({
      fold: onInputs({ service: 'svc', entity: 'terminal', trigger: 'payments', parts }),
      source: inputs,
      control: services,
      snapshotEvery: 4,
    });
    return [asWorker(stage), asWorker(router)];
  }

  private doors(serviceLog: ServiceLog, features: Partial<EventFeaturesOptions>): Worker[] {
    this.serviceLog = serviceLog;
    const { log, sleep, logger, clock, metrics } = this.ports;
    const { artifacts, control } = this;
    const shelf = new ModelShelf({ artifacts });
    const registered = followRegisteredModels(serviceLog);
    const models = new ServedModels({ control, registered, shelf, batching: {}, sleep, logger });
    const requests = new AnsweredRequests({
      ...{ log, serviceLog, control, clock, sleep, logger, metrics },
      ...{ instance: 'test', maxQueuedBytes: 1_000_000, durableWaitMs: 1_000, retentionMs: 0 },
    });
    let made = 0;
    const desk = new InferenceDesk({ models, clock, nextId: () => `made-${made++}`, requestLog: requests });
    const vectors = new LatestVectors({ log, namespace: this.namespace, sleep });
    this.events = new EventFeatures({
      ...{ log, serviceLog, artifacts, clock, sleep, logger },
      ...{ maxBytes: 2 ** 30, patienceMs: 5_000, ...features },
    });
    const explainers = new Explainers(artifacts, registered);
    this.predictor = new Predictor({ models, desk, vectors, events: this.events, explainers });
    const stop = async (): Promise<void> => {
      await Promise.all([control.stop(), registered.stop()]);
      await shelf.close();
    };
    return [
      { start: () => models.start(), stop },
      { start: () => Promise.resolve(), stop: () => vectors.close() },
      requests,
      this.events,
    ];
  }

  /** Another instance's, begun now; told where it begins to read observations. */
  otherFeatures(begun: (offset: number) => void): EventFeatures {
    const { sleep, logger, clock } = this.ports;
    const log = Object.create(this.log) as EventLog;
    log.reader = () => {
      const reader = this.log.reader();
      const seek = reader.seek.bind(reader);
      reader.seek = (at, offset) => {
        if (at.topic === this.topic(OBSERVATIONS)) begun(offset);
        seek(at, offset);
      };
      return reader;
    };
    return new EventFeatures({
      ...{ log, serviceLog: this.serviceLog, artifacts: this.artifacts, clock, sleep, logger },
      ...{ maxBytes: 2 ** 30, patienceMs: 5_000 },
    });
  }

  async apply(text: string, revision = '1'): Promise<void> {
    const { project } = loadDefinitions([{ path: 'playhead.yaml', text }]);
    for (const { kind, name, digest, spec, compiled } of compileProject(project, String(ENGINE_VERSION))) {
      if (kind === 'FeatureService') this.compiled = compiled as CompiledFeatureService;
      else if (kind === 'Stream') this.stream = compiled as CompiledStream;
      else continue;
      await this.fact(TOPICS.definitions, DefinitionApplied, {
        ...{ kind, name, revision, digest, applied_by: 'test' },
        spec: spec as unknown as Record<string, unknown>,
        compiled: compiled as unknown as Record<string, unknown>,
      });
    }
  }

  async deploy(
    kind: 'gbdt' | 'linear' | 'kmeans',
    overrides: Partial<EventOf<typeof DeploymentUpdated>> = {},
  ): Promise<void> {
    const { features } = this.compiled;
    const columns = features.map((_, k) => Float64Array.from({ length: 40 }, (_, n) => (n * (k + 3)) % 17));
    const labels = columns[0]!.map((value, n) => (kind === 'kmeans' ? n % 2 : value + columns[2]![n]!));
    const task = kind === 'kmeans' ? 'anomaly' : 'regression';
    const parameters = { gbdt: { trees: 5, depth: 3 }, linear: {}, kmeans: { clusters: 2 } }[kind];
    const model = trainerOf(kind).fit({ featureNames: [...features], columns, labels }, parameters, {
      task,
      seed: 0,
    });
    const artifact = await this.artifacts.put(model.toOnnx());
    const explanation = model.explanation && (await this.artifacts.put(Buffer.from(model.explanation())));
    const manifest = await this.artifacts.put(Buffer.from(JSON.stringify({ version: 1, explanation })));
    const { sample } = DeploymentUpdated;
    const service = {
      ...sample.service,
      ...{ name: 'svc', trigger: 'payments', key: 'customer', partitions: PARTITIONS },
      features: [...features],
    };
    await this.fact(TOPICS.models, ModelVersionRegistered, {
      ...ModelVersionRegistered.sample,
      ...{ model: 'risk', version: 1, artifact, manifest, task, service },
    });
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      ...{ deployment: 'risk', model: 'risk', task, threshold: 12, from: 'beginning', service },
      logging: { mode: 'durable' },
      routes: [{ ...sample.routes[0]!, version: 1, artifact, revision: '1', features: [...features] }],
      ...overrides,
    });
  }

  /** As ingestion writes it. */
  async observe(event: Payment): Promise<void> {
    const { value, key, time } = compileEventReader(this.stream)(event);
    const partition = partitionOf(Buffer.from(key), PARTITIONS);
    const offset = (await this.log.ends(this.topic(OBSERVATIONS)))[partition]!.end;
    await this.raw(OBSERVATIONS, value, {
      ...{ key, partition, type: 'ingestion.observation.recorded', source: 'ingestion.inbox.payments' },
      ...{ id: `${partition}-${offset}`, time: new Date(time).toISOString() },
    });
  }

  async predictionOf(event_id: string): Promise<SeenPrediction> {
    return this.found<SeenPrediction>(PREDICTIONS, event_id);
  }

  async vectorOf(event_id: string): Promise<SeenVector> {
    return this.found<SeenVector>(VECTORS, event_id);
  }

  private async found<T extends { readonly event_id: string }>(topic: string, event_id: string): Promise<T> {
    let found: T | undefined;
    await this.until(`${event_id} on ${topic}`, async () => {
      found = (await this.values<T>(topic)).find((value) => value.event_id === event_id);
      return found !== undefined;
    });
    return found!;
  }
}
