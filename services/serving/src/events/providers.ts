import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import type { ArtifactStore } from '#artifacts';
import type { Deployments } from '#contracts';
import type { EventLog, FollowedTopic } from '#eventlog';
import type { Clock } from '#kernel';
import {
  ARTIFACT_STORE,
  CLOCK,
  CONFIG,
  EVENT_LOG,
  LOGGER,
  LatestVectors,
  METRICS,
  SLEEP,
  ServiceLog,
  type Logger,
  type Metrics,
  type Sleep,
} from '#runtime';
import { InferenceDesk, ServedModels, type RegisteredModels } from '../inference';
import { AnsweredRequests } from '../requests';
import type { ServingConfig } from '../serving.config';
import { EventFeatures } from './event-features';
import { Explainers } from './explainers';
import { Predictor } from './predictor';

/** The log of requests, and predictions; `control` and `registered` are the tokens of the topics that the service follows. */
export const requestProviders = (control: InjectionToken, registered: InjectionToken): FactoryProvider[] => [
  {
    provide: AnsweredRequests,
    inject: [control, ServiceLog, EVENT_LOG, CONFIG, CLOCK, SLEEP, LOGGER, METRICS],
    useFactory: (
      deployments: FollowedTopic<Deployments>,
      serviceLog: ServiceLog,
      log: EventLog,
      { instance, requests }: ServingConfig,
      clock: Clock,
      sleep: Sleep,
      logger: Logger,
      metrics: Metrics,
    ) =>
      new AnsweredRequests({
        ...{ log, serviceLog, clock, sleep, logger, metrics, instance },
        control: deployments,
        maxQueuedBytes: requests.maxQueuedBytes,
        durableWaitMs: requests.durableWaitMs,
        retentionMs: requests.retentionMs,
      }),
  },
  {
    provide: EventFeatures,
    inject: [ServiceLog, EVENT_LOG, ARTIFACT_STORE, CONFIG, CLOCK, SLEEP, LOGGER],
    useFactory: (
      serviceLog: ServiceLog,
      log: EventLog,
      artifacts: ArtifactStore,
      { requests }: ServingConfig,
      clock: Clock,
      sleep: Sleep,
      logger: Logger,
    ) =>
      new EventFeatures({
        ...{ log, serviceLog, artifacts, clock, sleep, logger },
        maxBytes: requests.eventStateBytes,
        eager: requests.eventServices,
      }),
  },
  {
    provide: Explainers,
    inject: [ARTIFACT_STORE, registered],
    useFactory: (artifacts: ArtifactStore, models: FollowedTopic<RegisteredModels>) =>
      new Explainers(artifacts, models),
  },
  {
    provide: Predictor,
    inject: [ServedModels, InferenceDesk, LatestVectors, EventFeatures, Explainers],
    useFactory: (
      models: ServedModels,
      desk: InferenceDesk,
      vectors: LatestVectors,
      events: EventFeatures,
      explainers: Explainers,
    ) => new Predictor({ models, desk, vectors, events, explainers }),
  },
];
