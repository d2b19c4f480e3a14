import { randomUUID } from 'node:crypto';
import type { Deployments } from '#contracts';
import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import type { EventLog, FollowedTopic } from '#eventlog';
import { InferenceEngine } from '#inference';
import { messageOf, type Clock } from '#kernel';
import {
  ACCESS_LOG,
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LatestVectors,
  LogTransport,
  METRICS,
  ReadModels,
  Readiness,
  SLEEP,
  ServiceLog,
  TRACING,
  followDeployments,
  followedTopicModel,
  provideServiceLog,
  type AccessLog,
  type Logger,
  type Metrics,
  type Sleep,
  type Tracing,
} from '#runtime';
import { ModelShelf } from '#folds';
import { DoorCounts } from './effects/door-counts';
import { ServingStatus } from './effects/serving-status';
import { EventFeatures, requestProviders } from './events';
import { PredictController } from './http/predict.controller';
import { InferenceDesk, ServedModels, followRegisteredModels, type RegisteredModels } from './inference';
import { InferenceObserver, exposeModels } from './observability';
import { HttpDoor } from './oip/http';
import { GrpcDoor, inferenceMethods } from './oip/grpc';
import { AnsweredRequests } from './requests';
import type { ServingConfig } from './serving.config';
import { servingFleet } from './serving.topology';

const CONTROL = Symbol('deployments');
const REGISTERED = Symbol('registered models');

@Module({
  controllers: [PredictController],
  providers: [
    provideServiceLog,
    { provide: CONTROL, inject: [ServiceLog], useFactory: followDeployments },
    { provide: REGISTERED, inject: [ServiceLog], useFactory: followRegisteredModels },
    {
      provide: ModelShelf,
      inject: [ARTIFACT_STORE, InferenceEngine, CONFIG],
      useFactory: (
        artifacts: ArtifactStore,
        engine: InferenceEngine,
        { modelMemory: memoryBytes }: ServingConfig,
      ) => new ModelShelf({ artifacts, open: engine.open, memoryBytes }),
    },
    {
      provide: InferenceEngine,
      inject: [CONFIG, LOGGER],
      useFactory: ({ inlineUs, modelProcesses, loadTimeoutMs }: ServingConfig, logger: Logger) =>
        new InferenceEngine({
          inlineUs,
          processes: modelProcesses,
          loadTimeoutMs,
          onLost: (reason) => logger.error({}, `a process that scores a model was lost: ${reason}`),
        }),
    },
    {
      provide: ServingStatus,
      inject: [CONFIG, EVENT_LOG, ServiceLog, CLOCK, SLEEP, LOGGER],
      useFactory: (
        config: ServingConfig,
        log: EventLog,
        serviceLog: ServiceLog,
        clock: Clock,
        sleep: Sleep,
        logger: Logger,
      ) =>
        new ServingStatus({
          log,
          serviceLog,
          clock,
          sleep,
          logger,
          instance: config.instance,
          everyMs: config.reportMs,
        }),
    },
    {
      provide: ServedModels,
      inject: [CONTROL, REGISTERED, ModelShelf, CONFIG, SLEEP, LOGGER],
      useFactory: (
        control: FollowedTopic<Deployments>,
        registered: FollowedTopic<RegisteredModels>,
        shelf: ModelShelf,
        config: ServingConfig,
        sleep: Sleep,
        logger: Logger,
      ) => {
        const batching = {
          maxRows: config.maxBatch,
          maxDelayMs: config.maxDelayMs,
          maxQueuedRows: config.maxQueued,
        };
        return new ServedModels({ control, registered, shelf, batching, sleep, logger });
      },
    },
    {
      provide: InferenceDesk,
      inject: [ServedModels, CLOCK, InferenceObserver, AnsweredRequests, ServingStatus],
      useFactory: (
        models: ServedModels,
        clock: Clock,
        observer: InferenceObserver,
        requestLog: AnsweredRequests,
        status: ServingStatus,
      ) => {
        const metrics = new DoorCounts(status, clock, observer);
        return new InferenceDesk({ models, clock, nextId: randomUUID, metrics, requestLog });
      },
    },
    {
      provide: InferenceObserver,
      inject: [METRICS, TRACING, ACCESS_LOG],
      useFactory: (metrics: Metrics, tracing?: Tracing, accessLog?: AccessLog) =>
        new InferenceObserver(metrics, tracing?.requests, accessLog),
    },
    {
      provide: HttpDoor,
      inject: [InferenceDesk, CONFIG, LOGGER],
      useFactory: (desk: InferenceDesk, config: ServingConfig, logger: Logger) =>
        new HttpDoor(desk, { bodyLimitBytes: config.bodyLimitBytes, origins: config.consoleOrigins, logger }),
    },
    {
      provide: GrpcDoor,
      inject: [InferenceDesk, CONFIG, LOGGER],
      useFactory: (
        desk: InferenceDesk,
        { host, grpcPort, bodyLimitBytes }: ServingConfig,
        logger: Logger,
      ) => {
        const defect = (method: string, error: unknown): void =>
          logger.error({ method, err: error }, `${method} failed: ${messageOf(error)}`);
        const options = { host, port: grpcPort, maxMessageBytes: bodyLimitBytes, logger };
        return new GrpcDoor(inferenceMethods(desk, defect), options);
      },
    },
    {
      provide: LatestVectors,
      inject: [EVENT_LOG, CONFIG, SLEEP],
      useFactory: (log: EventLog, config: ServingConfig, sleep: Sleep) =>
        new LatestVectors({ log, namespace: config.namespace, sleep }),
    },
    ...requestProviders(CONTROL, REGISTERED),
  ],
})
export class ServingModule implements OnApplicationShutdown {
  constructor(
    @Inject(LogTransport) transport: LogTransport,
    @Inject(Readiness) readiness: Readiness,
    @Inject(LOGGER) logger: Logger,
    @Inject(CONTROL) control: FollowedTopic<Deployments>,
    serviceLog: ServiceLog,
    private readonly shelf: ModelShelf,
    private readonly engine: InferenceEngine,
    status: ServingStatus,
    vectors: LatestVectors,
    served: ServedModels,
    @Inject(REGISTERED) registered: FollowedTopic<RegisteredModels>,
    @Inject(ReadModels) models: ReadModels,
    grpc: GrpcDoor,
    events: EventFeatures,
    private readonly requests: AnsweredRequests,
    @Inject(METRICS) metrics: Metrics,
    @Inject(ACCESS_LOG) accessLog?: AccessLog,
  ) {
    exposeModels(metrics, shelf, accessLog);
    models.add(
      followedTopicModel('deployments', control, (deployments) => deployments),
      followedTopicModel('registered models', registered, (models) => models),
      vectors,
    );
    const fleet = servingFleet(control, { serviceLog, shelf, status, logger, transport });
    transport.add('models', {
      start: () => served.start(),
      // The doors answer until they are closed, after the workers; with the models, which go last.
      stop: () => registered.stop(),
      status: () => served.loaded(),
    });
    transport.add('latest vectors', { start: () => Promise.resolve(), stop: () => vectors.close() });
    transport.add('events', events);
    transport.add('requests', {
      start: () => requests.start(),
      // As the models: what the doors still answer is logged, too.
      stop: () => Promise.resolve(),
      status: () => requests.status(),
    });
    transport.add('log', serviceLog);
    transport.add('status', status);
    transport.add('deployments', fleet);
    transport.add('grpc', grpc);
    readiness.register({ name: 'models', check: () => served.assertLoaded() });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.requests.stop();
    this.engine.close();
    await this.shelf.close();
  }
}
